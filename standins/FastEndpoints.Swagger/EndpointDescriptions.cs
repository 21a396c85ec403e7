using System.Globalization;
using System.Reflection;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Mvc.ApiExplorer;
using Microsoft.AspNetCore.Mvc.ModelBinding;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.Options;

namespace FastEndpoints.Swagger;

/// <summary>
/// Says where each property of a request comes from: route, query string or body. ASP.NET sees only a handler that takes an HttpContext,
/// so it can't know (surface sections 6.2, 6.3 and 14).
/// </summary>
internal sealed class EndpointDescriptions(IOptions<JsonOptions> json, DocumentOptions options) : IApiDescriptionProvider
{
    public int Order => 0;

    public static EndpointDefinition? Definition(ApiDescription description) =>
        description.ActionDescriptor.EndpointMetadata.OfType<EndpointDefinition>().SingleOrDefault();

    public void OnProvidersExecuting(ApiDescriptionProviderContext context) { }

    public void OnProvidersExecuted(ApiDescriptionProviderContext context)
    {
        foreach (var description in context.Results.Where(d => Definition(d) is not null))
        {
            description.ParameterDescriptions.Clear();
            foreach (var parameter in Parameters(description, Definition(description)!.ReqDtoType))
                description.ParameterDescriptions.Add(parameter);

            // Without tags, ASP.NET would name the class that holds the handler, which is one for all endpoints.
            description.ActionDescriptor.EndpointMetadata.Add(new TagsAttribute(Tags(description)));
        }
    }

    private IEnumerable<ApiParameterDescription> Parameters(ApiDescription description, Type request)
    {
        var properties = RequestBinder.Bindable(request).ToDictionary(WireName, StringComparer.OrdinalIgnoreCase);
        var hasBody = description.HttpMethod is not ("GET" or "DELETE");

        foreach (var part in RoutePatternFactory.Parse(description.RelativePath!).Parameters)
        {
            properties.Remove(part.Name, out var property);
            yield return Parameter(part.Name, BindingSource.Path, property);
        }

        foreach (var (name, property) in properties)
        {
            var binding = property.GetCustomAttribute<DontBindAttribute>();
            if (hasBody ? binding is QueryParamAttribute : binding?.BindingSources.HasFlag(Source.QueryParam) is not true)
                yield return Parameter(name, BindingSource.Query, property);
        }

        if (hasBody && properties.Values.Any(p => !p.IsDefined(typeof(NonJsonBindingAttribute))))
            yield return new ApiParameterDescription { Name = "body", Source = BindingSource.Body, Type = request, IsRequired = true };
    }

    private static ApiParameterDescription Parameter(string name, BindingSource source, PropertyInfo? property) => new()
    {
        Name = name,
        Source = source,
        // No type is read as string; a stated string is looked up in the model metadata that only MVC has.
        Type = property is null || property.PropertyType == typeof(string) ? null! :
            Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType,
    };

    private string WireName(PropertyInfo property) =>
        property.GetCustomAttribute<BindFromAttribute>()?.Name ?? json.Value.SerializerOptions.PropertyNamingPolicy!.ConvertName(property.Name);

    private string[] Tags(ApiDescription description) =>
    [
        .. description.RelativePath!.Split('/').Where((_, i) => i + 1 == options.AutoTagPathSegmentIndex)
            .Select(CultureInfo.InvariantCulture.TextInfo.ToTitleCase),
        .. description.ActionDescriptor.EndpointMetadata.OfType<ITagsMetadata>().LastOrDefault()?.Tags ?? [],
    ];
}
