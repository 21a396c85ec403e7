using SQLitePCL;
using TaskSlices.Load.Ceiling;

namespace TaskSlices.Load.Driver;

/// <summary>
/// A database that each server gets a copy of: the product makes the schema, this fills it. Another program makes a schema of its own.
/// </summary>
public sealed class Seed(IReadOnlyDictionary<Contender, string> directories)
{
    public const string FileName = "taskslices.db";

    private static readonly string[] Titles =
        ["Buy milk", "Call the dentist about Tuesday", "Prüfe den Vertrag", "Renew the passport, and find the old one", "Pay \"the\" bill <soon>", "整理书架"];

    /// <summary>Gives each of the users so many tasks, a minute apart.</summary>
    public void Fill(IEnumerable<User> users, int tasksEach)
    {
        var start = DateTimeOffset.UtcNow.AddMinutes(-tasksEach).AddHours(-2);
        var filled = users.ToList();
        foreach (var user in filled)
            user.Tasks.AddRange(Enumerable.Range(0, tasksEach).Select(i => Guid.CreateVersion7(start.AddMinutes(i))));

        foreach (var directory in directories.Values.Distinct())
            Fill(directory, filled, start);
    }

    public void CopyTo(Contender contender, string target)
    {
        Directory.CreateDirectory(target);
        File.Copy(Path.Combine(directories.GetValueOrDefault(contender, directories.Values.First()), FileName), Path.Combine(target, FileName));
    }

    private void Fill(string directory, List<User> users, DateTimeOffset start)
    {
        var db = Sqlite.Open(Path.Combine(directory, FileName));
        if (!HasColumn(db, "user_id"))
        {
            FillAlternative(db);
            db.Dispose();
            return;
        }

        var task = Sqlite.Prepare(db, "INSERT INTO tasks (user_id, id, title, description, completed, created_at, updated_at, revision) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
        var revision = Sqlite.Prepare(db, "INSERT INTO revisions (user_id, revision) VALUES (?1, ?2)");

        Sqlite.Run(db, "BEGIN");
        foreach (var user in users)
        {
            for (var i = 0; i < user.Tasks.Count; i++)
                Insert(task, user, i, start.AddMinutes(i));

            _ = raw.sqlite3_bind_text(revision, 1, user.Name);
            _ = raw.sqlite3_bind_int(revision, 2, user.Tasks.Count);
            Sqlite.Execute(revision);
        }

        // A product from before the fields has no such column.
        if (HasColumn(db, "completed_at"))
            Sqlite.Run(db, "UPDATE tasks SET completed_at = updated_at WHERE completed");

        Sqlite.Run(db, "COMMIT");
        Sqlite.Run(db, "PRAGMA wal_checkpoint(TRUNCATE)");
        task.Dispose();
        revision.Dispose();
        db.Dispose();
    }

    private static bool HasColumn(sqlite3 db, string name)
    {
        using var column = Sqlite.Prepare(db, $"SELECT 1 FROM pragma_table_info('tasks') WHERE name = '{name}'");

        return Sqlite.Step(column);
    }

    /// <summary>The same rows, as EF Core stores them by itself: ids and times as text.</summary>
    private void FillAlternative(sqlite3 db)
    {
        var product = Path.Combine(directories.Values.First(), FileName);
        Sqlite.Run(db, $"ATTACH '{product}' AS product");
        Sqlite.Run(db, """
            INSERT INTO main.Tasks (UserId, Id, Title, Description, Completed, CreatedAt, UpdatedAt)
            SELECT user_id, substr(hex(id), 1, 8) || '-' || substr(hex(id), 9, 4) || '-' || substr(hex(id), 13, 4) || '-' || substr(hex(id), 17, 4)
                || '-' || substr(hex(id), 21), title, description, completed,
                strftime('%Y-%m-%d %H:%M:%f', created_at / 1000.0, 'unixepoch'), strftime('%Y-%m-%d %H:%M:%f', updated_at / 1000.0, 'unixepoch')
            FROM product.tasks WHERE 1 ON CONFLICT DO NOTHING
            """);
        Sqlite.Run(db, "DETACH product");
        Sqlite.Run(db, "PRAGMA wal_checkpoint(TRUNCATE)");
    }

    private static void Insert(sqlite3_stmt statement, User user, int number, DateTimeOffset at)
    {
        _ = raw.sqlite3_bind_text(statement, 1, user.Name);
        _ = raw.sqlite3_bind_blob(statement, 2, user.Tasks[number].ToByteArray(bigEndian: true));
        _ = raw.sqlite3_bind_text(statement, 3, Titles[number % Titles.Length]);
        if (number % 3 == 0)
            _ = raw.sqlite3_bind_null(statement, 4);
        else
            _ = raw.sqlite3_bind_text(statement, 4, "What has to be said about it, in a line or so.");

        _ = raw.sqlite3_bind_int(statement, 5, number % 4 == 0 ? 1 : 0);
        _ = raw.sqlite3_bind_int64(statement, 6, at.ToUnixTimeMilliseconds());
        _ = raw.sqlite3_bind_int64(statement, 7, at.ToUnixTimeMilliseconds() + (number % 4 == 0 ? 3_600_000 : 0));
        _ = raw.sqlite3_bind_int(statement, 8, number + 1);
        Sqlite.Execute(statement);
    }
}
