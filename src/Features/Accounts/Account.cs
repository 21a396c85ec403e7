using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using TaskSlices.Infrastructure.Data;

namespace TaskSlices.Features.Accounts;

/// <summary>Someone who has an account here. What Better Auth calls the user.</summary>
public sealed partial class Account
{
    public const int NameLimit = 200;
    public const int ImageLimit = 1000;
    public const int PasswordMinimum = 8;
    public const int PasswordLimit = 128;

    /// <summary>RFC 5321 section 4.5.3.1.3, without the angle brackets.</summary>
    public const int EmailLimit = 254;

    public required string UserId { get; init; }
    public required string Email { get; set; }
    public required string Name { get; set; }
    public bool EmailVerified { get; init; }
    public string? Image { get; set; }

    [Secret]
    public required string PasswordHash { get; set; }

    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset UpdatedAt { get; set; }

    /// <summary>The key of an address: one mailbox, however it is capitalized, is one account.</summary>
    public static string Normalize(string email) => email.ToLowerInvariant();

    public static bool IsEmail(string text) => text.Length <= EmailLimit && EmailPattern().IsMatch(text);

    // As Better Auth's validator has it, so that both take the same addresses.
    [GeneratedRegex(@"^(?!\.)(?!.*\.\.)[A-Za-z0-9_'+\-.]*[A-Za-z0-9_+-]@([A-Za-z0-9][A-Za-z0-9-]*\.)+[A-Za-z]{2,}\z")]
    private static partial Regex EmailPattern();
}

public sealed class AccountMapping : IEntityTypeConfiguration<Account>
{
    public void Configure(EntityTypeBuilder<Account> builder)
    {
        builder.ToTable("accounts");
        builder.CrossesUsers();
        builder.HasKey(a => a.UserId);
        builder.HasIndex(a => a.Email).IsUnique();
    }
}
