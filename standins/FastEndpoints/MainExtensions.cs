using System.Collections.Concurrent;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using FluentValidation;
using FluentValidation.Internal;
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

    /// <summary>Those of the host that was mapped last, which is the one that CreateToken asks for the time (surface section 13).</summary>
    internal static IServiceProvider? LastServices { get; private set; }

    /// <summary>Finds the endpoints and validators, once.</summary>
    /// <exception cref="InvalidOperationException">There is no endpoint, or the request of one has two validators.</exception>
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
        Required.Set(json.PropertyNamingPolicy, "JsonOptions' PropertyNamingPolicy");
        json.TypeInfoResolver = json.TypeInfoResolver!.WithAddedModifier(DemandOnlyWhatIsOfTheBody);
        ValidatorOptions.Global.PropertyNameResolver = (_, _, member) => json.PropertyNamingPolicy!.ConvertName($"{PropertyChain.FromExpression(member)}");
        LastServices = app.ServiceProvider;

        var data = app.ServiceProvider.GetRequiredService<EndpointData>();
        var singletons = new Singletons(app.ServiceProvider);
        var taken = new HashSet<string>();
        var urls = new List<string>();

        using var scope = app.ServiceProvider.CreateScope();
        foreach (var definition in data.Definitions())
        {
            var plan = new EndpointPlan(definition, config, json, singletons);
            plan.Create(scope.ServiceProvider).Configure();
            config.Endpoints.Configurator?.Invoke(definition);
            definition.IsMapped = true;

            if (definition.Routes.Length == 0)
                throw new ArgumentException($"{definition.EndpointType.FullName} must name a verb and a route in Configure.");

            var (verb, route) = (definition.Verbs[0], definition.Routes[0]);
            Required.True(definition.Routes.Length == 1, $"{definition.EndpointType.FullName}, which has several routes,");

            if (!taken.Add($"{verb} {route}"))
                throw new InvalidOperationException($"Duplicate route: {verb} {route} ({definition.EndpointType.FullName})");

            Map(app, definition, plan, verb, route);
            urls.Add($"{definition.EndpointType.FullName}|{route}");
        }

        app.MapGet("_test_url_cache_", () => urls).ExcludeFromDescription();

        return app;
    }

    private static void Map(IEndpointRouteBuilder app, EndpointDefinition definition, EndpointPlan plan, string verb, string route)
    {
        var accepts = plan.Accepts(verb);
        RequestDelegate handler = context => plan.HandleAsync(context, accepts);
        var builder = new RouteHandlerBuilder([app.MapMethods(route, [verb], handler)])
            .WithName(definition.EndpointType.Name).WithMetadata(definition, handler.Method);

        if (definition.Anonymous)
            builder.AllowAnonymous();
        else
            builder.RequireAuthorization().Produces(401);

        if (definition.ReqDtoType != typeof(EmptyRequest))
            builder.WithMetadata(accepts);
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

    /// <summary>A required property that has another source than the body may be missing in the body (surface section 6.3).</summary>
    private static void DemandOnlyWhatIsOfTheBody(JsonTypeInfo type)
    {
        foreach (var property in type.Properties)
            property.IsRequired &= property.AttributeProvider?.IsDefined(typeof(NonJsonBindingAttribute), inherit: true) is not true;
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

        foreach (var (_, request, _) in _endpoints.Where(e => _validators[e.Request].Count() > 1))
            throw new InvalidOperationException($"More than one validator was found for {request.FullName}.");
    }

    public IEnumerable<EndpointDefinition> Definitions() =>
        _endpoints.Select(e => new EndpointDefinition(e.Endpoint, e.Request, e.Response) { ValidatorType = ValidatorOf(e.Request) });

    public Type? ValidatorOf(Type request) => _validators[request].SingleOrDefault();

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
    private readonly PropertyInfo[] _injected;
    private readonly Lazy<IValidator?> _validator;
    private readonly Lazy<IPreProcessor[]> _preProcessors;

    public EndpointPlan(EndpointDefinition definition, Config config, JsonSerializerOptions json, Singletons singletons)
    {
        var type = definition.EndpointType;
        Required.True(definition.ResDtoType.IsAssignableTo(typeof(IResult)), $"{type.FullName}, whose answer is not an IResult,");
        Required.True(!type.IsAssignableTo(typeof(IDisposable)) && !type.IsAssignableTo(typeof(IAsyncDisposable)), $"{type.FullName}, which is disposable,");

        _definition = definition;
        _create = ActivatorUtilities.CreateFactory(type, []);
        _injected = [.. type.GetProperties().Where(p => p is { GetMethod.IsPublic: true, SetMethod.IsPublic: true })];
        _validator = new(() => definition.ValidatorType is null ? null : (IValidator)singletons.Get(definition.ValidatorType));
        _preProcessors = new(() => [.. definition.PreProcessorTypes.Select(t => (IPreProcessor)singletons.Get(t))]);
        Config = config;
        Json = json;
        Binder = new RequestBinder(definition.ReqDtoType, json, config.Binding);
    }

    public Config Config { get; }
    public JsonSerializerOptions Json { get; }
    public RequestBinder Binder { get; }
    public IValidator? Validator => _validator.Value;
    public IPreProcessor[] PreProcessors => _preProcessors.Value;

    /// <summary>Routing has let a request without a Content-Type through; where a body is expected, that is a 415 too (surface section 4.5).</summary>
    public Task HandleAsync(HttpContext context, AcceptsMetadata accepts)
    {
        if (accepts.ContentTypes is ["application/json"] && context.Request.ContentType is null)
        {
            context.Response.StatusCode = StatusCodes.Status415UnsupportedMediaType;
            return context.Response.StartAsync(context.RequestAborted);
        }

        var endpoint = Create(context.RequestServices);
        endpoint.HttpContext = context;

        return endpoint.RunAsync(this);
    }

    /// <summary>Made from the constructor's services, then given those of its public properties (surface section 3.2).</summary>
    public BaseEndpoint Create(IServiceProvider services)
    {
        var endpoint = (BaseEndpoint)_create(services, null);
        endpoint.Definition = _definition;

        foreach (var property in _injected)
            property.SetValue(endpoint, services.GetRequiredService(property.PropertyType));

        return endpoint;
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
                .MakeGenericMethod(_definition.ResDtoType).Invoke(null, [_definition.EndpointType.GetMethod("ExecuteAsync"), builder]);
        }
    }

    private static void Populate<T>(MethodInfo method, EndpointBuilder builder) where T : IEndpointMetadataProvider =>
        T.PopulateMetadata(method, builder);
}

/// <summary>Validators and pre-processors: one of each type in a host, registered or not (surface section 3.2).</summary>
internal sealed class Singletons(IServiceProvider services)
{
    private readonly ConcurrentDictionary<Type, object> _made = new();

    public object Get(Type type) => _made.GetOrAdd(type, t => ActivatorUtilities.GetServiceOrCreateInstance(services, t));
}
