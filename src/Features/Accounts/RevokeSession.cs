using FastEndpoints;
using Microsoft.AspNetCore.Http.HttpResults;
using TaskSlices.Features.Accounts.BetterAuth;
using TaskSlices.Infrastructure.Slices;

namespace TaskSlices.Features.Accounts;

[Example("""{"token": "Zp0sYxVQbR6mUe2aNf4tHkLw8cJd1gTo"}""")]
public sealed record RevokeSessionRequest
{
    [Rule]
    public Input Token { get; init; }
}

public sealed record RevokeSessionResponse(bool Status);

public sealed class RevokeSession(CurrentSession session, Sessions sessions)
    : Endpoint<RevokeSessionRequest, Results<BetterAuthResponse<RevokeSessionResponse>, BetterAuthError>>
{
    public override void Configure()
    {
        Post("/api/auth/revoke-session");
        Description(endpoint => endpoint.Refuses(BetterAuthError.Unauthorized));
        Summary(s =>
        {
            s.Summary = "End one session of the caller";
            s.Description = "The one that has the token in the list of sessions. The answer is the same where there is none.";
        });
    }

    public override async Task<Results<BetterAuthResponse<RevokeSessionResponse>, BetterAuthError>> ExecuteAsync(
        RevokeSessionRequest req, CancellationToken ct)
    {
        if (BetterAuthError.In(req) is { } fault)
            return fault;

        if (await session.FindAsync(HttpContext, ct) is not { } signedIn)
            return BetterAuthError.Unauthorized;

        // A token of somebody else gets the same answer as one that there is not.
        await sessions.EndAsync(signedIn.Account.UserId, s => s.IsNamed(req.Token.Text), ct);

        return new BetterAuthResponse<RevokeSessionResponse>(new(Status: true));
    }
}
