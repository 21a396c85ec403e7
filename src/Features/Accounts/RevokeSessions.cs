using FastEndpoints;
using Microsoft.AspNetCore.Http.HttpResults;

namespace TaskSlices.Features.Accounts;

public sealed record RevokeSessionsResponse(bool Status);

public sealed class RevokeSessions(Sessions sessions) : Endpoint<EmptyRequest, Results<Answer<RevokeSessionsResponse>, Refusal>>
{
    public override void Configure()
    {
        Post("/api/auth/revoke-sessions");
        Summary(s => s.Summary = "End all sessions of the caller, this one too");
    }

    public override async Task<Results<Answer<RevokeSessionsResponse>, Refusal>> ExecuteAsync(EmptyRequest req, CancellationToken ct)
    {
        if (await sessions.FindAsync(HttpContext, ct) is not { } signedIn)
            return Refusal.Unauthorized;

        await sessions.EndAsync(signedIn.Account.UserId, _ => true, ct);

        return new Answer<RevokeSessionsResponse>(new(Status: true));
    }
}
