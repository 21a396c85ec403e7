using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using FastEndpoints;
using FastEndpoints.Swagger;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using TaskSlices.Infrastructure.Hosting;
using TaskSlices.Infrastructure.Http;

namespace TaskSlices.Infrastructure.Slices;

/// <summary>The API described for programs (/swagger/v1/swagger.json, OpenAPI 3.0) and for people (/swagger).</summary>
public static class Document
{
    public const string Path = "/swagger/v1/swagger.json";

    /// <summary>/api/{user_id}/tasks: the third segment names the feature.</summary>
    private const int FeatureSegment = 3;

    public static void AddDocument(this IServiceCollection services) => services.SwaggerDocument(options =>
    {
        options.ShortSchemaNames = true;
        options.FlattenSchema = true;
        options.RemoveEmptyRequestSchema = true;
        options.AutoTagPathSegmentIndex = FeatureSegment;
        options.SerializerSettings = json => json.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;
        options.DocumentSettings = settings =>
        {
            settings.Title = "TaskSlices";
            settings.Version = ProductVersion.Text;
        };
    });

    /// <summary>Before authentication: the document needs no token. It is made at the first request and kept.</summary>
    public static void UseDocument(this IApplicationBuilder app)
    {
        string? document = null;

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

                if (context.Request.Path != Path)
                {
                    await next(context);
                    return;
                }

                document ??= Complete(await CaptureAsync(context, next), context.RequestServices).ToJsonString();
                context.Response.ContentType = "application/json; charset=utf-8";
                await context.Response.WriteAsync(Served(document, context.Request.SubPath()), context.RequestAborted);
            });
            branch.UseSwaggerGen();
        });
    }

    /// <summary>Without servers, addresses count from the root of the host (OpenAPI 3.0.4 section 4.8.1.1).</summary>
    private static string Served(string document, string subPath)
    {
        if (subPath.Length == 0)
            return document;

        var served = JsonNode.Parse(document)!.AsObject();
        served["servers"] = new JsonArray(new JsonObject { ["url"] = subPath });

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

    /// <summary>Adds what the generator does not know: owner and ids are never in a body, and some bodies may be left out.</summary>
    private static JsonObject Complete(JsonObject document, IServiceProvider services)
    {
        var json = services.GetRequiredService<IOptions<JsonOptions>>().Value.SerializerOptions;
        var endpoints = services.GetRequiredService<EndpointDataSource>().Endpoints;
        var requests = RequestTypes(endpoints, json);
        var schemas = document["components"]!["schemas"]!.AsObject();

        // They name the address of the request at which the document was made, and it is kept for all.
        document.Remove("servers");

        var tagged = endpoints.Where(e => e.Metadata.GetMetadata<EntityTagged>() is not null)
            .Select(e => e.Metadata.GetMetadata<IEndpointNameMetadata>()?.EndpointName).ToHashSet();

        foreach (var (path, item) in document["paths"]!.AsObject())
        {
            foreach (var (method, operation) in item!.AsObject())
            {
                var hasTag = tagged.Contains(operation!["operationId"]!.GetValue<string>());
                CompleteOperation(method, operation.AsObject(), schemas, requests);
                AddConditions(method, operation.AsObject(), hasTag);
                AddLastEventId(operation.AsObject());
            }
        }

        foreach (var answer in AnswerTypes(endpoints, json))
        {
            if (schemas[answer.Type.Name] is JsonObject schema)
                schema["required"] = new JsonArray([.. AlwaysPresent(answer).Select(name => JsonValue.Create(name))]);

            // The generator has the names in C#, not those on the wire.
            foreach (var type in answer.Properties.Select(p => p.PropertyType).Where(type => type.IsEnum))
                schemas[type.Name]!["enum"] = JsonSerializer.SerializeToNode(Enum.GetValues(type), json);
        }

        Visit(document);
        RemoveUnused(document, schemas);

        return document;
    }

    /// <summary>What each operation's request is to the serializer, by operation id.</summary>
    private static Dictionary<string, JsonTypeInfo> RequestTypes(IEnumerable<Endpoint> endpoints, JsonSerializerOptions json) => endpoints
        .Select(e => e.Metadata)
        .Select(e => (Name: e.GetMetadata<IEndpointNameMetadata>()?.EndpointName, Slice: e.GetMetadata<EndpointDefinition>()))
        .Where(e => e is { Name: not null, Slice: not null })
        .ToDictionary(e => e.Name!, e => json.GetTypeInfo(e.Slice!.ReqDtoType));

    /// <summary>The objects that the endpoints answer with, and those inside them.</summary>
    private static HashSet<JsonTypeInfo> AnswerTypes(IEnumerable<Endpoint> endpoints, JsonSerializerOptions json)
    {
        var found = new HashSet<JsonTypeInfo>();
        foreach (var produced in endpoints.SelectMany(e => e.Metadata.GetOrderedMetadata<IProducesResponseTypeMetadata>()))
            Add(produced.Type);

        return found;

        void Add(Type? type)
        {
            if (type is null || type == typeof(void))
                return;

            var info = json.GetTypeInfo(type);
            if (info.Kind is JsonTypeInfoKind.Enumerable)
                Add(info.ElementType);
            else if (info.Kind is JsonTypeInfoKind.Object && found.Add(info))
            {
                foreach (var property in info.Properties)
                    Add(property.PropertyType);
            }
        }
    }

    /// <summary>The generator does not know <see cref="AllowedValuesAttribute"/>.</summary>
    private static void AddWords(JsonObject schema, JsonTypeInfo type)
    {
        foreach (var property in type.Properties)
        {
            var words = property.AttributeProvider?.GetCustomAttributes(typeof(AllowedValuesAttribute), inherit: true)
                .Cast<AllowedValuesAttribute>().SingleOrDefault()?.Values;
            if (words is null || schema["properties"]?[property.Name] is not JsonObject described)
                continue;

            // Null has to be among them (OpenAPI 3.0.3, proposal 2019-10-31 on nullable).
            if (described["nullable"]?.GetValue<bool>() is true)
                words = [.. words, null];

            described["enum"] = new JsonArray([.. words.Select(word => word is string text ? JsonValue.Create(text) : null)]);
        }
    }

    private static IEnumerable<string> AlwaysPresent(JsonTypeInfo answer) =>
        answer.Properties.Where(p => p.AssociatedParameter is { HasDefaultValue: false }).Select(p => p.Name);

    private static void CompleteOperation(
        string method, JsonObject operation, JsonObject schemas, Dictionary<string, JsonTypeInfo> requests)
    {
        foreach (var (status, response) in operation["responses"]!.AsObject())
        {
            if (response!["description"]?.GetValue<string>() is null or "")
                response["description"] = ReasonPhrases.GetReasonPhrase(int.Parse(status, CultureInfo.InvariantCulture));
        }

        // Where a route has no segment that names a feature, it is about the user.
        operation["tags"] ??= new JsonArray("User");

        var parameters = operation["parameters"]?.AsArray().Select(p => p!.AsObject()).ToList() ?? [];
        var name = operation["operationId"]!.GetValue<string>();
        var request = requests[name];

        // FastEndpoints puts the verb before the name of a slice that has two.
        if (method == "put" && name.StartsWith("Put", StringComparison.Ordinal))
            operation["operationId"] = name["Put".Length..];

        var declared = SliceConventions.QueryKeys(request.Type);
        // The generator writes their names now one way, now another; AddConditions has them.
        foreach (var parameter in parameters.Where(p => p["in"]!.GetValue<string>() == "header"))
            operation["parameters"]!.AsArray().Remove(parameter);

        foreach (var parameter in parameters.Where(p => p["in"]!.GetValue<string>() == "query"))
        {
            parameter["name"] = JsonNamingPolicy.SnakeCaseLower.ConvertName(parameter["name"]!.GetValue<string>());

            // For methods that seldom have a body, the generator takes every member of the request for a key of the query.
            if (!declared.Contains(parameter["name"]!.GetValue<string>()))
                operation["parameters"]!.AsArray().Remove(parameter);

            // A parameter may be left out; there is no text for null in a query string.
            parameter["schema"]!.AsObject().Remove("nullable");
            CompleteParameter(parameter, request.Type);
        }

        foreach (var parameter in SliceConventions.ListIn(request.Type)?.Parameters ?? [])
            (operation["parameters"] ??= new JsonArray()).AsArray().Add(Describe(parameter));

        if (method == "post")
            (operation["parameters"] ??= new JsonArray()).AsArray().Add(DescribeIdempotencyKey());

        if (method == "get" || request.Properties.Count == 0)
            operation.Remove("requestBody");
        else if (operation["requestBody"]?["content"]?["application/json"]?["schema"]?["$ref"]?.GetValue<string>() is { } reference)
        {
            var schema = schemas[reference.Split('/')[^1]]!.AsObject();
            CompleteBody(schema, request);
            operation["requestBody"]!["content"]!.AsObject().Remove("*/*");
            operation["requestBody"]!["required"] = schema["required"] is JsonArray { Count: > 0 };
        }
    }

    /// <summary>The generator takes whatever is not nullable for required.</summary>
    private static void CompleteParameter(JsonObject parameter, Type request)
    {
        var name = parameter["name"]!.GetValue<string>();
        var property = request.GetProperties().First(p => Json.WireName(p) == name);
        var schema = parameter["schema"]!.AsObject();
        if (property.GetCustomAttribute<DefaultValueAttribute>() is { Value: var value })
        {
            schema["default"] = JsonSerializer.SerializeToNode(value);
            parameter.Remove("required");
        }

        if (property.GetCustomAttribute<RangeAttribute>() is { } range)
        {
            schema["minimum"] = JsonSerializer.SerializeToNode(range.Minimum);
            if (range.Maximum is not double.PositiveInfinity)
                schema["maximum"] = JsonSerializer.SerializeToNode(range.Maximum);
        }
    }

    /// <summary>The headers of conditional requests, and the entity tags.</summary>
    private static void AddConditions(string method, JsonObject operation, bool hasTag)
    {
        var responses = operation["responses"]!.AsObject();
        if (method == "get" && hasTag)
        {
            Add(HeaderNames.IfNoneMatch, "An ETag that the caller has: 304 if it is the same still.");
            responses["304"] = new JsonObject { ["description"] = ReasonPhrases.GetReasonPhrase(StatusCodes.Status304NotModified) };
        }
        else if (responses.ContainsKey("412"))
        {
            Add(HeaderNames.IfMatch, "The ETag that the caller has read: 412 if the row was changed since.");
            if (responses.ContainsKey("201"))
                Add(HeaderNames.IfNoneMatch, "*: the row is created, or 412 if there is one.");
        }

        foreach (var (_, response) in responses.Where(response => hasTag && response.Key is ("200" or "201")))
            response!["headers"] = new JsonObject { [HeaderNames.ETag] = new JsonObject { ["schema"] = Text() } };

        void Add(string name, string description) => operation["parameters"]!.AsArray().Add(
            new JsonObject { ["name"] = name, ["in"] = "header", ["description"] = description, ["schema"] = Text() });

        static JsonObject Text() => new() { ["type"] = "string" };
    }

    private static void AddLastEventId(JsonObject operation)
    {
        if (operation["responses"]!["200"]?["content"]?[EventFeed.MediaType] is null)
            return;

        operation["parameters"]!.AsArray().Add(new JsonObject
        {
            ["name"] = EventFeed.LastEventId,
            ["in"] = "header",
            ["description"] = "The id of the last event that the caller has. It goes before since.",
            ["schema"] = new JsonObject { ["type"] = "integer", ["format"] = "int64", ["minimum"] = 0 },
        });
    }

    private static void CompleteBody(JsonObject schema, JsonTypeInfo request)
    {
        var properties = schema["properties"]!.AsObject();

        foreach (var name in properties.Select(p => p.Key).Where(name => request.Properties.All(p => p.Name != name)).ToList())
            properties.Remove(name);

        foreach (var property in request.Properties.Where(p => !p.IsSetNullable))
            properties[property.Name]?.AsObject().Remove("nullable");

        AddWords(schema, request);

        // A base type's come first otherwise.
        foreach (var name in request.Properties.Select(p => p.Name).Where(properties.ContainsKey))
        {
            var property = properties[name];
            properties.Remove(name);
            properties.Add(name, property);
        }

        // Where a body may be left out, null stands for none.
        if (schema["required"] is not JsonArray { Count: > 0 })
            schema["nullable"] = true;
    }

    private static JsonObject Describe(ListParameter parameter)
    {
        var described = new JsonObject { ["name"] = parameter.Name, ["in"] = "query" };
        if (parameter.Description is { } text)
            described["description"] = text;

        described["schema"] = parameter.Schema.DeepClone();

        return described;
    }

    /// <summary>Every POST of a user's route takes it: <see cref="IdempotentRequests"/>.</summary>
    private static JsonObject DescribeIdempotencyKey() => new()
    {
        ["name"] = IdempotentRequests.Header,
        ["in"] = "header",
        ["description"] = "A new one for each thing to do, and the same for its retries: for 48 hours, a retry gets the first answer "
            + "again, with Idempotency-Replayed: true. With another body or address, the code of the 422 is IDEMPOTENCY_KEY_REUSED.",
        ["schema"] = new JsonObject
        {
            ["type"] = "string",
            ["minLength"] = 1,
            ["maxLength"] = IdempotentRequests.KeyLimit,
        },
    };

    /// <summary>Removes what only this generator writes, so that another version of it changes nothing here.</summary>
    private static void Visit(JsonNode? node)
    {
        if (node is JsonObject one)
        {
            foreach (var name in one.Select(member => member.Key).Where(name => name.StartsWith("x-", StringComparison.Ordinal)).ToList())
                one.Remove(name);

            // Members that are not named here are ignored, not refused.
            one.Remove("additionalProperties");

            if (one["format"] is JsonValue format)
            {
                one["format"] = format.ToString() == "guid" ? "uuid" : format.ToString();

                // The generator does not know what our converter writes.
                if (format.ToString() == "date-time")
                    one["type"] = "string";
            }

            foreach (var (_, member) in one)
                Visit(member);
        }
        else if (node is JsonArray many)
        {
            foreach (var item in many)
                Visit(item);
        }
    }

    private static void RemoveUnused(JsonObject document, JsonObject schemas)
    {
        while (schemas.Select(s => s.Key).FirstOrDefault(IsUnused) is { } unused)
            schemas.Remove(unused);

        bool IsUnused(string name) => !document.ToJsonString().Contains($"#/components/schemas/{name}\"", StringComparison.Ordinal);
    }
}
