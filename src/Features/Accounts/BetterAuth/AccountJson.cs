using System.Text.Json;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;

namespace TaskSlices.Features.Accounts.BetterAuth;

/// <summary>How these routes write JSON: names in camelCase, as Better Auth does; everything else as the whole API does.</summary>
public sealed class AccountJson(IOptions<JsonOptions> json)
{
    public JsonSerializerOptions Options { get; } = new(json.Value.SerializerOptions) { PropertyNamingPolicy = JsonNamingPolicy.CamelCase };
}
