namespace FastEndpoints;

/// <summary>The sources beside the JSON body that a property can be bound from (surface section 1).</summary>
[Flags]
public enum Source
{
    FormField = 1,
    RouteParam = 2,
    QueryParam = 4,
    All = FormField | RouteParam | QueryParam,
}

/// <summary>Marks a property whose value does not come from the JSON body alone (surface section 6.3).</summary>
[AttributeUsage(AttributeTargets.Property)]
public abstract class NonJsonBindingAttribute : Attribute;

/// <summary>Closes the given sources to a property; the JSON body is never closed (surface section 6.3).</summary>
[AttributeUsage(AttributeTargets.Property)]
public class DontBindAttribute(Source sources) : NonJsonBindingAttribute
{
    public Source BindingSources { get; } = sources;
}

/// <summary>Bound from the route, never from the query string (surface section 6.3).</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class RouteParamAttribute() : DontBindAttribute(Source.QueryParam | Source.FormField);

/// <summary>Bound from the query string, never from the route (surface section 6.3).</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class QueryParamAttribute() : DontBindAttribute(Source.RouteParam | Source.FormField);

/// <summary>The name of a property in the route and the query string, when it is not the one the naming policy gives (surface section 6.2).</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class BindFromAttribute(string name) : Attribute
{
    public string Name { get; } = name;
}
