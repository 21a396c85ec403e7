using SQLitePCL;

namespace TaskSlices.Load.Ceiling;

/// <summary>What the writer does to the database; each change takes its user's next revision, as the product's do.</summary>
public sealed class TaskStatements(sqlite3 db)
{
    private readonly MonotonicIds _ids = new();
    private readonly sqlite3_stmt _begin = Sqlite.Prepare(db, "BEGIN IMMEDIATE");
    private readonly sqlite3_stmt _commit = Sqlite.Prepare(db, "COMMIT");

    private readonly sqlite3_stmt _nextRevision = Sqlite.Prepare(db, """
        INSERT INTO revisions (user_id, revision) VALUES (?1, 1)
        ON CONFLICT (user_id) DO UPDATE SET revision = revision + 1
        RETURNING revision
        """);

    private readonly sqlite3_stmt _insert = Sqlite.Prepare(db, """
        INSERT INTO tasks (user_id, id, title, description, completed, created_at, updated_at, revision)
        VALUES (?1, ?2, ?3, ?4, 0, ?5, ?5, (SELECT revision FROM revisions WHERE user_id = ?1))
        """);

    private readonly sqlite3_stmt _update = Sqlite.Prepare(db, """
        UPDATE tasks SET
            title = coalesce(?3, title),
            description = CASE WHEN ?4 THEN ?5 ELSE description END,
            completed = CASE ?6 WHEN -1 THEN 1 - completed ELSE coalesce(?6, completed) END,
            updated_at = ?7,
            revision = (SELECT revision + 1 FROM revisions WHERE user_id = ?1)
        WHERE user_id = ?1 AND id = ?2
        RETURNING title, description, completed, created_at
        """);

    /// <summary>
    /// There is one writer, and still SQLite may answer BUSY: a reader that meets the write-ahead log's header half written takes the writer's
    /// lock for the moment of reading it again.
    /// </summary>
    public void Begin()
    {
        while (raw.sqlite3_step(_begin) == raw.SQLITE_BUSY)
        {
            _ = raw.sqlite3_reset(_begin);
            Thread.Yield();
        }

        _ = raw.sqlite3_reset(_begin);
    }

    public void Commit() => Sqlite.Execute(_commit);

    public void RollBack()
    {
        if (raw.sqlite3_get_autocommit(db) == 0)
            Sqlite.Run(db, "ROLLBACK");
    }

    public void Insert(TaskChange change)
    {
        var now = DateTime.UtcNow;
        _ids.Next(now, change.Id);
        change.CreatedAt = change.UpdatedAt = Milliseconds(now);
        change.Found = true;
        TakeRevision(change);

        _ = raw.sqlite3_bind_text(_insert, 1, change.Owner.Utf8);
        _ = raw.sqlite3_bind_blob(_insert, 2, change.Id);
        Sqlite.BindText(_insert, 3, change.Title);
        Sqlite.BindText(_insert, 4, change.Description);
        _ = raw.sqlite3_bind_int64(_insert, 5, change.CreatedAt);
        Sqlite.Execute(_insert);
    }

    /// <summary>Merges and toggles; a revision is taken only when there was such a task.</summary>
    public void Update(TaskChange change)
    {
        change.UpdatedAt = Milliseconds(DateTime.UtcNow);
        _ = raw.sqlite3_bind_text(_update, 1, change.Owner.Utf8);
        _ = raw.sqlite3_bind_blob(_update, 2, change.Id);
        Sqlite.BindText(_update, 3, change.Title);
        _ = raw.sqlite3_bind_int(_update, 4, change.HasDescription ? 1 : 0);
        Sqlite.BindText(_update, 5, change.Description);
        if (change.Completed is { } completed)
            _ = raw.sqlite3_bind_int64(_update, 6, completed);
        else
            _ = raw.sqlite3_bind_null(_update, 6);
        _ = raw.sqlite3_bind_int64(_update, 7, change.UpdatedAt);

        change.Found = Sqlite.Step(_update);
        if (change.Found)
        {
            change.Title = raw.sqlite3_column_blob(_update, 0).ToArray();
            change.Description = raw.sqlite3_column_type(_update, 1) == raw.SQLITE_NULL ? null : raw.sqlite3_column_blob(_update, 1).ToArray();
            change.Completed = raw.sqlite3_column_int64(_update, 2);
            change.CreatedAt = raw.sqlite3_column_int64(_update, 3);
            _ = raw.sqlite3_reset(_update);
            TakeRevision(change);
        }
        else
            _ = raw.sqlite3_reset(_update);
    }

    private static long Milliseconds(DateTime now) => (now.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMillisecond;

    private void TakeRevision(TaskChange change)
    {
        _ = raw.sqlite3_bind_text(_nextRevision, 1, change.Owner.Utf8);
        _ = Sqlite.Step(_nextRevision);
        change.Revision = raw.sqlite3_column_int64(_nextRevision, 0);
        _ = raw.sqlite3_reset(_nextRevision);
    }
}
