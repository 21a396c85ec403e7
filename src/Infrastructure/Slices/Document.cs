using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using FastEndpoints;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;
using TaskSlices.Infrastructure.Http;

namespace TaskSlices.Infrastructure.Slices;

/// <summary>
/// The API described for programs (/swagger/v1/swagger.json, OpenAPI 3.0) and for people (/swagger), and beside it each
/// <see cref="IOwnDocument"/>.
/// </summary>
public static class Document
{
    public const string Path = "/swagger/v1/swagger.json";

    /// <summary>Of the API, as the generator calls it.</summary>
    private const string Name = "v1";

    internal const string TicketScheme = "EventTicket";
    private const string TokenScheme = "JWTBearerAuth";

    /// <summary>Before authentication: the documents need no token. Each is made at the first request and kept.</summary>
    public static void UseDocument(this IApplicationBuilder app)
    {
        var own = app.ApplicationServices.GetServices<IOwnDocument>().Where(document => document.IsServed)
            .ToDictionary(document => PathOf(document.Name));
        var made = new ConcurrentDictionary<string, string>();
        var offered = own.Values.Select(document => document.Name).Prepend(Name).Select(name => (name, PathOf(name)));

        app.UseWhen(static context => context.Request.Path.StartsWithSegments("/swagger"), branch =>
        {
            branch.UseDocumentPolicy();
            branch.Use(async (context, next) =>
            {
                if (!HttpMethods.IsGet(context.Request.Method))
                {
                    context.Response.Headers.Allow = "GET, HEAD";
                    context.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
                    return;
                }

                var path = context.Request.Path.Value!;
                var document = own.GetValueOrDefault(path);
                if (document is null && path != Path)
                {
                    await next(context);
                    return;
                }

                if (!made.TryGetValue(path, out var text))
                {
                    var endpoints = context.RequestServices.GetRequiredService<EndpointDataSource>().Endpoints;
                    var described = document is null
                        ? Complete(await CaptureAsync(context, next), endpoints, context.RequestServices) : document.Make(endpoints);
                    made[path] = text = described.ToJsonString();
                }

                context.Response.ContentType = "application/json; charset=utf-8";
                await context.Response.WriteAsync(Served(text, context.Request.SubPath()), context.RequestAborted);
            });
            branch.Use((RequestDelegate next) =>
            {
                var generator = new Lazy<RequestDelegate>(() => DocumentGenerator.Make(app.ApplicationServices, offered, next));

                return context => generator.Value(context);
            });
        });
    }

    private static string PathOf(string name) => $"/swagger/{name}/swagger.json";

    /// <summary>Addresses count from the server's, which is relative to that of the document (OpenAPI 3.0.4 section 4.8.5).</summary>
    private static string Served(string document, string subPath)
    {
        if (subPath.Length == 0)
            return document;

        var served = JsonNode.Parse(document)!.AsObject();
        served["servers"]![0]!["url"] = subPath;

        return served.ToJsonString();
    }

    private static async Task<JsonObject> CaptureAsync(HttpContext context, RequestDelegate next)
    {
        var (body, captured) = (context.Response.Body, new MemoryStream());
        context.Response.Body = captured;
        try
        {
            await next(context);
        }
        finally
        {
            context.Response.Body = body;
            context.Response.ContentLength = null;
        }

        return JsonNode.Parse(captured.ToArray())!.AsObject();
    }

    /// <summary>Adds what the generator does not know, from the endpoints.</summary>
    private static JsonObject Complete(JsonObject document, IReadOnlyList<Endpoint> endpoints, IServiceProvider services)
    {
        var json = services.GetRequiredService<IOptions<JsonOptions>>().Value.SerializerOptions;
        var described = endpoints.Where(e => e.Metadata.GetMetadata<EndpointDefinition>() is not null)
            .Where(e => e.Metadata.GetMetadata<IEndpointNameMetadata>() is not null)
            .ToDictionary(e => e.Metadata.GetMetadata<IEndpointNameMetadata>()!.EndpointName);
        var schemas = document["components"]!["schemas"]!.AsObject();

        AddInformation(document);
        foreach (var (path, item) in document["paths"]!.AsObject())
        {
            foreach (var (method, operation) in item!.AsObject())
            {
                var endpoint = described[operation!["operationId"]!.GetValue<string>()];
                var request = json.GetTypeInfo(endpoint.Metadata.GetMetadata<EndpointDefinition>()!.ReqDtoType);
                DocumentOperations.Complete(method, operation.AsObject(), endpoint, request, schemas);
                DocumentAnswers.Complete(method, operation.AsObject(), endpoint, request, endpoints);
                AddTag(document, path, operation["tags"]![0]!.GetValue<string>());
            }
        }

        DocumentSchemas.CompleteAnswers(schemas, endpoints, json);
        DocumentAnswers.AddCodes(schemas, endpoints);
        DocumentSchemas.Tidy(document);
        RemoveUnused(document, schemas);

        return document;
    }

    private static void AddInformation(JsonObject document)
    {
        var info = document["info"]!.AsObject();
        info["description"] = "Tasks of users, each seen by its user only. The user_id of an address is the subject of the token. "
            + "Every answer that is not a success is a Problem (RFC 9457), whose code is a stable word for programs.";
        info["contact"] = new JsonObject { ["name"] = "TaskSlices" };
        info["license"] = new JsonObject { ["name"] = "MIT", ["url"] = "https://opensource.org/license/mit" };

        // Those of the generator name the address of the request at which the document was made, and it is kept for all.
        document["servers"] = new JsonArray(new JsonObject { ["url"] = "/" });
        document["tags"] = new JsonArray();
        document["components"]!["securitySchemes"]![TokenScheme] = new JsonObject
        {
            ["type"] = "http",
            ["scheme"] = "bearer",
            ["bearerFormat"] = "JWT",
            ["description"] = "A JWT of the Better Auth server, or of this server's own accounts.",
        };
        document["components"]!["securitySchemes"]![TicketScheme] = new JsonObject
        {
            ["type"] = "apiKey",
            ["in"] = "query",
            ["name"] = "ticket",
            ["description"] = "For one stream of events, within 30 s: EventSource sends no header.",
        };
    }

    private static void AddTag(JsonObject document, string path, string name)
    {
        var tags = document["tags"]!.AsArray();
        if (tags.Any(tag => tag!["name"]!.GetValue<string>() == name))
            return;

        var start = string.Join('/', path.Split('/').Take(DocumentGenerator.FeatureSegment + 1));
        tags.Add(new JsonObject { ["name"] = name, ["description"] = $"The addresses that begin with {start}." });
    }

    private static void RemoveUnused(JsonObject document, JsonObject schemas)
    {
        while (schemas.Select(s => s.Key).FirstOrDefault(IsUnused) is { } unused)
            schemas.Remove(unused);

        bool IsUnused(string name) => !document.ToJsonString().Contains($"#/components/schemas/{name}\"", StringComparison.Ordinal);
    }
}
