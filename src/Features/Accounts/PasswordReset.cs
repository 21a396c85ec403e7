using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using TaskSlices.Infrastructure.Data;

namespace TaskSlices.Features.Accounts;

/// <summary>
/// A link that sets a new password, once. The mail has the token; the row has its digest (SHA-256), which gives no access.
/// </summary>
public sealed class PasswordReset
{
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);

    public required string UserId { get; init; }

    [Secret]
    public required byte[] TokenHash { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }
}

public sealed class PasswordResetMapping : IEntityTypeConfiguration<PasswordReset>
{
    public void Configure(EntityTypeBuilder<PasswordReset> builder)
    {
        builder.ToTable("password_resets");
        builder.CrossesUsers();
        builder.HasKey(r => new { r.UserId, r.TokenHash });
        builder.HasIndex(r => r.TokenHash).IsUnique();
        builder.HasIndex(r => r.ExpiresAt);
    }
}

/// <summary>Removes the links that nobody followed.</summary>
internal sealed class ExpiredPasswordResets : IExpiringRows
{
    private const int AtOnce = 500;

    public async Task<bool> RemoveSomeAsync(AppDb db, DateTimeOffset now, CancellationToken ct)
    {
        // Several instances may do it at once.
        await db.LockAsync("expired password resets");
        var expired = await db.PasswordResets.Where(r => r.ExpiresAt <= now).OrderBy(r => r.ExpiresAt).Take(AtOnce).ToListAsync(ct);
        db.RemoveRange(expired);
        await db.SaveChangesAsync(ct);

        return expired.Count == AtOnce;
    }
}
