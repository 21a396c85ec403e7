using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Net.Http.Headers;
using TaskSlices.Infrastructure.Auth;
using TaskSlices.Infrastructure.Http;

namespace TaskSlices.Infrastructure.Slices;

/// <summary>What an operation of the <see cref="Document"/> takes: parameters, headers and body.</summary>
internal static class DocumentOperations
{
    public static void Complete(string method, JsonObject operation, Endpoint endpoint, JsonTypeInfo request, JsonObject schemas)
    {
        // Where a route has no segment that names a feature, it is about the user.
        operation["tags"] ??= new JsonArray("User");

        var parameters = operation["parameters"]?.AsArray().Select(p => p!.AsObject()).ToList() ?? [];
        var name = operation["operationId"]!.GetValue<string>();

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
            DocumentSchemas.CompleteBody(schema, request);
            operation["requestBody"]!["content"]!.AsObject().Remove("*/*");
            operation["requestBody"]!["required"] = schema["required"] is JsonArray { Count: > 0 };
        }

        AddConditions(method, operation, endpoint.Metadata.GetMetadata<EntityTagged>() is not null);
        if (operation["responses"]!["200"]?["content"]?[EventFeed.MediaType] is not null)
            AddStream(operation);
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
            responses["304"] = new JsonObject { ["description"] = "" };
        }
        else if (responses.ContainsKey("412"))
        {
            Add(HeaderNames.IfMatch, "The ETag that the caller has read: 412 if the row was changed since.");
            if (responses.ContainsKey("201"))
                Add(HeaderNames.IfNoneMatch, "*: the row is created, or 412 if there is one.");
        }

        void Add(string name, string description) => operation["parameters"]!.AsArray().Add(
            new JsonObject { ["name"] = name, ["in"] = "header", ["description"] = description, ["schema"] = Text() });

        static JsonObject Text() => new() { ["type"] = "string" };
    }

    /// <summary>Streams are opened with a ticket, too: <see cref="EventTickets"/>.</summary>
    private static void AddStream(JsonObject operation)
    {
        operation["security"]!.AsArray().Add(new JsonObject { [Document.TicketScheme] = new JsonArray() });
        operation["parameters"]!.AsArray().Add(new JsonObject
        {
            ["name"] = EventFeed.LastEventId,
            ["in"] = "header",
            ["description"] = "The id of the last event that the caller has. It goes before since.",
            ["schema"] = new JsonObject { ["type"] = "integer", ["format"] = "int64", ["minimum"] = 0 },
        });
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
}
