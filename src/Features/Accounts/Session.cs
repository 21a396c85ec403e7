using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using TaskSlices.Features.Accounts.BetterAuth;
using TaskSlices.Infrastructure.Data;

namespace TaskSlices.Features.Accounts;

/// <summary>One sign-in on one device. The cookie has the token; the row has its digest (SHA-256), which gives no access.</summary>
public sealed class Session
{
    public const int LimitPerUser = 100;
    public const int UserAgentLimit = 500;

    public static readonly TimeSpan Remembered = TimeSpan.FromDays(7);
    public static readonly TimeSpan NotRemembered = TimeSpan.FromDays(1);

    /// <summary>How old the expiry of a session in use gets before it is extended.</summary>
    public static readonly TimeSpan RefreshAge = TimeSpan.FromDays(1);

    /// <summary>How long after a sign-in the account can be deleted without the password.</summary>
    public static readonly TimeSpan FreshAge = TimeSpan.FromDays(1);

    public required string UserId { get; init; }
    public required string Id { get; init; }

    [Secret]
    public required byte[] TokenHash { get; init; }

    public required DateTimeOffset ExpiresAt { get; set; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset UpdatedAt { get; set; }
    public required string IpAddress { get; init; }
    public required string UserAgent { get; init; }

    /// <summary>A session that begins with a request, and its token, of which the session has the digest only.</summary>
    public static (Session Session, string Token) New(string userId, HttpContext context, bool remember, DateTimeOffset now)
    {
        var token = RandomText.Next();
        var (userAgent, address) = (context.Request.Headers.UserAgent.ToString(), context.Connection.RemoteIpAddress);

        return (new Session
        {
            UserId = userId,
            Id = RandomText.Next(),
            TokenHash = Digest(token),
            ExpiresAt = now + (remember ? Remembered : NotRemembered),
            CreatedAt = now,
            UpdatedAt = now,
            IpAddress = $"{(address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address)}",
            UserAgent = userAgent.Length <= UserAgentLimit ? userAgent : userAgent[..UserAgentLimit],
        }, token);
    }

    public static byte[] Digest(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));

    /// <summary>Whether a client means this session by the token, which is the id of each session but its own.</summary>
    public bool IsNamed(string token) => Id == token || CryptographicOperations.FixedTimeEquals(TokenHash, Digest(token));

    /// <summary>Extends the expiry of a session in use.</summary>
    public void Extend(DateTimeOffset now) => (ExpiresAt, UpdatedAt) = (now + Remembered, now);
}

/// <summary>A session that ended before its tokens expired; they are refused until then. The row does not say whose it was.</summary>
public sealed class EndedSession
{
    public required string Id { get; init; }
    public required DateTimeOffset Until { get; init; }
}

public sealed class SessionMapping : IEntityTypeConfiguration<Session>, IEntityTypeConfiguration<EndedSession>
{
    public void Configure(EntityTypeBuilder<Session> builder)
    {
        builder.ToTable("sessions");
        builder.CrossesUsers();
        builder.HasKey(s => new { s.UserId, s.Id });
        builder.HasIndex(s => s.TokenHash).IsUnique();
        builder.HasIndex(s => s.ExpiresAt);
    }

    public void Configure(EntityTypeBuilder<EndedSession> builder)
    {
        builder.ToTable("ended_sessions");
        builder.HasKey(s => s.Id);
        builder.HasIndex(s => s.Until);
    }
}

public static class AccountTables
{
    extension(AppDb db)
    {
        public DbSet<Account> Accounts => db.Set<Account>();
        public DbSet<Session> Sessions => db.Set<Session>();
        public DbSet<EndedSession> EndedSessions => db.Set<EndedSession>();
        public DbSet<PasswordReset> PasswordResets => db.Set<PasswordReset>();
        public DbSet<Invitation> Invitations => db.Set<Invitation>();
    }
}
