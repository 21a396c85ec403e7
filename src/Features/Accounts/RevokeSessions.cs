using FastEndpoints;
using Microsoft.AspNetCore.Http.HttpResults;
using TaskSlices.Features.Accounts.BetterAuth;

namespace TaskSlices.Features.Accounts;

public sealed record RevokeSessionsResponse(bool Status);

public sealed class RevokeSessions(CurrentSession session, Sessions sessions)
    : Endpoint<EmptyRequest, Results<BetterAuthResponse<RevokeSessionsResponse>, BetterAuthError>>
{
    public override void Configure()
    {
        Post("/api/auth/revoke-sessions");
        Description(endpoint => endpoint.Refuses(BetterAuthError.Unauthorized));
        Summary(s =>
        {
            s.Summary = "End all sessions of the caller, this one too";
            s.Description = "Their tokens are refused from then on.";
        });
    }

    public override async Task<Results<BetterAuthResponse<RevokeSessionsResponse>, BetterAuthError>> ExecuteAsync(
        EmptyRequest req, CancellationToken ct)
    {
        if (await session.FindAsync(HttpContext, ct) is not { } signedIn)
            return BetterAuthError.Unauthorized;

        await sessions.EndAsync(signedIn.Account.UserId, _ => true, ct);

        return new BetterAuthResponse<RevokeSessionsResponse>(new(Status: true));
    }
}
