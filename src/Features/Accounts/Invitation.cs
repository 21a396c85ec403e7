using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace TaskSlices.Features.Accounts;

/// <summary>
/// Lets somebody sign up, once, where sign-up is by invitation. Whoever is invited has the code; the row has its digest (SHA-256).
/// </summary>
public sealed class Invitation
{
    public static readonly TimeSpan Lifetime = TimeSpan.FromDays(7);

    public required byte[] CodeHash { get; init; }

    /// <summary>The only address that may sign up with it; null: any.</summary>
    public required string? Email { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }
}

public sealed class InvitationMapping : IEntityTypeConfiguration<Invitation>
{
    public void Configure(EntityTypeBuilder<Invitation> builder)
    {
        builder.ToTable("invitations");
        builder.HasKey(i => i.CodeHash);
        builder.HasIndex(i => i.ExpiresAt);
    }
}
