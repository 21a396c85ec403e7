using System.Reflection;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using FastEndpoints;
using FluentValidation.Results;
using Microsoft.AspNetCore.Http.Extensions;
using TaskSlices.Infrastructure.Auth;
using TaskSlices.Infrastructure.Data;
using TaskSlices.Infrastructure.Hosting;
using TaskSlices.Infrastructure.Http;

namespace TaskSlices.Infrastructure.Slices;

/// <summary>How FastEndpoints is configured: what holds for every slice is here, so that a slice says only what is its own.</summary>
public static class SliceConventions
{
    private const string Malformed = "MALFORMED_JSON";
    private const string WrongType = "WRONG_TYPE";

    public static void AddSlices(this IServiceCollection services)
    {
        // An answer to a batch can have a megabyte, and what is deleted is overwritten.
        services.AddSingleton<IExpiringRows>(new ExpiredRows<IdempotencyKey>(
            nameof(IdempotencyKey.CreatedAt), IdempotencyKey.Lifetime, atOnce: 10));
        services.AddSingleton<Batches.Entry>();
        services.AddSingleton<EventStreams>();
        services.AddFastEndpoints(discovery =>
        {
            discovery.DisableAutoDiscovery = true;
            discovery.Assemblies = [typeof(SliceConventions).Assembly];
        });
    }

    /// <summary>Maps the slices and audits every endpoint.</summary>
    /// <exception cref="StartupException">An endpoint is open by mistake, or has no owner.</exception>
    public static void UseSlices(this WebApplication app)
    {
        app.UsePreconditions();
        try
        {
            app.UseFastEndpoints(Configure);
        }
        catch (InvalidOperationException e) when (e.Message.Contains("duplicate", StringComparison.OrdinalIgnoreCase))
        {
            throw new StartupException($"Two slices have one route: {e.Message} Change one of the routes.");
        }

        // Each look at what FastEndpoints has mapped makes it anew, and compiles a delegate for every route.
        var sources = ((IEndpointRouteBuilder)app).DataSources;
        var made = new DefaultEndpointDataSource(sources.SelectMany(source => source.Endpoints));
        sources.Clear();
        sources.Add(made);
        SliceAudit.Run(made.Endpoints);
    }

    /// <summary>
    /// FastEndpoints lets a key of the query string overwrite a member of the body. Here a query key reaches a [QueryParam] or nothing.
    /// </summary>
    internal static void UseDeclaredQuery(this IApplicationBuilder app) => app.Use(static (context, next) =>
    {
        if (context.Request.QueryString.HasValue && context.GetEndpoint()?.Metadata.GetMetadata<DeclaredQuery>() is { } declared)
        {
            var kept = context.Request.Query.Where(value => declared.Names.Contains(value.Key));
            context.Request.QueryString = new QueryBuilder(kept).ToQueryString();
        }

        return next(context);
    });

    /// <summary>Checks the lists of all slices against the model.</summary>
    /// <exception cref="StartupException">A list can't be read; the message names it, with the mend.</exception>
    public static void CheckLists(this WebApplication app)
    {
        using var scope = app.Services.CreateScope();
        var (db, store) = (scope.ServiceProvider.GetRequiredService<AppDb>(), scope.ServiceProvider.GetRequiredService<IStore>());
        var slices = ((IEndpointRouteBuilder)app).DataSources.SelectMany(source => source.Endpoints)
            .Select(endpoint => endpoint.Metadata.GetMetadata<EndpointDefinition>()).OfType<EndpointDefinition>();
        var mistakes = slices.Select(slice => ListIn(slice.ReqDtoType)?.FindMistake(db.Model, store) is { } mistake
            ? $"{slice.EndpointType.Name}: {mistake}" : null).OfType<string>().ToArray();

        if (mistakes.Length > 0)
            throw new StartupException(string.Join(Environment.NewLine, mistakes));
    }

    // FastEndpoints runs this once per process, also for several hosts: it must not use anything of one host.
    private static void Configure(Config config)
    {
        config.Endpoints.ShortNames = true;
        config.Endpoints.Configurator = ConfigureSlice;
        config.Binding.UsePropertyNamingPolicy = true;
        config.Binding.UseDefaultValuesForNullableProps = false;
        config.Binding.FailureMessage = static (type, name, _) => $"{name} must be {Describe(type) ?? "a valid value"}.";
        config.Binding.JsonExceptionTransformer = static exception => Describe(exception);
        config.Errors.StatusCode = StatusCodes.Status422UnprocessableEntity;
        config.Errors.ContentType = Problem.MediaType;
        config.Errors.ProducesMetadataType = typeof(Problem);
        config.Errors.ResponseBuilder = static (failures, context, _) => Refuse(failures, context);
    }

    private static void ConfigureSlice(EndpointDefinition slice)
    {
        slice.PreProcessor<OwnerGuard>(Order.Before);

        if (Array.TrueForAll(slice.Routes!, SliceAudit.IsPublic))
        {
            slice.AllowAnonymous();

            // These are Better Auth's endpoints and health; Better Auth documents its own.
            slice.Description(endpoint => endpoint.ExcludeFromDescription());
        }

        slice.Description(endpoint =>
        {
            endpoint.WithMetadata(new DeclaredQuery(slice.ReqDtoType));

            foreach (var status in Refusals(slice))
                endpoint.Produces<Problem>(status, Problem.MediaType);
        });
    }

    /// <summary>The errors that every slice of this kind can answer, for the document. The slice's signature has the others.</summary>
    private static int[] Refusals(EndpointDefinition slice) =>
    [
        400,
        .. slice.ReqDtoType.IsAssignableTo(typeof(OwnedRequest)) ? [401, 403] : Array.Empty<int>(),
        .. ChangesRow(slice) ? [412] : Array.Empty<int>(),
        .. slice.Verbs?.Intersect(["POST", "PUT", "PATCH"]).Any() is true ? [413, 415, 422] : Array.Empty<int>(),
        429,
        500,
        503,
    ];

    private static bool ChangesRow(EndpointDefinition slice) =>
        slice.Verbs!.Intersect(["PUT", "PATCH", "DELETE"]).Any()
        && slice.Routes!.Any(route => route.Contains($"{{{EntityTags.RowId}", StringComparison.Ordinal));

    /// <summary>400 for a body that is not JSON, 422 for JSON that is not allowed; FastEndpoints has one status for both.</summary>
    internal static Problem Refuse(List<ValidationFailure> failures, HttpContext context)
    {
        foreach (var failure in failures.Where(failure => failure.ErrorCode == WrongType))
            failure.ErrorMessage = $"{failure.PropertyName} does not have the right type{RightType(failure, context)}, or is there twice.";

        var malformed = failures.Find(failure => failure.ErrorCode == Malformed);
        var problem = malformed is not null
            ? Problem.For(context, StatusCodes.Status400BadRequest, Malformed, malformed.ErrorMessage)
            : Problem.For(
                context, StatusCodes.Status422UnprocessableEntity,
                detail: string.Join(' ', failures.Select(f => f.ErrorMessage).Distinct()),
                errors: [.. failures.Select(f => new FieldError(f.PropertyName, f.ErrorMessage)).Distinct()]);

        context.Response.StatusCode = problem.Status;

        return problem;
    }

    // If the body is not JSON, or not UTF-8, the inner exception is one of these.
    private static ValidationFailure Describe(JsonException exception)
    {
        if (exception.InnerException is JsonException or { InnerException: DecoderFallbackException })
            return new ValidationFailure("body", "The body is not well-formed JSON.") { ErrorCode = Malformed };

        if (exception.Path?.TrimStart('$', '.') is not { Length: > 0 } path)
            return new ValidationFailure("body", "The body must be a JSON object.");

        var field = JsonNamingPolicy.SnakeCaseLower.ConvertName(path);

        return new ValidationFailure(field, "") { ErrorCode = WrongType };
    }

    private static string RightType(ValidationFailure failure, HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<EndpointDefinition>()?.ReqDtoType.GetProperties()
            .FirstOrDefault(p => Json.WireName(p) == failure.PropertyName && !p.IsDefined(typeof(JsonConverterAttribute))) is { } property
        && Describe(property.PropertyType) is { } type ? $" ({type})" : "";

    private static string? Describe(Type type) => (Nullable.GetUnderlyingType(type) ?? type) switch
    {
        var t when t == typeof(string) => "a string",
        var t when t.IsAssignableTo(typeof(IEnumerable<string>)) => "an array of strings",
        var t when t == typeof(int) || t == typeof(long) => "a whole number",
        var t when t == typeof(bool) => "true or false",
        var t when t == typeof(Guid) => "a UUID",
        _ => null,
    };

    /// <summary>The keys of the query string that reach a request.</summary>
    internal static HashSet<string> QueryKeys(Type request) => request.GetProperties()
        .Where(p => p.IsDefined(typeof(QueryParamAttribute), inherit: true))
        .Select(Json.WireName)
        .Concat(ListIn(request)?.Parameters.Select(p => p.Name) ?? [])
        .ToHashSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>The list that a request asks for; null if it asks for none.</summary>
    internal static IListOf? ListIn(Type request) => (IListOf?)request.GetProperties(BindingFlags.Public | BindingFlags.Static)
        .FirstOrDefault(p => p.PropertyType.IsAssignableTo(typeof(IListOf)))?.GetValue(null);

    private sealed class DeclaredQuery(Type request)
    {
        public HashSet<string> Names { get; } = QueryKeys(request);
    }
}
