using System.Globalization;
using System.Reflection;
using System.Text.Json.Nodes;
using FastEndpoints;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using TaskSlices.Infrastructure.Auth;
using TaskSlices.Infrastructure.Hosting;
using TaskSlices.Infrastructure.Http;
using TaskSlices.Infrastructure.Slices;

namespace TaskSlices.Features.Accounts.BetterAuth;

/// <summary>
/// The accounts described for programs (OpenAPI 3.0), where they are kept here. Made from the slices: their requests with their rules,
/// their answers, and the errors that they declare.
/// </summary>
public sealed class AccountDocument(IOptions<AuthSettings> auth, AccountJson json) : IOwnDocument
{
    private const string Tag = "Accounts", Cookie = "SessionCookie", Token = "SessionToken";

    public string Name => "accounts";

    public bool IsServed => !auth.Value.IsDelegated;

    public JsonObject Make(IEnumerable<Endpoint> endpoints)
    {
        var slices = endpoints.OfType<RouteEndpoint>()
            .Where(e => e.RoutePattern.RawText!.StartsWith($"{AccountGate.Path}/", StringComparison.Ordinal))
            .OrderBy(e => e.RoutePattern.RawText, StringComparer.Ordinal).ToList();
        var schemas = new AccountSchemas(json.Options);
        var paths = slices.GroupBy(e => e.RoutePattern.RawText!)
            .Select(path => KeyValuePair.Create(path.Key, (JsonNode?)new JsonObject(path.Select(e => Describe(e, schemas)))));

        return new JsonObject
        {
            ["openapi"] = "3.0.3",
            ["info"] = new JsonObject
            {
                ["title"] = "TaskSlices accounts",
                ["version"] = ProductVersion.Text,
                ["description"] = "The accounts that TaskSlices keeps itself, at the addresses of Better Auth and for its client. "
                    + "An error has a message for people and mostly a code for programs.",
                ["contact"] = new JsonObject { ["name"] = "TaskSlices" },
                ["license"] = new JsonObject { ["name"] = "MIT", ["url"] = "https://opensource.org/license/mit" },
            },
            ["servers"] = new JsonArray(new JsonObject { ["url"] = "/" }),
            ["tags"] = new JsonArray(new JsonObject { ["name"] = Tag, ["description"] = "Sign-up, sign-in, sessions and tokens." }),
            ["paths"] = new JsonObject(paths),
            ["components"] = new JsonObject
            {
                ["schemas"] = schemas.WithCodes(slices.SelectMany(Refusals).Select(error => error.Code).OfType<string>()),
                ["securitySchemes"] = new JsonObject
                {
                    [Cookie] = new JsonObject
                    {
                        ["type"] = "apiKey",
                        ["in"] = "cookie",
                        ["name"] = SessionCookies.PlainName,
                        ["description"] = "Over https, its name begins with __Secure-. A POST with a cookie needs a trusted Origin.",
                    },
                    [Token] = new JsonObject
                    {
                        ["type"] = "http",
                        ["scheme"] = "bearer",
                        ["description"] = "For programs without cookies: the token in the answer to a sign-in, which is no JWT.",
                    },
                },
            },
        };
    }

    private static KeyValuePair<string, JsonNode?> Describe(RouteEndpoint endpoint, AccountSchemas schemas)
    {
        var slice = SliceOf(endpoint);
        var operation = new JsonObject
        {
            ["tags"] = new JsonArray(Tag),
            ["summary"] = slice.EndpointSummary!.Summary,
            ["description"] = slice.EndpointSummary.Description,
            ["operationId"] = slice.EndpointType.Name,
        };
        if (Parameters(slice.ReqDtoType).ToArray() is { Length: > 0 } parameters)
            operation["parameters"] = new JsonArray(parameters);
        if (slice.Verbs is ["POST"])
            operation["requestBody"] = schemas.BodyOf(slice.ReqDtoType);

        var responses = new JsonObject(Errors(endpoint).Prepend(Success(endpoint, schemas)));

        // Tools want a 2xx or a default, which a link that only leads on has not.
        if (responses.ContainsKey("302"))
            responses["default"] = new JsonObject { ["description"] = "Any other error.", ["content"] = AccountSchemas.ContentOfErrors() };

        operation["responses"] = responses;
        operation["security"] = Security(endpoint);

        return KeyValuePair.Create(slice.Verbs!.Single().ToLowerInvariant(), (JsonNode?)operation);
    }

    private static IEnumerable<JsonObject> Parameters(Type request) =>
        from property in request.GetProperties()
        let isOfRoute = property.IsDefined(typeof(RouteParamAttribute))
        where isOfRoute || property.IsDefined(typeof(QueryParamAttribute))
        select new JsonObject
        {
            ["name"] = Json.WireName(property),
            ["in"] = isOfRoute ? "path" : "query",
            ["required"] = true,
            ["schema"] = new JsonObject { ["type"] = "string" },
        };

    private static KeyValuePair<string, JsonNode?> Success(Endpoint endpoint, AccountSchemas schemas)
    {
        var answer = SliceOf(endpoint).EndpointType.GetMethod("ExecuteAsync")!.ReturnParameter;
        var types = WithArguments(new NullabilityInfoContext().Create(answer)).ToList();
        var body = types.Find(t => t.Type.IsGenericType && t.Type.GetGenericTypeDefinition() == typeof(BetterAuthResponse<>));
        var status = types.Exists(t => t.Type == typeof(RedirectHttpResult)) ? 302 : 200;
        var described = new JsonObject { ["description"] = ReasonPhrases.GetReasonPhrase(status) };

        var headers = endpoint.Metadata.GetOrderedMetadata<SentHeader>().ToList();
        if (UsesSessions(endpoint))
            headers.Add(new(HeaderNames.SetCookie, "The cookie of the session, where one begins, is extended or ends."));
        if (headers.Count > 0)
            described["headers"] = new JsonObject(headers.Select(header => header.Describe()));
        if (body is not null)
            described["content"] = schemas.ContentOf(body.GenericTypeArguments[0]);

        return KeyValuePair.Create($"{status}", (JsonNode?)described);

        static IEnumerable<NullabilityInfo> WithArguments(NullabilityInfo type) =>
            type.GenericTypeArguments.SelectMany(WithArguments).Prepend(type);
    }

    private static IEnumerable<KeyValuePair<string, JsonNode?>> Errors(Endpoint endpoint) =>
        from error in Refusals(endpoint)
        group error.Code ?? $"no code ({error.Message.TrimEnd('.')})" by error.Status into words
        orderby words.Key
        select KeyValuePair.Create(words.Key.ToString(CultureInfo.InvariantCulture), (JsonNode?)Error(words.Key, words.Distinct()));

    private static JsonObject Error(int status, IEnumerable<string> words)
    {
        var described = new JsonObject { ["description"] = $"{ReasonPhrases.GetReasonPhrase(status)}: {string.Join(", ", words)}." };
        if (status is 429)
            described["headers"] = new JsonObject([BetterAuthError.RetryHeader.Describe()]);

        described["content"] = AccountSchemas.ContentOfErrors();

        return described;
    }

    /// <summary>Where nothing says 401, a session is not needed.</summary>
    private static JsonArray Security(Endpoint endpoint)
    {
        if (!UsesSessions(endpoint) || AccountGate.SignsIn(SliceOf(endpoint)))
            return [];

        var ways = new JsonArray(new JsonObject { [Cookie] = new JsonArray() }, new JsonObject { [Token] = new JsonArray() });
        if (!Refusals(endpoint).Contains(BetterAuthError.Unauthorized))
            ways.Add(new JsonObject());

        return ways;
    }

    private static IEnumerable<BetterAuthError> Refusals(Endpoint endpoint) =>
        AccountGate.RefusalsOf(SliceOf(endpoint)).Concat(endpoint.Metadata.GetOrderedMetadata<Refusals>().SelectMany(r => r.Errors));

    private static bool UsesSessions(Endpoint endpoint) =>
        SliceOf(endpoint).EndpointType.GetConstructors()[0].GetParameters()
            .Any(p => p.ParameterType == typeof(Sessions) || p.ParameterType == typeof(CurrentSession));

    private static EndpointDefinition SliceOf(Endpoint endpoint) => endpoint.Metadata.GetMetadata<EndpointDefinition>()!;
}
