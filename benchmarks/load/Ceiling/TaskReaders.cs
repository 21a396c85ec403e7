using System.Text.Json;
using SQLitePCL;

namespace TaskSlices.Load.Ceiling;

/// <summary>A connection with its prepared statements for each thread that reads: nothing is shared, so nothing is locked.</summary>
public sealed class TaskReaders(string file) : IDisposable
{
    private readonly ThreadLocal<TaskReader> _readers = new(() => new TaskReader(Sqlite.Open(file)));

    public TaskReader Current => _readers.Value!;

    public void Dispose() => _readers.Dispose();
}

public sealed class TaskReader(sqlite3 db)
{
    private const string Columns = "SELECT id, title, description, completed, created_at, updated_at, revision FROM tasks WHERE user_id = ?1";

    private readonly sqlite3_stmt _get = Sqlite.Prepare(db, $"{Columns} AND id = ?2");
    private readonly sqlite3_stmt _first = Sqlite.Prepare(db, $"{Columns} ORDER BY id DESC LIMIT ?2");
    private readonly sqlite3_stmt _after = Sqlite.Prepare(db, $"{Columns} AND id < ?3 ORDER BY id DESC LIMIT ?2");

    /// <summary>Whether there is such a task; it is then written.</summary>
    public bool Get(Caller owner, ReadOnlySpan<byte> id, Utf8JsonWriter json)
    {
        _ = raw.sqlite3_bind_text(_get, 1, owner.Utf8);
        _ = raw.sqlite3_bind_blob(_get, 2, id);
        var found = Sqlite.Step(_get);

        if (found)
            TaskJson.Write(json, owner, Row(_get));

        _ = raw.sqlite3_reset(_get);

        return found;
    }

    /// <summary>Writes a page as an array, and says whether there is a next one; <paramref name="last"/> gets the id that this one ends with.</summary>
    public bool List(Caller owner, int limit, ReadOnlySpan<byte> after, Utf8JsonWriter json, Span<byte> last)
    {
        var statement = after.IsEmpty ? _first : _after;
        _ = raw.sqlite3_bind_text(statement, 1, owner.Utf8);
        _ = raw.sqlite3_bind_int64(statement, 2, limit + 1);
        if (!after.IsEmpty)
            _ = raw.sqlite3_bind_blob(statement, 3, after);

        json.WriteStartArray();
        var rows = 0;
        var more = false;
        while (Sqlite.Step(statement) && !(more = rows == limit))
        {
            rows++;
            TaskJson.Write(json, owner, Row(statement));

            if (rows == limit)
                raw.sqlite3_column_blob(statement, 0).CopyTo(last);
        }

        json.WriteEndArray();
        _ = raw.sqlite3_reset(statement);

        return more;
    }

    // A text's bytes are had as a blob's are: no copy, no string.
    private static TaskRow Row(sqlite3_stmt statement) => new()
    {
        Id = raw.sqlite3_column_blob(statement, 0),
        Title = raw.sqlite3_column_blob(statement, 1),
        HasDescription = raw.sqlite3_column_type(statement, 2) != raw.SQLITE_NULL,
        Description = raw.sqlite3_column_blob(statement, 2),
        Completed = raw.sqlite3_column_int(statement, 3) != 0,
        CreatedAt = raw.sqlite3_column_int64(statement, 4),
        UpdatedAt = raw.sqlite3_column_int64(statement, 5),
        Revision = raw.sqlite3_column_int64(statement, 6),
    };
}
