using System.Text.Json;
using FastEndpoints;
using FluentValidation.Results;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace TaskSlices.Conformance.Support;

/// <summary>The host of the probes. A probe stands beside the tests that ask it; what is configured is what the stand-ins ask for.</summary>
public static class Probes
{
    public const string ErrorType = "application/probe+json";

    public static void Add(IServiceCollection services) => Add(services, type => type.Namespace == typeof(Program).Namespace);

    public static void Add(IServiceCollection services, Func<Type, bool> filter)
    {
        services.AddAuthentication(Stranger.SchemeName).AddScheme<AuthenticationSchemeOptions, Stranger>(Stranger.SchemeName, null);
        services.AddAuthorization();
        services.ConfigureHttpJsonOptions(json => json.SerializerOptions.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower);
        services.AddScoped<Scoped>().AddSingleton<Gone>().AddSingleton(new Greeting("from the services"));
        services.AddSingleton(_ => new RegisteredValidator("registered"));
        services.AddFastEndpoints(discovery =>
        {
            discovery.DisableAutoDiscovery = true;
            discovery.Assemblies = [typeof(Probes).Assembly];
            discovery.Filter = filter;
        });
    }

    public static void Use(IApplicationBuilder app)
    {
        app.Use(CatchAsync);
        app.UseRouting().UseAuthentication().UseAuthorization().UseEndpoints(endpoints => endpoints.MapFastEndpoints(Configure));
    }

    public static void Configure(Config config)
    {
        config.Endpoints.ShortNames = true;
        config.Endpoints.Configurator = ConfigureProbe;
        config.Binding.UsePropertyNamingPolicy = true;
        config.Binding.UseDefaultValuesForNullableProps = false;
        config.Binding.FailureMessage = static (type, name, value) => $"{name}={value} is no {type.Name}";
        config.Binding.JsonExceptionTransformer = static e => new ValidationFailure(e.Path ?? "?", e.InnerException?.GetType().Name ?? "");
        config.Binding.JsonExceptionStatusCode = StatusCodes.Status418ImATeapot;
        config.Errors.StatusCode = StatusCodes.Status422UnprocessableEntity;
        config.Errors.ContentType = ErrorType;
        config.Errors.ProducesMetadataType = typeof(Refusal);
        config.Errors.ResponseBuilder = static (failures, _, status) =>
            new Refusal(status, [.. failures.Select(f => $"{f.PropertyName}: {f.ErrorMessage}")]);
    }

    private static void ConfigureProbe(EndpointDefinition probe)
    {
        if (probe.EndpointType.Namespace == typeof(Closed).Namespace && probe.EndpointType != typeof(Closed))
            probe.AllowAnonymous();

        if (probe.EndpointType.Name.StartsWith("Traced", StringComparison.Ordinal))
        {
            probe.PreProcessor<FirstTrace>(Order.Before);
            probe.PreProcessor<SecondTrace>(Order.Before);
            probe.PreProcessor<FirstTrace>(Order.Before);
        }

        probe.Description(endpoint => endpoint.WithMetadata(new ConfiguredFor(string.Join(' ', probe.Verbs!), string.Join(' ', probe.Routes!))));
    }

    private static async Task CatchAsync(HttpContext context, RequestDelegate next)
    {
        try
        {
            await next(context);
        }
        catch (Exception e) when (!context.Response.HasStarted)
        {
            context.Response.StatusCode = StatusCodes.Status500InternalServerError;
            await context.Response.WriteAsync($"{e.GetType().Name}: {e.Message}");
        }
    }
}

/// <summary>The body of a failed request, as the probes' ResponseBuilder makes it.</summary>
public sealed record Refusal(int StatusCode, string[] Errors);

/// <summary>What the Configurator saw of an endpoint.</summary>
public sealed record ConfiguredFor(string Verb, string Route);

/// <summary>One per request.</summary>
public sealed class Scoped;

/// <summary>A service of the host.</summary>
public sealed record Greeting(string Text);
