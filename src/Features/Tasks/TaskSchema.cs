using TaskSlices.Infrastructure.Data;

namespace TaskSlices.Features.Tasks;

public sealed class TaskSchema : ISchema
{
    public IReadOnlyList<SchemaStep> Steps { get; } =
    [
        // Without a row id the key is the table: a user's tasks lie together, in the order of their ids.
        new("2026-11-21-tasks", """
            CREATE TABLE tasks (
                user_id TEXT NOT NULL,
                id BLOB NOT NULL,
                title TEXT NOT NULL,
                description TEXT NULL,
                completed INTEGER NOT NULL,
                created_at INTEGER NOT NULL,
                updated_at INTEGER NOT NULL,
                revision INTEGER NOT NULL,
                PRIMARY KEY (user_id, id)
            ) WITHOUT ROWID;
            """)
        {
            Postgres = """
                CREATE TABLE tasks (
                    user_id TEXT COLLATE "C" NOT NULL,
                    id UUID NOT NULL,
                    title TEXT NOT NULL,
                    description TEXT NULL,
                    completed BOOLEAN NOT NULL,
                    created_at TIMESTAMPTZ(3) NOT NULL,
                    updated_at TIMESTAMPTZ(3) NOT NULL,
                    revision BIGINT NOT NULL,
                    PRIMARY KEY (user_id, id)
                );
                """,
        },
    ];
}
