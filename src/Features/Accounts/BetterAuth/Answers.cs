using System.Text.Json.Nodes;

namespace TaskSlices.Features.Accounts.BetterAuth;

/// <summary>Metadata of an endpoint: the errors of the slice itself. Those of its kind are <see cref="AccountGate.RefusalsOf"/>.</summary>
public sealed record Refusals(IReadOnlyList<BetterAuthError> Errors);

/// <summary>Metadata of an endpoint: a header of its success.</summary>
public sealed record SentHeader(string Name, string Description, string Type = "string")
{
    public KeyValuePair<string, JsonNode?> Describe() => KeyValuePair.Create(
        Name, (JsonNode?)new JsonObject { ["description"] = Description, ["schema"] = new JsonObject { ["type"] = Type } });
}

/// <summary>How a slice says what it can answer, for the <see cref="AccountDocument"/>.</summary>
public static class Answers
{
    public static RouteHandlerBuilder Refuses(this RouteHandlerBuilder endpoint, params BetterAuthError[] errors) =>
        endpoint.WithMetadata(new Refusals(errors));

    public static RouteHandlerBuilder Sends(this RouteHandlerBuilder endpoint, string header, string description) =>
        endpoint.WithMetadata(new SentHeader(header, description));
}
