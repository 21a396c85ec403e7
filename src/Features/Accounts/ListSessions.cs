using FastEndpoints;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using TaskSlices.Features.Accounts.BetterAuth;
using TaskSlices.Infrastructure.Data;

namespace TaskSlices.Features.Accounts;

public sealed class ListSessions(AppDb db, CurrentSession session, TimeProvider clock)
    : Endpoint<EmptyRequest, Results<BetterAuthResponse<IEnumerable<SessionJson>>, BetterAuthError>>
{
    public override void Configure()
    {
        Get("/api/auth/list-sessions");
        Description(endpoint => endpoint.Refuses(BetterAuthError.Unauthorized));
        Summary(s =>
        {
            s.Summary = "Where the caller is signed in";
            s.Description = "The token of another session is its id, which ends the session and gives no access.";
        });
    }

    public override async Task<Results<BetterAuthResponse<IEnumerable<SessionJson>>, BetterAuthError>> ExecuteAsync(
        EmptyRequest req, CancellationToken ct)
    {
        if (await session.FindAsync(HttpContext, ct) is not { } signedIn)
            return BetterAuthError.Unauthorized;

        HttpContext.Response.Headers.CacheControl = "no-store";
        var now = clock.GetUtcNow();
        var own = await db.Sessions.AsNoTracking()
            .Where(s => s.UserId == signedIn.Account.UserId && s.ExpiresAt > now)
            .OrderBy(s => s.CreatedAt)
            .ToListAsync(ct);

        return new BetterAuthResponse<IEnumerable<SessionJson>>(
            own.Select(s => SessionJson.Of(s, s.Id == signedIn.Session.Id ? signedIn.Token : null)));
    }
}
