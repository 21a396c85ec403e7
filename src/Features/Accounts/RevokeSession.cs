using FastEndpoints;
using Microsoft.AspNetCore.Http.HttpResults;
using TaskSlices.Features.Accounts.BetterAuth;

namespace TaskSlices.Features.Accounts;

public sealed record RevokeSessionRequest
{
    public Input Token { get; init; }
}

public sealed record RevokeSessionResponse(bool Status);

public sealed class RevokeSession(Sessions sessions)
    : Endpoint<RevokeSessionRequest, Results<BetterAuthResponse<RevokeSessionResponse>, BetterAuthError>>
{
    public override void Configure()
    {
        Post("/api/auth/revoke-session");
        Summary(s => s.Summary = "End one session of the caller");
    }

    public override async Task<Results<BetterAuthResponse<RevokeSessionResponse>, BetterAuthError>> ExecuteAsync(
        RevokeSessionRequest req, CancellationToken ct)
    {
        if (BetterAuthError.Of(req.Token.MustBeText("token")) is { } fault)
            return fault;

        if (await sessions.FindAsync(HttpContext, ct) is not { } signedIn)
            return BetterAuthError.Unauthorized;

        // A token of somebody else gets the same answer as one that there is not.
        await sessions.EndAsync(signedIn.Account.UserId, s => Sessions.IsNamed(s, req.Token.Text), ct);

        return new BetterAuthResponse<RevokeSessionResponse>(new(Status: true));
    }
}
