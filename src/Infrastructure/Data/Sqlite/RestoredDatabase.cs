using Microsoft.Data.Sqlite;
using TaskSlices.Infrastructure.Hosting;

namespace TaskSlices.Infrastructure.Data.Sqlite;

/// <summary>A copy that is about to become the database.</summary>
internal static class RestoredDatabase
{
    /// <summary>
    /// What is added to every user's revision: more than a user can have changed since the backup, and little of 2^53, up to which
    /// JavaScript counts.
    /// </summary>
    private const long Gap = 1_000_000_000;

    /// <summary>Leaves one file, checked and on disk, that this program can open.</summary>
    /// <param name="path">The copy, with its log, if it has one.</param>
    /// <param name="replaced">The database in whose place it will be; null if there is none.</param>
    /// <param name="ct">Ends it.</param>
    /// <exception cref="SqliteException">It is no database, or can't be read or written.</exception>
    /// <exception cref="CommandException">It is damaged, not this program's, or from a newer version.</exception>
    public static void Prepare(string path, string? replaced, CancellationToken ct)
    {
        if (!File.Exists(path))
            throw new CommandException("The archive has no database in it.");

        DatabaseCopy.Check(path, ct);
        using (var connection = DatabaseCopy.Open(path, SqliteOpenMode.ReadWrite))
        {
            CheckSchema(connection);
            ForgetCursors(connection, replaced);
            DatabaseCopy.Execute(connection, "PRAGMA journal_mode = DELETE");
        }

        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite);
        file.Flush(flushToDisk: true);
    }

    private static void CheckSchema(SqliteConnection connection)
    {
        var columns = Read(connection, "SELECT m.name || '.' || c.name FROM sqlite_schema m JOIN pragma_table_info(m.name) c");
        if (!columns.Contains("schema_steps.id") || !columns.Contains("revisions.revision"))
            throw new CommandException("The file is a database of another program.");

        var known = SchemaRunner.All(typeof(AppDb).Assembly.GetTypes()).Select(step => step.Id);
        if (Read(connection, "SELECT id FROM schema_steps").Except(known).Order(StringComparer.Ordinal).LastOrDefault() is { } unknown)
            throw new CommandException(
                $"The file is from a newer TaskSlices (its schema has the step {unknown}). Restore it with that version.");
    }

    /// <summary>
    /// Revisions go on behind those that clients may have seen since the backup: a cursor or an entity tag from that time must not look
    /// like one of the time that comes. Who has such a cursor is told to read anew (410).
    /// </summary>
    private static void ForgetCursors(SqliteConnection connection, string? replaced)
    {
        // A file from before there were cursors.
        if (!Read(connection, "SELECT name FROM pragma_table_info('revisions')").Contains("forgotten"))
            return;

        using var change = connection.BeginTransaction();
        AddUsersOf(connection, replaced);
        DatabaseCopy.Execute(connection, $"UPDATE revisions SET revision = revision + {Gap}, forgotten = revision + {Gap}");
        change.Commit();
    }

    /// <summary>Users who are not in the backup at all may have cursors, too.</summary>
    private static void AddUsersOf(SqliteConnection connection, string? replaced)
    {
        if (replaced is null)
            return;

        using var add = connection.CreateCommand();
        add.CommandText = """
            INSERT INTO revisions (user_id, revision) VALUES ($user, $revision)
            ON CONFLICT (user_id) DO UPDATE SET revision = max(revision, excluded.revision)
            """;
        var (user, revision) = (add.Parameters.Add("$user", SqliteType.Text), add.Parameters.Add("$revision", SqliteType.Integer));
        foreach (var (name, last) in CountersOf(replaced))
        {
            (user.Value, revision.Value) = (name, last);
            add.ExecuteNonQuery();
        }
    }

    /// <summary>None, if it can't be read: what is replaced may be damaged, or something else.</summary>
    private static List<(string User, long Revision)> CountersOf(string path)
    {
        var counters = new List<(string, long)>();
        try
        {
            using var connection = DatabaseCopy.Open(path, SqliteOpenMode.ReadWrite);
            using var command = connection.CreateCommand();
            command.CommandText = "SELECT user_id, revision FROM revisions";
            using var reader = command.ExecuteReader();
            while (reader.Read())
                counters.Add((reader.GetString(0), reader.GetInt64(1)));
        }
        catch (SqliteException)
        {
            // Those that were read are of use still.
        }

        return counters;
    }

    private static HashSet<string> Read(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        using var reader = command.ExecuteReader();
        var values = new HashSet<string>(StringComparer.Ordinal);
        while (reader.Read())
            values.Add(reader.GetString(0));

        return values;
    }
}
