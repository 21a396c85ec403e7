namespace TaskSlices.Infrastructure.Data;

/// <summary>
/// The tables of one feature, as the steps that lead to them. A step that has landed is never edited: the next change is a new step.
/// A test compares the schema that all steps make with the one that the model asks for.
/// </summary>
public interface ISchema
{
    IReadOnlyList<SchemaStep> Steps { get; }
}

/// <summary>One change of the schema; each runs once, in the order of the ids.</summary>
/// <param name="Id">The day it was written and what it does: <c>2026-11-21-tasks</c>.</param>
/// <param name="Sql">
/// One or more statements, for every engine: SQLite takes the type names UUID, BOOLEAN, TIMESTAMPTZ and BIGINT, and keeps its own storage;
/// PostgreSQL is not shown WITHOUT ROWID.
/// </param>
public sealed record SchemaStep(string Id, string Sql)
{
    /// <summary>The same for PostgreSQL, where one text can't serve both; empty if there is nothing to do there.</summary>
    public string? Postgres { get; init; }

    /// <summary>
    /// A table whose <see cref="DerivedAttribute">derived</see> columns are computed for every row once all steps have run; null for none.
    /// </summary>
    public string? Derives { get; init; }
}

/// <summary>The tables that no feature owns: the users' counters, what was deleted, and the row that the health check writes.</summary>
public sealed class DataSchema : ISchema
{
    private const string DeletedRowIndexes = """
        CREATE INDEX deleted_rows_revision ON deleted_rows (user_id, revision);
        CREATE INDEX deleted_rows_age ON deleted_rows (deleted_at);
        ALTER TABLE revisions ADD COLUMN forgotten BIGINT NOT NULL DEFAULT 0;
        """;

    public IReadOnlyList<SchemaStep> Steps { get; } =
    [
        new("2026-11-20-revisions", """
            CREATE TABLE revisions (
                user_id TEXT NOT NULL PRIMARY KEY,
                revision INTEGER NOT NULL
            ) WITHOUT ROWID;
            """)
        {
            // Beside them what several instances share: who was erased a moment ago, by digest, and the counters of attempts.
            Postgres = """
                CREATE TABLE revisions (user_id TEXT COLLATE "C" PRIMARY KEY, revision BIGINT NOT NULL);
                CREATE TABLE erased_users (digest BYTEA PRIMARY KEY, erased_at TIMESTAMPTZ NOT NULL);
                CREATE TABLE counters (
                    kind TEXT COLLATE "C" NOT NULL,
                    slot INTEGER NOT NULL,
                    until TIMESTAMPTZ NOT NULL,
                    count INTEGER NOT NULL,
                    PRIMARY KEY (kind, slot)
                );
                """,
        },
        new("2026-11-20-heartbeat", """
            CREATE TABLE heartbeat (
                id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
                beat_at INTEGER NOT NULL
            );
            INSERT INTO heartbeat VALUES (1, 0);
            """)
        {
            // A row for each process.
            Postgres = "CREATE TABLE heartbeat (id UUID PRIMARY KEY, beat_at BIGINT NOT NULL)",
        },
        new("2026-11-29-deleted-rows", $"""
            CREATE TABLE deleted_rows (
                user_id TEXT NOT NULL,
                table_name TEXT NOT NULL,
                id BLOB NOT NULL,
                revision INTEGER NOT NULL,
                deleted_at INTEGER NOT NULL,
                content TEXT NOT NULL,
                PRIMARY KEY (user_id, table_name, id, revision)
            ) WITHOUT ROWID;
            {DeletedRowIndexes}
            """)
        {
            Postgres = $"""
                CREATE TABLE deleted_rows (
                    user_id TEXT COLLATE "C" NOT NULL,
                    table_name TEXT COLLATE "C" NOT NULL,
                    id UUID NOT NULL,
                    revision BIGINT NOT NULL,
                    deleted_at TIMESTAMPTZ(3) NOT NULL,
                    content TEXT NOT NULL,
                    PRIMARY KEY (user_id, table_name, id, revision)
                );
                {DeletedRowIndexes}
                """,
        },
        new("2026-11-25-heartbeat-room", "ALTER TABLE heartbeat ADD COLUMN room BLOB NULL") { Postgres = "" },
    ];
}
