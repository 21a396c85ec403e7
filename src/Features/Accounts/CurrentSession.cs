using Microsoft.EntityFrameworkCore;
using TaskSlices.Features.Accounts.BetterAuth;
using TaskSlices.Infrastructure.Data;

namespace TaskSlices.Features.Accounts;

/// <summary>Who is signed in with a request, and by which session.</summary>
public sealed record SignedIn(Account Account, Session Session, string Token);

/// <summary>Finds the session of a request.</summary>
public sealed class CurrentSession(AppDb db, SessionCookies cookies, TimeProvider clock)
{
    /// <summary>
    /// The session of the request's cookie or bearer token; null if there is none, and the cookie is then cleared. A session in use is
    /// extended once a day.
    /// </summary>
    public async Task<SignedIn?> FindAsync(HttpContext context, CancellationToken ct)
    {
        var (now, cookie) = (clock.GetUtcNow(), cookies.Read(context));
        if ((cookie ?? Bearer(context)) is not { } token)
            return null;

        var found = await FindAsync(token, now, ct);
        if (found is null && cookie is not null)
            cookies.Clear(context);

        if (found is null || cookie is null || !cookies.IsRemembered(context)
            || found.Session.ExpiresAt - Session.Remembered + Session.RefreshAge > now)
            return found;

        // While the database can't be written, sessions still work.
        if (await db.TryWriteAsync(() => ExtendAsync(found.Session, now, ct), ct))
        {
            found.Session.Extend(now);
            cookies.Write(context, found.Token, remember: true);
        }

        return found;
    }

    private async Task<SignedIn?> FindAsync(string token, DateTimeOffset now, CancellationToken ct)
    {
        var digest = Session.Digest(token);
        var found = await db.Sessions.AsNoTracking().Where(s => s.TokenHash == digest && s.ExpiresAt > now)
            .Join(db.Accounts, s => s.UserId, a => a.UserId, (session, account) => new { session, account })
            .SingleOrDefaultAsync(ct);

        return found is null ? null : new SignedIn(found.account, found.session, token);
    }

    private async Task<int> ExtendAsync(Session session, DateTimeOffset now, CancellationToken ct)
    {
        if (await db.Sessions.FindAsync([session.UserId, session.Id], ct) is not { } row)
            return 0;

        row.Extend(now);

        return await db.SaveChangesAsync(ct);
    }

    /// <summary>A program without cookies sends the token from the answer to its sign-in.</summary>
    private static string? Bearer(HttpContext context)
    {
        var credentials = context.Request.Headers.Authorization.ToString();

        return credentials.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? credentials["Bearer ".Length..] : null;
    }
}
