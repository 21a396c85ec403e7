using FastEndpoints;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using TaskSlices.Features.Accounts.BetterAuth;

namespace TaskSlices.Features.Accounts;

public sealed record GetTokenResponse(string Token);

public sealed class GetToken(Sessions sessions, AccountKeys keys, IOptions<AccountSettings> settings)
    : Endpoint<EmptyRequest, Results<BetterAuthResponse<GetTokenResponse>, BetterAuthError>>
{
    public override void Configure()
    {
        Get("/api/auth/token");
        Summary(s => s.Summary = "A token for the API");
    }

    public override async Task<Results<BetterAuthResponse<GetTokenResponse>, BetterAuthError>> ExecuteAsync(
        EmptyRequest req, CancellationToken ct)
    {
        HttpContext.Response.Headers.CacheControl = "no-store";

        return await sessions.FindAsync(HttpContext, ct) is { } signedIn
            ? new BetterAuthResponse<GetTokenResponse>(new(keys.Sign(signedIn, Origins.Own(HttpContext, settings.Value))))
            : BetterAuthError.Unauthorized;
    }
}
