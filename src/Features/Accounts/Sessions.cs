using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using TaskSlices.Features.Accounts.BetterAuth;
using TaskSlices.Infrastructure.Data;

namespace TaskSlices.Features.Accounts;

/// <summary>Who is signed in with a request, and by which session.</summary>
public sealed record SignedIn(Account Account, Session Session, string Token);

/// <summary>Begins, finds and ends sessions.</summary>
public sealed class Sessions(AppDb db, SessionCookies cookies, EndedSessions ended, TimeProvider clock)
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

    /// <summary>Begins a session with a new token; what the request brings is ignored, so nobody can plant a session (CWE-384).</summary>
    /// <returns>The token; null if the account was erased meanwhile.</returns>
    public async Task<string?> BeginAsync(Account account, HttpContext context, bool remember, CancellationToken ct)
    {
        var (session, token) = New(account.UserId, context, remember);
        var now = session.CreatedAt;
        var dropped = await db.WriteAsync(async () =>
        {
            await db.LockAsync(account.UserId);
            if (!await db.Accounts.AnyAsync(a => a.UserId == account.UserId, ct))
                return null;

            var others = await db.Sessions.Where(s => s.UserId == account.UserId).OrderBy(s => s.CreatedAt).ToListAsync(ct);
            var alive = others.Where(s => s.ExpiresAt > now).ToList();
            db.RemoveRange(others.Except(alive));
            db.Sessions.Add(session);

            // Each new session removes two expired ones of any user, so that the table can't grow with users who never return.
            db.RemoveRange(await db.Sessions.Where(s => s.ExpiresAt <= now).OrderBy(s => s.ExpiresAt).Take(2).ToListAsync(ct));

            return await RemoveAsync(alive.Take(alive.Count - Session.LimitPerUser + 1), ct);
        }, ct);
        if (dropped is null)
            return null;

        ended.Add(dropped);
        cookies.Write(context, token, remember);

        return token;
    }

    /// <summary>
    /// Makes a change of the account, ends all sessions of the user, and begins one for the caller, remembered as the one before: all of it
    /// or nothing.
    /// </summary>
    /// <param name="userId">The caller.</param>
    /// <param name="context">The caller's request.</param>
    /// <param name="change">Runs in the unit, with the user locked; false: nothing is changed, and no session ends.</param>
    /// <param name="ct">Withdraws the change before its turn.</param>
    /// <returns>The token; null if nothing was changed.</returns>
    public async Task<string?> ReplaceAllAsync(string userId, HttpContext context, Func<Task<bool>> change, CancellationToken ct)
    {
        var remember = cookies.IsRemembered(context);
        var (session, token) = New(userId, context, remember);
        var removed = await db.WriteAsync(async () =>
        {
            await db.LockAsync(userId);
            if (!await change())
                return null;

            db.Sessions.Add(session);

            return await RemoveAllAsync(userId, ct);
        }, ct);
        if (removed is null)
            return null;

        ended.Add(removed);
        cookies.Write(context, token, remember);

        return token;
    }

    /// <summary>Whether a client means this session by the token, which is the id of each session but its own.</summary>
    public static bool IsNamed(Session session, string token) =>
        session.Id == token || CryptographicOperations.FixedTimeEquals(session.TokenHash, Digest(token));

    /// <summary>Ends the chosen sessions of the user. When it returns, their tokens are refused, also after a restart.</summary>
    public async Task EndAsync(string userId, Func<Session, bool> which, CancellationToken ct) => ended.Add(await db.WriteAsync(async () =>
    {
        await db.LockAsync(userId);
        var sessions = await db.Sessions.Where(s => s.UserId == userId).ToListAsync(ct);

        return await RemoveAsync(sessions.Where(which), ct);
    }, ct));

    /// <summary>Changes the user's password and ends all sessions in one unit: nobody signs in with the old one in between.</summary>
    public async Task EndWithPasswordAsync(string userId, string hash, CancellationToken ct) => ended.Add(await db.WriteAsync(async () =>
    {
        await db.LockAsync(userId);
        if (await db.Accounts.SingleOrDefaultAsync(a => a.UserId == userId, ct) is { } account)
            account.PasswordHash = hash;

        return await RemoveAllAsync(userId, ct);
    }, ct));

    /// <summary>
    /// Changes the user's password, and ends all sessions and all links that were mailed to reset it, in one unit: nobody signs in with the
    /// old one in between.
    /// </summary>
    /// <param name="userId">Whose.</param>
    /// <param name="hash">Of the new password.</param>
    /// <param name="ct">Withdraws the change before its turn.</param>
    /// <param name="isAllowed">Asked in the unit; null: it is.</param>
    /// <returns>False if it is not allowed, or there is no such user.</returns>
    public async Task<bool> EndWithPasswordAsync(string userId, string hash, CancellationToken ct, Func<Task<bool>>? isAllowed = null)
    {
        var removed = await db.WriteAsync(async () =>
        {
            await db.LockAsync(userId);
            var account = await db.Accounts.SingleOrDefaultAsync(a => a.UserId == userId, ct);
            if (account is null || (isAllowed is not null && !await isAllowed()))
                return null;

            account.PasswordHash = hash;
            await PasswordResets.ForgetAsync(db, userId, clock.GetUtcNow(), ct);

            return await RemoveAllAsync(userId, ct);
        }, ct);
        if (removed is null)
            return false;

        ended.Add(removed);

        return true;
    }

    /// <summary>
    /// Removes all sessions of the user, inside a unit. When that is on disk, the caller adds the result to <see cref="EndedSessions"/>.
    /// </summary>
    public async Task<IReadOnlyCollection<EndedSession>> RemoveAllAsync(string userId, CancellationToken ct) =>
        await RemoveAsync(await db.Sessions.Where(s => s.UserId == userId).ToListAsync(ct), ct);

    private (Session Session, string Token) New(string userId, HttpContext context, bool remember)
    {
        var (now, token) = (clock.GetUtcNow(), RandomText.Next());
        var (userAgent, address) = (context.Request.Headers.UserAgent.ToString(), context.Connection.RemoteIpAddress);

        return (new Session
        {
            UserId = userId,
            Id = RandomText.Next(),
            TokenHash = Digest(token),
            ExpiresAt = now + (remember ? Session.Remembered : Session.NotRemembered),
            CreatedAt = now,
            UpdatedAt = now,
            IpAddress = $"{(address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address)}",
            UserAgent = userAgent.Length <= Session.UserAgentLimit ? userAgent : userAgent[..Session.UserAgentLimit],
        }, token);
    }

    private async Task<IReadOnlyCollection<EndedSession>> RemoveAsync(IEnumerable<Session> sessions, CancellationToken ct)
    {
        var (now, until) = (clock.GetUtcNow(), ended.LastExpiry());
        var removed = sessions.ToList();
        var added = removed.Select(s => new EndedSession { Id = s.Id, Until = until }).ToList();
        db.RemoveRange(removed);
        db.AddRange(added);
        db.RemoveRange(await db.EndedSessions.Where(e => e.Until < now).OrderBy(e => e.Until).Take(added.Count + 1).ToListAsync(ct));
        await db.SaveChangesAsync(ct);

        return added;
    }

    private async Task<SignedIn?> FindAsync(string token, DateTimeOffset now, CancellationToken ct)
    {
        var digest = Digest(token);
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

    private static byte[] Digest(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));
}
