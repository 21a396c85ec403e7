using FastEndpoints;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using TaskSlices.Features.Accounts.BetterAuth;
using TaskSlices.Infrastructure.Slices;

namespace TaskSlices.Features.Accounts;

[Example("""{"token": "eyJhbGciOiJSUzI1NiIsImtpZCI6IjRmN2MifQ.eyJzdWIiOiJ1bWxIIn0.c2lnbmF0dXJl"}""")]
public sealed record GetTokenResponse(string Token);

public sealed class GetToken(CurrentSession session, AccountKeys keys, IOptions<AccountSettings> settings)
    : Endpoint<EmptyRequest, Results<BetterAuthResponse<GetTokenResponse>, BetterAuthError>>
{
    public override void Configure()
    {
        Get("/api/auth/token");
        Description(endpoint => endpoint.Refuses(BetterAuthError.Unauthorized));
        Summary(s =>
        {
            s.Summary = "A token for the API";
            s.Description = "A JWT for the API, as Authorization: Bearer. It is valid for a quarter of an hour, or as the server is set.";
        });
    }

    public override async Task<Results<BetterAuthResponse<GetTokenResponse>, BetterAuthError>> ExecuteAsync(
        EmptyRequest req, CancellationToken ct)
    {
        HttpContext.Response.Headers.CacheControl = "no-store";

        return await session.FindAsync(HttpContext, ct) is { } signedIn
            ? new BetterAuthResponse<GetTokenResponse>(new(keys.Sign(signedIn, Origins.Own(HttpContext, settings.Value))))
            : BetterAuthError.Unauthorized;
    }
}
