using Microsoft.EntityFrameworkCore;
using TaskSlices.Features.Accounts.BetterAuth;
using TaskSlices.Infrastructure.Data;

namespace TaskSlices.Features.Accounts;

/// <summary>Begins and ends sessions.</summary>
public sealed class Sessions(AppDb db, SessionCookies cookies, SessionRemoval removal, EndedSessions ended, TimeProvider clock)
{
    /// <summary>Begins a session with a new token; what the request brings is ignored, so nobody can plant a session (CWE-384).</summary>
    /// <returns>The token; null if the account was erased meanwhile.</returns>
    public async Task<string?> BeginAsync(Account account, HttpContext context, bool remember, CancellationToken ct)
    {
        var (session, token) = Session.New(account.UserId, context, remember, clock.GetUtcNow());
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

            return await removal.RemoveAsync(alive.Take(alive.Count - Session.LimitPerUser + 1), ct);
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
        var (session, token) = Session.New(userId, context, remember, clock.GetUtcNow());
        var removed = await db.WriteAsync(async () =>
        {
            await db.LockAsync(userId);
            if (!await change())
                return null;

            db.Sessions.Add(session);

            return await removal.RemoveAllAsync(userId, ct);
        }, ct);
        if (removed is null)
            return null;

        ended.Add(removed);
        cookies.Write(context, token, remember);

        return token;
    }

    /// <summary>Ends the chosen sessions of the user. When it returns, their tokens are refused, also after a restart.</summary>
    public async Task EndAsync(string userId, Func<Session, bool> which, CancellationToken ct) => ended.Add(await db.WriteAsync(async () =>
    {
        await db.LockAsync(userId);
        var sessions = await db.Sessions.Where(s => s.UserId == userId).ToListAsync(ct);

        return await removal.RemoveAsync(sessions.Where(which), ct);
    }, ct));
}
