using FastEndpoints;
using TaskSlices.Features.Accounts.BetterAuth;

namespace TaskSlices.Features.Accounts;

public sealed record SignOutResponse(bool Success);

public sealed class SignOut(CurrentSession session, Sessions sessions, SessionCookies cookies)
    : Endpoint<EmptyRequest, BetterAuthResponse<SignOutResponse>>
{
    public override void Configure()
    {
        Post("/api/auth/sign-out");
        Summary(s =>
        {
            s.Summary = "End this session";
            s.Description = "Its tokens are refused from then on. It succeeds without a session, too.";
        });
    }

    public override async Task<BetterAuthResponse<SignOutResponse>> ExecuteAsync(EmptyRequest req, CancellationToken ct)
    {
        if (await session.FindAsync(HttpContext, ct) is { } signedIn)
            await sessions.EndAsync(signedIn.Account.UserId, s => s.Id == signedIn.Session.Id, ct);

        cookies.Clear(HttpContext);

        return new BetterAuthResponse<SignOutResponse>(new(Success: true));
    }
}
