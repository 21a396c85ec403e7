using System.Text.Json;
using Microsoft.Data.Sqlite;

namespace TaskSlices.Tests.Support;

/// <summary>The database file, past the application.</summary>
public static class Rows
{
    /// <summary>Puts so many tasks of one user there with one statement.</summary>
    public static void Fill(this App app, string user, int count)
    {
        using var database = app.OpenDatabase();
        database.Execute(
            """
            WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < $count)
            INSERT INTO tasks (user_id, id, title, description, completed, created_at, updated_at, revision)
            SELECT $user, randomblob(16), 'Task ' || n, NULL, 0, 0, 0, n FROM numbers;
            INSERT INTO revisions (user_id, revision) VALUES ($user, $count);
            """,
            ("$user", user), ("$count", count));
    }

    /// <summary>The tables whose rows belong to users, but for the users' counters.</summary>
    public static string[] OwnedTables(this SqliteConnection database) =>
    [
        .. database.Query(
            "SELECT m.name FROM sqlite_schema m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND c.name = 'user_id' ORDER BY m.name", ["name"])
            .Select(row => (string)row[0]).Where(table => table != "revisions"),
    ];

    /// <summary>Puts a row of the user into the table, whatever its columns: each text is the one given, with a number that makes it unique.</summary>
    public static void Plant(this SqliteConnection database, string table, string user, string text)
    {
        var columns = database.Query($"PRAGMA table_info({table})", ["name", "type"]).Select(row => (Name: (string)row[0], Type: (string)row[1])).ToList();
        var values = columns.Select(column => column switch
        {
            { Name: "user_id" } => "$user",
            { Type: "TEXT" } => "$text || abs(random())",
            { Type: "BLOB" } => "randomblob(16)",
            _ => "0",
        });

        database.Execute($"INSERT INTO {table} ({string.Join(", ", columns.Select(c => c.Name))}) VALUES ({string.Join(", ", values)})", ("$user", user), ("$text", text));
    }

    /// <summary>The last number that a change of the user's data took; 0 if there was none.</summary>
    public static long LastRevision(this App app, string user)
    {
        using var database = app.OpenDatabase();

        return (long)database.Scalar("SELECT coalesce(max(revision), 0) FROM revisions WHERE user_id = $user", ("$user", user))!;
    }

    /// <summary>The whole stored row as one text, to see that nothing of it changed; null if there is none.</summary>
    public static async Task<string?> StoredTextAsync(this App app, string user, string id) =>
        await app.StoredAsync(user, Guid.Parse(id)) is { } task ? JsonSerializer.Serialize(task) : null;

    public static void Execute(this SqliteConnection database, string sql, params (string Name, object Value)[] parameters)
    {
        using var command = database.Command(sql, parameters);
        command.ExecuteNonQuery();
    }

    public static object? Scalar(this SqliteConnection database, string sql, params (string Name, object Value)[] parameters)
    {
        using var command = database.Command(sql, parameters);

        return command.ExecuteScalar();
    }

    /// <summary>The rows, each as the values of the columns that are named.</summary>
    public static List<object[]> Query(this SqliteConnection database, string sql, string[] columns, params (string Name, object Value)[] parameters)
    {
        using var command = database.Command(sql, parameters);
        using var reader = command.ExecuteReader();
        var rows = new List<object[]>();

        while (reader.Read())
            rows.Add([.. columns.Select(column => reader[column])]);

        return rows;
    }

    private static SqliteCommand Command(this SqliteConnection database, string sql, (string Name, object Value)[] parameters)
    {
        var command = database.CreateCommand();
        command.CommandText = sql;
        command.Parameters.AddRange(parameters.Select(p => new SqliteParameter(p.Name, p.Value)));

        return command;
    }
}
