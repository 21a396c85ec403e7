using System.Globalization;
using System.Reflection;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using FastEndpoints;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;
using TaskSlices.Infrastructure.Http;

namespace TaskSlices.Infrastructure.Slices;

/// <summary>What an operation of the <see cref="Document"/> answers: headers, examples, and the codes of its problems.</summary>
internal static class DocumentAnswers
{
    /// <summary>What the pipeline answers, whatever the slice; <see cref="CodesOf"/> adds the rest.</summary>
    private static readonly Dictionary<int, string[]> Usual = new()
    {
        [400] = ["BAD_REQUEST"],
        [401] = [.. ErrorPage.CodesOf(401).Except(["BAD_TICKET"])],
        [403] = ["NOT_YOUR_URL"],
        [404] = ["NOT_FOUND"],
        [405] = ["METHOD_NOT_ALLOWED"],
        [409] = ["CONFLICT"],
        [412] = ["PRECONDITION_FAILED"],
        [413] = ["BODY_TOO_LARGE"],
        [415] = ["UNSUPPORTED_MEDIA_TYPE"],
        [422] = ["VALIDATION_FAILED"],
        [429] = ["TOO_MANY_REQUESTS"],
        [500] = ["INTERNAL_ERROR"],
        [503] = ["UNAVAILABLE", "KEYS_UNAVAILABLE"],
    };

    public static void Complete(
        string method, JsonObject operation, Endpoint endpoint, JsonTypeInfo request, IReadOnlyList<Endpoint> endpoints)
    {
        var declared = DeclaredCodes(endpoint).ToArray();

        // A batch answers as its operations do.
        if (ResultTypes(endpoint).Contains(typeof(FailedOperation)))
            declared = [.. declared, .. endpoints.SelectMany(DeclaredCodes).Where(code => code.Status is 404).Distinct()];

        foreach (var (key, response) in operation["responses"]!.AsObject())
        {
            var status = int.Parse(key, CultureInfo.InvariantCulture);
            var reason = ReasonPhrases.GetReasonPhrase(status);
            var codes = status < 400 ? [] : CodesOf(status, method, operation, endpoint, declared).ToArray();
            response!["description"] = codes.Length == 0 ? reason : $"{reason}: {string.Join(", ", codes)}.";

            var headers = HeadersOf(status, method, endpoint, request).ToArray();
            if (headers.Length > 0)
            {
                response["headers"] = new JsonObject(
                    headers.Select(header => KeyValuePair.Create(header.Name, (JsonNode?)Describe(header))));
            }

            AddExample(status, response.AsObject(), endpoint);
        }
    }

    /// <summary>The codes that there can be, of the server and of its features, as the words of the member code.</summary>
    public static void AddCodes(JsonObject schemas, IEnumerable<Endpoint> endpoints)
    {
        var codes = ErrorPage.AllCodes.Concat(endpoints.SelectMany(DeclaredCodes).Select(declared => declared.Code)).Distinct();
        schemas[nameof(Problem)]!["properties"]!["code"]!["enum"] = new JsonArray([.. codes.Select(code => JsonValue.Create(code))]);
    }

    private static IEnumerable<string> CodesOf(
        int status, string method, JsonObject operation, Endpoint endpoint, IEnumerable<ProblemCode> declared)
    {
        IEnumerable<string> codes =
            [.. Usual.GetValueOrDefault(status, []), .. declared.Where(one => one.Status == status).Select(one => one.Code)];

        return status switch
        {
            400 when operation.ContainsKey("requestBody") => codes.Prepend("MALFORMED_JSON"),
            401 when operation["responses"]!["200"]?["content"]?[EventFeed.MediaType] is not null => codes.Append("BAD_TICKET"),
            422 when method == "post" => codes.Append("IDEMPOTENCY_KEY_REUSED").Concat(Quota()),
            422 => codes.Concat(Quota()),
            _ => codes,
        };

        string[] Quota() => method != "get" && endpoint.Metadata.GetMetadata<EntityTagged>() is not null ? ["QUOTA_EXCEEDED"] : [];
    }

    private static IEnumerable<ProblemCode> DeclaredCodes(Endpoint endpoint)
    {
        var absent = ResultTypes(endpoint).Where(type => type.IsSubclassOf(typeof(NotFoundProblem)) && type.GetConstructor([]) is not null)
            .Select(type => new ProblemCode(StatusCodes.Status404NotFound, ((NotFoundProblem)Activator.CreateInstance(type)!).Code));

        return absent.Concat(endpoint.Metadata.GetOrderedMetadata<ProblemCode>()).Distinct();
    }

    private static IEnumerable<Type> ResultTypes(Endpoint endpoint)
    {
        return Parts(endpoint.Metadata.GetMetadata<EndpointDefinition>()?.EndpointType.GetMethod("ExecuteAsync")?.ReturnType);

        static IEnumerable<Type> Parts(Type? type) => type is null ? [] : type.GetGenericArguments().SelectMany(Parts).Prepend(type);
    }

    private static IEnumerable<(string Name, string Description, string Type)> HeadersOf(
        int status, string method, Endpoint endpoint, JsonTypeInfo request)
    {
        if (status is 200 or 201 or 304 && endpoint.Metadata.GetMetadata<EntityTagged>() is not null)
            yield return (HeaderNames.ETag, "The revision in quotes: for If-Match, If-None-Match and since.", "string");

        if (status is 201)
            yield return (HeaderNames.Location, "The address of the new row.", "string");

        if (status is 200 && SliceConventions.ListIn(request.Type) is not null)
        {
            yield return (HeaderNames.Link, "With limit: the address of the next page, as rel=\"next\".", "string");
            yield return ("X-Total-Count", "With count=true: how many rows the filters find.", "integer");
        }

        if (status is 200 or 201 && method == "post")
            yield return ("Idempotency-Replayed", "true: the answer to an earlier request with the same Idempotency-Key.", "string");

        if (status is 401)
            yield return (HeaderNames.WWWAuthenticate, "Bearer, with the reason (RFC 6750).", "string");

        if (status is 429 or 503)
            yield return (HeaderNames.RetryAfter, "When to try again, in seconds.", "integer");
    }

    private static JsonObject Describe((string Name, string Description, string Type) header) =>
        new() { ["description"] = header.Description, ["schema"] = new JsonObject { ["type"] = header.Type } };

    private static void AddExample(int status, JsonObject response, Endpoint endpoint)
    {
        var text = endpoint.Metadata.GetMetadata<EndpointDefinition>()!.EndpointType.GetCustomAttribute<ExampleAttribute>()?.Text;
        if (status is StatusCodes.Status200OK && text is not null)
        {
            foreach (var (_, content) in response["content"]?.AsObject() ?? [])
                content!["example"] = text;
        }
    }
}
