using FastEndpoints;
using Microsoft.AspNetCore.Http.HttpResults;
using TaskSlices.Features.Accounts.BetterAuth;

namespace TaskSlices.Features.Accounts;

public sealed record RevokeOtherSessionsResponse(bool Status);

public sealed class RevokeOtherSessions(CurrentSession session, Sessions sessions)
    : Endpoint<EmptyRequest, Results<BetterAuthResponse<RevokeOtherSessionsResponse>, BetterAuthError>>
{
    public override void Configure()
    {
        Post("/api/auth/revoke-other-sessions");
        Description(endpoint => endpoint.Refuses(BetterAuthError.Unauthorized));
        Summary(s =>
        {
            s.Summary = "End all sessions of the caller but this one";
            s.Description = "Their tokens are refused from then on.";
        });
    }

    public override async Task<Results<BetterAuthResponse<RevokeOtherSessionsResponse>, BetterAuthError>> ExecuteAsync(
        EmptyRequest req, CancellationToken ct)
    {
        if (await session.FindAsync(HttpContext, ct) is not { } signedIn)
            return BetterAuthError.Unauthorized;

        await sessions.EndAsync(signedIn.Account.UserId, s => s.Id != signedIn.Session.Id, ct);

        return new BetterAuthResponse<RevokeOtherSessionsResponse>(new(Status: true));
    }
}
