using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using TaskSlices.Features.Accounts.BetterAuth;
using TaskSlices.Infrastructure.Data;
using TaskSlices.Infrastructure.Operations;

namespace TaskSlices.Features.Accounts;

/// <summary>Makes, finds and uses the links that set a new password.</summary>
public sealed class PasswordResets(
    AppDb db, SessionRemoval sessions, EndedSessions ended, IOptions<AccountSettings> settings, IConfiguration configuration,
    TimeProvider clock)
{
    private const string Subject = "Set a new password";

    /// <summary>The mail with a new link; null if there is no such account.</summary>
    /// <param name="email">As accounts have it.</param>
    /// <param name="target">Where the link leads, with the token: a page that asks for the new password.</param>
    /// <param name="ct">Withdraws it.</param>
    public async Task<Mail?> WriteMailAsync(string email, string target, CancellationToken ct)
    {
        if (await db.Accounts.AsNoTracking().SingleOrDefaultAsync(a => a.Email == email, ct) is not { } account)
            return null;

        var token = RandomText.Next();
        if (!await db.WriteAsync(() => AddAsync(account, token, ct), ct))
            return null;

        var link = $"{settings.Value.Base(configuration)}{AccountGate.Path}/reset-password/{token}"
            + $"?callbackURL={Uri.EscapeDataString(target)}";

        // The name is not in it: whoever signs up with somebody else's address would write to them.
        return new Mail(account.Email, Subject, $"""
            Somebody, probably you, wants to set a new password for this account. To do so, open within an hour:

            {link}

            If it was not you, there is nothing to do: the password stays as it is.

            """);
    }

    /// <summary>The user whose password the token may set; null if it is unknown, used or expired.</summary>
    public async Task<string?> FindUserAsync(string token, CancellationToken ct)
    {
        var (digest, now) = (Digest(token), clock.GetUtcNow());

        return (await db.PasswordResets.AsNoTracking().SingleOrDefaultAsync(r => r.TokenHash == digest && r.ExpiresAt > now, ct))?.UserId;
    }

    /// <summary>Sets the password as <see cref="SetAsync"/> does, if the token can still be used.</summary>
    public Task<bool> UseAsync(string userId, string token, string hash, CancellationToken ct) =>
        SetAsync(userId, hash, async () => await FindUserAsync(token, ct) == userId, ct);

    /// <summary>
    /// Sets the password, and ends all sessions of the user and all links that were mailed to reset it, in one unit: nobody signs in with
    /// the old one in between.
    /// </summary>
    /// <param name="userId">Whose.</param>
    /// <param name="hash">Of the new password.</param>
    /// <param name="isAllowed">Asked in the unit.</param>
    /// <param name="ct">Withdraws the change before its turn.</param>
    /// <returns>False if it is not allowed, or there is no such user.</returns>
    public async Task<bool> SetAsync(string userId, string hash, Func<Task<bool>> isAllowed, CancellationToken ct)
    {
        var removed = await db.WriteAsync(async () =>
        {
            await db.LockAsync(userId);
            var account = await db.Accounts.SingleOrDefaultAsync(a => a.UserId == userId, ct);
            if (account is null || !await isAllowed())
                return null;

            account.PasswordHash = hash;
            await ForgetAsync(db, userId, clock.GetUtcNow(), ct);

            return await sessions.RemoveAllAsync(userId, ct);
        }, ct);
        if (removed is null)
            return false;

        ended.Add(removed);

        return true;
    }

    /// <summary>
    /// Ends all links of the user, when the unit under way is saved. <see cref="Housekeeping"/> removes those that have expired.
    /// </summary>
    public static async Task ForgetAsync(AppDb db, string userId, DateTimeOffset now, CancellationToken ct) =>
        db.RemoveRange(await db.PasswordResets.Where(r => r.UserId == userId && r.ExpiresAt > now).ToListAsync(ct));

    private async Task<bool> AddAsync(Account account, string token, CancellationToken ct)
    {
        await db.LockAsync(account.UserId);
        if (!await db.Accounts.AnyAsync(a => a.UserId == account.UserId && a.Email == account.Email, ct))
            return false;

        db.Add(new PasswordReset
        {
            UserId = account.UserId,
            TokenHash = Digest(token),
            ExpiresAt = clock.GetUtcNow() + PasswordReset.Lifetime,
        });
        await db.SaveChangesAsync(ct);

        return true;
    }

    private static byte[] Digest(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));
}
