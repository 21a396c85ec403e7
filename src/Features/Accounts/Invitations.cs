using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using TaskSlices.Features.Accounts.BetterAuth;
using TaskSlices.Infrastructure.Data;

namespace TaskSlices.Features.Accounts;

/// <summary>Makes invitations, and has them taken up.</summary>
public sealed class Invitations(AppDb db, TimeProvider clock)
{
    /// <summary>The code of a new invitation.</summary>
    /// <param name="email">The only address that may sign up with it; null: any.</param>
    /// <param name="ct">Withdraws it.</param>
    public async Task<string> MakeAsync(string? email, CancellationToken ct)
    {
        var code = RandomText.Next();
        db.Add(new Invitation
        {
            CodeHash = Digest(code),
            Email = email is null ? null : Account.Normalize(email),
            ExpiresAt = clock.GetUtcNow() + Invitation.Lifetime,
        });
        await db.SaveChangesAsync(ct);

        return code;
    }

    /// <summary>Whether somebody with that address may sign up by the code now.</summary>
    public async Task<bool> IsGoodAsync(string code, string email, CancellationToken ct) => await FindAsync(code, email, ct) is not null;

    /// <summary>Takes it up, when the unit under way is saved. False if it can't be any more: nobody else can meanwhile.</summary>
    public async Task<bool> TakeUpAsync(string code, string email, CancellationToken ct)
    {
        // Two who sign up by one code wait for each other, as two changes of one user do.
        await db.LockAsync($"invitation {Convert.ToHexString(Digest(code))}");
        if (await FindAsync(code, email, ct) is not { } invitation)
            return false;

        db.Remove(invitation);

        return true;
    }

    private Task<Invitation?> FindAsync(string code, string email, CancellationToken ct)
    {
        var (digest, now) = (Digest(code), clock.GetUtcNow());

        return db.Invitations.SingleOrDefaultAsync(
            i => i.CodeHash == digest && i.ExpiresAt > now && (i.Email == null || i.Email == email), ct);
    }

    private static byte[] Digest(string code) => SHA256.HashData(Encoding.UTF8.GetBytes(code));
}
