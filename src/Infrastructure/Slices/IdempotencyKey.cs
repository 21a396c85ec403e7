using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using TaskSlices.Infrastructure.Data;

namespace TaskSlices.Infrastructure.Slices;

/// <summary>
/// What a request with an <c>Idempotency-Key</c> was answered with, kept in the unit that made its change: either both are on disk or
/// neither. It takes no revision: it is nothing that a client lists.
/// </summary>
public sealed class IdempotencyKey
{
    /// <summary>How long a retry gets the same answer. Afterwards the key is as good as new.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(48);

    public required string UserId { get; init; }

    /// <summary>SHA-256 of the key.</summary>
    public required byte[] KeyDigest { get; init; }

    /// <summary>SHA-256 of method, address and body.</summary>
    public required byte[] RequestDigest { get; init; }

    public required int Status { get; init; }
    public string? ContentType { get; init; }
    public string? Location { get; init; }
    public string? Etag { get; init; }
    public required byte[] Body { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
}

public sealed class IdempotencyKeyMapping : IEntityTypeConfiguration<IdempotencyKey>
{
    public void Configure(EntityTypeBuilder<IdempotencyKey> builder)
    {
        builder.ToTable("idempotency_keys");
        builder.HasKey(key => new { key.UserId, key.KeyDigest });
        builder.HasIndex(key => key.CreatedAt);
    }
}

public sealed class IdempotencyKeySchema : ISchema
{
    public IReadOnlyList<SchemaStep> Steps { get; } =
    [
        new("2026-11-29-idempotency-keys", """
            CREATE TABLE idempotency_keys (
                user_id TEXT NOT NULL,
                key_digest BLOB NOT NULL,
                request_digest BLOB NOT NULL,
                status INTEGER NOT NULL,
                content_type TEXT NULL,
                location TEXT NULL,
                etag TEXT NULL,
                body BLOB NOT NULL,
                created_at INTEGER NOT NULL,
                PRIMARY KEY (user_id, key_digest)
            ) WITHOUT ROWID;
            CREATE INDEX idempotency_keys_created_at ON idempotency_keys (created_at);
            """)
        {
            Postgres = """
                CREATE TABLE idempotency_keys (
                    user_id TEXT COLLATE "C" NOT NULL,
                    key_digest BYTEA NOT NULL,
                    request_digest BYTEA NOT NULL,
                    status INTEGER NOT NULL,
                    content_type TEXT NULL,
                    location TEXT NULL,
                    etag TEXT NULL,
                    body BYTEA NOT NULL,
                    created_at TIMESTAMPTZ(3) NOT NULL,
                    PRIMARY KEY (user_id, key_digest)
                );
                CREATE INDEX idempotency_keys_created_at ON idempotency_keys (created_at);
                """,
        },
    ];
}
