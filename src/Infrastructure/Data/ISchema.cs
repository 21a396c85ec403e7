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
/// <param name="Sql">One or more statements.</param>
public sealed record SchemaStep(string Id, string Sql);

/// <summary>The tables that no feature owns: the users' counters, and the row that the health check writes.</summary>
public sealed class DataSchema : ISchema
{
    public IReadOnlyList<SchemaStep> Steps { get; } =
    [
        new("2026-11-20-revisions", """
            CREATE TABLE revisions (
                user_id TEXT NOT NULL PRIMARY KEY,
                revision INTEGER NOT NULL
            ) WITHOUT ROWID;
            """),
        new("2026-11-20-heartbeat", """
            CREATE TABLE heartbeat (
                id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
                beat_at INTEGER NOT NULL
            );
            INSERT INTO heartbeat VALUES (1, 0);
            """),
        new("2026-11-25-heartbeat-room", "ALTER TABLE heartbeat ADD COLUMN room BLOB NULL"),
    ];
}
