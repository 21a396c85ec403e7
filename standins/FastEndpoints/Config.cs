using System.Text.Json;
using FluentValidation.Results;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace FastEndpoints;

/// <summary>The settings of the whole process, filled in once by the action given to UseFastEndpoints (surface section 2.2).</summary>
public sealed class Config
{
    public BindingOptions Binding { get; } = new();
    public EndpointOptions Endpoints { get; } = new();
    public ErrorOptions Errors { get; } = new();

    /// <summary>Where a member has no default here, the solution sets it; the real package has one for each.</summary>
    internal void Demand()
    {
        Required.Set(Errors.ResponseBuilder, "Errors.ResponseBuilder");
        Required.Set(Errors.ProducesMetadataType, "Errors.ProducesMetadataType");
        Required.Set(Binding.JsonExceptionTransformer, "Binding.JsonExceptionTransformer");
        Required.Set(Binding.FailureMessage, "Binding.FailureMessage");
        Required.True(Endpoints.ShortNames, "Endpoints.ShortNames = false");
        Required.True(Binding.UsePropertyNamingPolicy, "Binding.UsePropertyNamingPolicy = false");
        Required.True(!Binding.UseDefaultValuesForNullableProps, "Binding.UseDefaultValuesForNullableProps = true");
    }
}

/// <summary>How values reach a request (surface sections 2.2, 6.2, 6.4 and 6.6).</summary>
public sealed class BindingOptions
{
    public bool UsePropertyNamingPolicy { get; set; }
    public bool UseDefaultValuesForNullableProps { get; set; } = true;
    public Func<Type, string, StringValues, string>? FailureMessage { internal get; set; }
    public Func<JsonException, ValidationFailure>? JsonExceptionTransformer { internal get; set; }
    public int JsonExceptionStatusCode { internal get; set; } = 400;
}

/// <summary>Names, and what is done to every endpoint (surface sections 2.2 and 3.4).</summary>
public sealed class EndpointOptions
{
    public bool ShortNames { internal get; set; }
    public Action<EndpointDefinition>? Configurator { internal get; set; }
}

/// <summary>How a failed request is answered (surface sections 2.2 and 9).</summary>
public sealed class ErrorOptions
{
    public int StatusCode { internal get; set; } = 400;
    public string ContentType { internal get; set; } = "application/problem+json";
    public Type? ProducesMetadataType { internal get; set; }
    public Func<List<ValidationFailure>, HttpContext, int, object>? ResponseBuilder { internal get; set; }
}

internal static class Required
{
    /// <summary>Refuses what the stand-in leaves out, when the process starts and by name, so that nothing differs silently.</summary>
    public static void True(bool supported, string what)
    {
        if (!supported)
            throw Unsupported(what);
    }

    public static NotSupportedException Unsupported(string what) => new($"{what} is not supported by the stand-in. See docs/decisions/0002-stand-ins.md.");

    public static void Set(object? value, string name) => True(value is not null, $"Leaving {name} unset");
}
