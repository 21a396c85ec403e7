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
        new("2026-11-29-task-fields", """
            ALTER TABLE tasks ADD COLUMN priority INTEGER NOT NULL DEFAULT 0;
            ALTER TABLE tasks ADD COLUMN due_date TEXT NULL;
            ALTER TABLE tasks ADD COLUMN tags TEXT NOT NULL DEFAULT '[]';
            ALTER TABLE tasks ADD COLUMN category TEXT NULL;
            ALTER TABLE tasks ADD COLUMN recurrence TEXT NULL;
            ALTER TABLE tasks ADD COLUMN occurrence INTEGER NOT NULL DEFAULT 1;
            ALTER TABLE tasks ADD COLUMN completed_at INTEGER NULL;
            ALTER TABLE tasks ADD COLUMN next_task_id BLOB NULL;
            ALTER TABLE tasks ADD COLUMN title_key TEXT NOT NULL DEFAULT '';
            ALTER TABLE tasks ADD COLUMN text_key TEXT NOT NULL DEFAULT '';
            ALTER TABLE tasks ADD COLUMN tag_keys TEXT NOT NULL DEFAULT '';
            ALTER TABLE tasks ADD COLUMN due_order TEXT NULL;
            UPDATE tasks SET completed_at = updated_at WHERE completed;
            CREATE INDEX tasks_completed ON tasks (user_id, completed, id);
            CREATE INDEX tasks_due ON tasks (user_id, due_order, id) WHERE due_order IS NOT NULL;
            """)
        {
            Derives = "tasks",
            Postgres = """
                ALTER TABLE tasks
                    ADD COLUMN priority INTEGER NOT NULL DEFAULT 0,
                    ADD COLUMN due_date TEXT NULL,
                    ADD COLUMN tags TEXT NOT NULL DEFAULT '[]',
                    ADD COLUMN category TEXT NULL,
                    ADD COLUMN recurrence TEXT NULL,
                    ADD COLUMN occurrence INTEGER NOT NULL DEFAULT 1,
                    ADD COLUMN completed_at TIMESTAMPTZ(3) NULL,
                    ADD COLUMN next_task_id UUID NULL,
                    ADD COLUMN title_key TEXT COLLATE "C" NOT NULL DEFAULT '',
                    ADD COLUMN text_key TEXT COLLATE "C" NOT NULL DEFAULT '',
                    ADD COLUMN tag_keys TEXT COLLATE "C" NOT NULL DEFAULT '',
                    ADD COLUMN due_order TEXT COLLATE "C" NULL;
                UPDATE tasks SET completed_at = updated_at WHERE completed;
                CREATE INDEX tasks_completed ON tasks (user_id, completed, id);
                CREATE INDEX tasks_due ON tasks (user_id, due_order, id) WHERE due_order IS NOT NULL;
                """,
        },
        new("2026-11-29-task-revisions", "CREATE INDEX tasks_revision ON tasks (user_id, revision, id)"),
    ];
}
