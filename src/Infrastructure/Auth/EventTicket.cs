using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using TaskSlices.Infrastructure.Data;

namespace TaskSlices.Infrastructure.Auth;

/// <summary>
/// What is kept of a ticket until it is used: nothing that lets anybody in. The token can be read by the ticket alone, which is not kept.
/// </summary>
public sealed class EventTicket
{
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(30);

    public required string UserId { get; init; }

    /// <summary>SHA-256 of the ticket.</summary>
    public required byte[] Digest { get; init; }

    /// <summary>The caller's bearer token, encrypted with a key that the ticket gives.</summary>
    [Secret]
    public required byte[] ProtectedToken { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }
}

public sealed class EventTicketMapping : IEntityTypeConfiguration<EventTicket>
{
    public void Configure(EntityTypeBuilder<EventTicket> builder)
    {
        builder.ToTable("event_tickets");
        builder.HasKey(ticket => new { ticket.UserId, ticket.Digest });
        builder.HasIndex(ticket => ticket.ExpiresAt);
    }
}

public sealed class EventTicketSchema : ISchema
{
    public IReadOnlyList<SchemaStep> Steps { get; } =
    [
        new("2026-11-29-event-tickets", """
            CREATE TABLE event_tickets (
                user_id TEXT NOT NULL,
                digest BLOB NOT NULL,
                protected_token BLOB NOT NULL,
                expires_at INTEGER NOT NULL,
                PRIMARY KEY (user_id, digest)
            ) WITHOUT ROWID;
            CREATE INDEX event_tickets_expires_at ON event_tickets (expires_at);
            """)
        {
            Postgres = """
                CREATE TABLE event_tickets (
                    user_id TEXT COLLATE "C" NOT NULL,
                    digest BYTEA NOT NULL,
                    protected_token BYTEA NOT NULL,
                    expires_at TIMESTAMPTZ(3) NOT NULL,
                    PRIMARY KEY (user_id, digest)
                );
                CREATE INDEX event_tickets_expires_at ON event_tickets (expires_at);
                """,
        },
    ];
}
