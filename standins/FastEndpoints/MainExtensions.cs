using System.Reflection;
using System.Text.Json;
using FluentValidation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace FastEndpoints;

/// <summary>Which assemblies are searched, and which types of them join (surface section 2).</summary>
public sealed class EndpointDiscoveryOptions
{
    public IEnumerable<Assembly>? Assemblies { internal get; set; }
    public bool DisableAutoDiscovery { internal get; set; }
    public Func<Type, bool>? Filter { internal get; set; }
}

/// <summary>Registration and mapping (surface sections 2 and 4).</summary>
public static class MainExtensions
{
    private static readonly Lock ConfigLock = new();
    private static Config? s_config;

    /// <summary>Finds the endpoints and validators, once.</summary>
    /// <exception cref="InvalidOperationException">There is no endpoint, or a request has two validators.</exception>
    public static IServiceCollection AddFastEndpoints(this IServiceCollection services, Action<EndpointDiscoveryOptions>? options = null)
    {
        var discovery = new EndpointDiscoveryOptions();
        options?.Invoke(discovery);
        Required.True(discovery is { DisableAutoDiscovery: true, Assemblies: not null }, "Discovery without DisableAutoDiscovery and Assemblies");

        var types = discovery.Assemblies!.SelectMany(a => a.GetTypes())
            .Where(t => t is { IsAbstract: false, IsInterface: false, IsGenericType: false } && (discovery.Filter?.Invoke(t) ?? true))
            .ToList();

        return services.AddHttpContextAccessor().AddSingleton(new EndpointData(types));
    }

    /// <summary>Maps every endpoint. The action runs once per process, like the real one: it must hold nothing of this host.</summary>
    public static IApplicationBuilder UseFastEndpoints(this IApplicationBuilder app, Action<Config>? configAction = null)
    {
        ((IEndpointRouteBuilder)app).MapFastEndpoints(configAction);

        return app;
    }

    /// <inheritdoc cref="UseFastEndpoints"/>
    /// <exception cref="InvalidOperationException">Two endpoints have the same verb and route.</exception>
    /// <exception cref="ArgumentException">An endpoint's Configure named no verb or no route.</exception>
    public static IEndpointRouteBuilder MapFastEndpoints(this IEndpointRouteBuilder app, Action<Config>? configAction = null)
    {
        var config = Configured(configAction);
        var json = new JsonSerializerOptions(app.ServiceProvider.GetRequiredService<IOptions<JsonOptions>>().Value.SerializerOptions);
        ValidatorOptions.Global.PropertyNameResolver = (_, member, _) => member is null ? null : json.PropertyNamingPolicy!.ConvertName(member.Name);

        var data = app.ServiceProvider.GetRequiredService<EndpointData>();
        var taken = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var urls = new List<string>();

        using var scope = app.ServiceProvider.CreateScope();
        foreach (var definition in data.Definitions())
        {
            ((BaseEndpoint)ActivatorUtilities.CreateInstance(scope.ServiceProvider, definition.EndpointType)).ConfigureInto(definition);
            config.Endpoints.Configurator?.Invoke(definition);

            if (definition.Routes is not [var route] || definition.Verbs is not [var verb])
                throw new ArgumentException($"{definition.EndpointType.FullName} must name one verb and one route in Configure.");

            if (!taken.Add($"{verb} {route}"))
                throw new InvalidOperationException($"Duplicate route: {verb} {route} ({definition.EndpointType.FullName})");

            Map(app, definition, new EndpointPlan(definition, config, json, app.ServiceProvider), verb, route);
            urls.Add($"{definition.EndpointType.FullName}|{route}");
        }

        app.MapGet("_test_url_cache_", () => urls).ExcludeFromDescription();

        return app;
    }

    private static void Map(IEndpointRouteBuilder app, EndpointDefinition definition, EndpointPlan plan, string verb, string route)
    {
        var builder = app.MapMethods(route, [verb], (Delegate)plan.HandleAsync).WithName(definition.EndpointType.Name).WithMetadata(definition);

        if (definition.Anonymous)
            builder.AllowAnonymous();
        else
            builder.RequireAuthorization().Produces(401);

        if (definition.ReqDtoType != typeof(EmptyRequest))
            builder.WithMetadata(plan.Accepts(verb));
        if (definition.SummaryText is { } summary)
            builder.WithSummary(summary.Summary).WithDescription(summary.Description);
        if (plan.Validator is not null)
            builder.Produces(plan.Config.Errors.StatusCode, plan.Config.Errors.ProducesMetadataType, plan.Config.Errors.ContentType);

        foreach (var describe in definition.Descriptions)
            describe(builder);

        // A result type that documents itself says which statuses it gives (surface section 12).
        ((IEndpointConventionBuilder)builder).Add(endpoint => plan.PopulateMetadata(endpoint));
    }

    private static Config Configured(Action<Config>? configAction)
    {
        lock (ConfigLock)
        {
            if (s_config is null)
            {
                s_config = new Config();
                configAction?.Invoke(s_config);
                s_config.Demand();
            }

            return s_config;
        }
    }

    private static void ConfigureInto(this BaseEndpoint endpoint, EndpointDefinition definition)
    {
        endpoint.Definition = definition;
        endpoint.Configure();
    }
}

/// <summary>The endpoints and validators that were found (surface section 2.1).</summary>
internal sealed class EndpointData
{
    private readonly List<(Type Endpoint, Type Request, Type Response)> _endpoints;
    private readonly ILookup<Type, Type> _validators;

    public EndpointData(List<Type> types)
    {
        _endpoints = [.. from type in types
                         let arguments = Arguments(type, typeof(Endpoint<,>))
                         where arguments is not null
                         select (type, arguments[0], arguments[1])];
        _validators = types.Where(t => Arguments(t, typeof(Validator<>)) is not null).ToLookup(t => Arguments(t, typeof(Validator<>))![0]);

        if (_endpoints.Count == 0)
            throw new InvalidOperationException("No endpoint was found.");

        foreach (var twice in _validators.Where(v => v.Count() > 1))
            throw new InvalidOperationException($"More than one validator was found for {twice.Key.FullName}.");
    }

    public IEnumerable<EndpointDefinition> Definitions() =>
        _endpoints.Select(e => new EndpointDefinition(e.Endpoint, e.Request, e.Response) { ValidatorType = _validators[e.Request].SingleOrDefault() });

    private static Type[]? Arguments(Type type, Type generic)
    {
        for (var current = type.BaseType; current is not null; current = current.BaseType)
        {
            if (current.IsGenericType && current.GetGenericTypeDefinition() == generic)
                return current.GetGenericArguments();
        }

        return null;
    }
}

/// <summary>Everything about one endpoint that is worked out when the process starts.</summary>
internal sealed class EndpointPlan
{
    private readonly EndpointDefinition _definition;
    private readonly ObjectFactory _create;
    private readonly Lazy<IValidator?> _validator;
    private readonly Lazy<IPreProcessor[]> _preProcessors;

    public EndpointPlan(EndpointDefinition definition, Config config, JsonSerializerOptions json, IServiceProvider services)
    {
        Required.True(typeof(IResult).IsAssignableFrom(definition.ResDtoType), $"{definition.EndpointType.Name}, whose answer is not an IResult,");

        _definition = definition;
        _create = ActivatorUtilities.CreateFactory(definition.EndpointType, []);
        _validator = new(() => definition.ValidatorType is null ? null : (IValidator)ActivatorUtilities.CreateInstance(services, definition.ValidatorType));
        _preProcessors = new(() => [.. definition.PreProcessorTypes.Select(t => (IPreProcessor)ActivatorUtilities.CreateInstance(services, t))]);
        Config = config;
        Json = json;
        Binder = new RequestBinder(definition.ReqDtoType, json, config.Binding);
    }

    public Config Config { get; }
    public JsonSerializerOptions Json { get; }
    public RequestBinder Binder { get; }
    public IValidator? Validator => _validator.Value;
    public IPreProcessor[] PreProcessors => _preProcessors.Value;

    public Task HandleAsync(HttpContext context)
    {
        var endpoint = (BaseEndpoint)_create(context.RequestServices, null);
        endpoint.Definition = _definition;
        endpoint.HttpContext = context;

        return endpoint.RunAsync(this);
    }

    /// <summary>Which content types the endpoint takes; routing answers 415 to the others (surface section 4.5).</summary>
    public AcceptsMetadata Accepts(string verb) => new(
        (Binder.ReadsBody, verb) switch
        {
            (false, _) => ["*/*"],
            (true, "GET" or "DELETE") => ["*/*", "application/json"],
            _ => ["application/json"],
        },
        _definition.ReqDtoType);

    public void PopulateMetadata(EndpointBuilder builder)
    {
        if (typeof(IEndpointMetadataProvider).IsAssignableFrom(_definition.ResDtoType))
        {
            typeof(EndpointPlan).GetMethod(nameof(Populate), BindingFlags.NonPublic | BindingFlags.Static)!
                .MakeGenericMethod(_definition.ResDtoType).Invoke(null, [((Delegate)HandleAsync).Method, builder]);
        }
    }

    private static void Populate<T>(MethodInfo method, EndpointBuilder builder) where T : IEndpointMetadataProvider =>
        T.PopulateMetadata(method, builder);
}
