using System.Collections;
using System.Linq.Expressions;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using FluentValidation.Results;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace FastEndpoints;

/// <summary>
/// Makes a request of one type: JSON body, then form, route and query string, the later overwriting the earlier (surface section 6.1).
/// The plan is made once per endpoint; at a request it is delegates only.
/// </summary>
internal sealed class RequestBinder
{
    private readonly Type _type;
    private readonly JsonSerializerOptions _json;
    private readonly Func<object> _create;
    private readonly Dictionary<string, BoundProperty> _properties;

    public RequestBinder(Type type, JsonSerializerOptions json, BindingOptions options)
    {
        _type = type;
        _json = json;
        _create = type == typeof(EmptyRequest) ? () => EmptyRequest.Instance : Creator(type);

        var properties = Bindable(type).Select(p => new BoundProperty(p, json.PropertyNamingPolicy!, options.FailureMessage!)).ToArray();
        Required.True(properties.Length > 0 || type == typeof(EmptyRequest), $"{type.FullName}, which has no property to bind,");
        Required.True(properties.DistinctBy(p => p.Name, StringComparer.OrdinalIgnoreCase).Count() == properties.Length, $"{type.FullName}, two of whose properties have one name,");
        _properties = properties.ToDictionary(p => p.Name, StringComparer.OrdinalIgnoreCase);

        // Section 4.5: a request whose every property comes from elsewhere takes any content type.
        ReadsBody = Bindable(type).Any(p => !p.IsDefined(typeof(NonJsonBindingAttribute)));
    }

    public bool ReadsBody { get; }

    public async ValueTask<object> BindAsync(HttpContext context, List<ValidationFailure> failures)
    {
        var body = _type != typeof(EmptyRequest) && context.Request.HasJsonContentType()
            ? await context.Request.ReadFromJsonAsync(_type, _json, context.RequestAborted)
            : null;
        var request = body ?? _create();

        await BindFormAsync();
        Bind(Source.RouteParam, context.Request.RouteValues.Select(v => KeyValuePair.Create(v.Key, new StringValues(v.Value?.ToString()))));
        Bind(Source.QueryParam, context.Request.Query);

        return failures.Count == 0 ? request : throw new ValidationFailureException();

        // It is read whether or not a property takes it, and what is wrong with it is one failure among the others.
        async Task BindFormAsync()
        {
            try
            {
                if (context.Request.HasFormContentType)
                    Bind(Source.FormField, await context.Request.ReadFormAsync(context.RequestAborted));
            }
            catch (InvalidDataException)
            {
                failures.Add(new ValidationFailure("GeneralErrors", "The request body contains malformed form data!"));
            }
        }

        void Bind(Source source, IEnumerable<KeyValuePair<string, StringValues>> values)
        {
            foreach (var (key, value) in values)
            {
                if (_properties.TryGetValue(key, out var property) && property.Takes(source))
                    property.Bind(request, key, value, failures);
            }
        }
    }

    /// <summary>What can be read and written by anyone, and is not ignored (surface section 6.1).</summary>
    public static IEnumerable<PropertyInfo> Bindable(Type type) =>
        type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(p => p is { GetMethod.IsPublic: true, SetMethod.IsPublic: true } && p.GetIndexParameters().Length == 0)
            .Where(p => p.GetCustomAttribute<JsonIgnoreAttribute>() is not { Condition: JsonIgnoreCondition.Always });

    /// <summary>The public constructor with the fewest parameters, each at its declared default or its type's (surface section 6.1).</summary>
    private static Func<object> Creator(Type type)
    {
        var constructor = type.GetConstructors().MinBy(c => c.GetParameters().Length);
        Required.True(constructor is not null && !type.IsAssignableTo(typeof(IEnumerable)), $"{type.FullName}, which is a list or has no public constructor,");
        var arguments = constructor!.GetParameters().Select(p =>
            p.HasDefaultValue && p.DefaultValue is not null ? (Expression)Expression.Constant(p.DefaultValue, p.ParameterType) : Expression.Default(p.ParameterType));

        return Expression.Lambda<Func<object>>(Expression.New(constructor, arguments)).Compile();
    }
}

/// <summary>One property, its name outside the body, and how its value is read and set (surface sections 6.2 to 6.4).</summary>
internal sealed class BoundProperty
{
    private readonly Type _type;
    private readonly bool _nullable;
    private readonly Source _closed;
    private readonly TryParse _parse;
    private readonly Action<object, object?> _set;
    private readonly Func<Type, string, StringValues, string> _failureMessage;

    public BoundProperty(PropertyInfo property, JsonNamingPolicy policy, Func<Type, string, StringValues, string> failureMessage)
    {
        Name = property.GetCustomAttribute<BindFromAttribute>()?.Name ?? policy.ConvertName(property.Name);
        _type = property.PropertyType;
        _nullable = Nullable.GetUnderlyingType(_type) is not null;
        _closed = property.GetCustomAttribute<DontBindAttribute>()?.BindingSources ?? 0;
        _parse = Parser(Nullable.GetUnderlyingType(_type) ?? _type, property);
        _set = Setter(property);
        _failureMessage = failureMessage;
    }

    private delegate bool TryParse(string text, out object? value);

    private delegate bool TryParse<T>(string text, out T value);

    public string Name { get; }

    public bool Takes(Source source) => !_closed.HasFlag(source);

    public void Bind(object request, string key, StringValues raw, List<ValidationFailure> failures)
    {
        var text = raw.ToString();

        if (_nullable && text.Length == 0)
            _set(request, null);
        else if (_parse(text, out var value))
            _set(request, value);
        else
            failures.Add(new ValidationFailure(key, _failureMessage(_type, key, raw)));
    }

    private static TryParse Parser(Type type, PropertyInfo property)
    {
        if (type == typeof(string))
            return (string text, out object? value) => (value = text) is not null;

        var method = type.GetMethod("TryParse", BindingFlags.Public | BindingFlags.Static, [typeof(string), type.MakeByRefType()]);
        Required.True(method is not null, $"A property of the type of {property.DeclaringType?.Name}.{property.Name}");

        return (TryParse)typeof(BoundProperty).GetMethod(nameof(Typed), BindingFlags.NonPublic | BindingFlags.Static)!
            .MakeGenericMethod(type).Invoke(null, [method])!;
    }

    private static TryParse Typed<T>(MethodInfo method)
    {
        var typed = method.CreateDelegate<TryParse<T>>();

        return (string text, out object? value) =>
        {
            var parsed = typed(text, out var typedValue);
            value = typedValue;
            return parsed;
        };
    }

    private static Action<object, object?> Setter(PropertyInfo property)
    {
        var (target, value) = (Expression.Parameter(typeof(object)), Expression.Parameter(typeof(object)));
        var call = Expression.Call(
            Expression.Convert(target, property.DeclaringType!), property.SetMethod!, Expression.Convert(value, property.PropertyType));

        return Expression.Lambda<Action<object, object?>>(call, target, value).Compile();
    }
}
