using System.Data.Common;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace TaskSlices.Tests.Support;

/// <summary>The database, past the application. Parameters are written $name.</summary>
public static partial class Rows
{
    /// <summary>Puts so many tasks of one user there with one statement.</summary>
    public static void Fill(this App app, string user, int count)
    {
        using var database = app.OpenDatabase();
        database.Execute(
            Engine.Sql(
                """
                WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < $count)
                INSERT INTO tasks (user_id, id, title, description, completed, created_at, updated_at, revision)
                SELECT $user, randomblob(16), 'Task ' || n, NULL, 0, 0, 0, n FROM numbers
                """,
                """
                INSERT INTO tasks (user_id, id, title, description, completed, created_at, updated_at, revision)
                SELECT $user, gen_random_uuid(), 'Task ' || n, NULL, false, to_timestamp(0), to_timestamp(0), n FROM generate_series(1, $count) n
                """),
            ("$user", user), ("$count", count));
        database.Execute(
            """
            INSERT INTO revisions (user_id, revision) VALUES ($user, $count)
            ON CONFLICT (user_id) DO UPDATE SET revision = excluded.revision
            """,
            ("$user", user), ("$count", count));
    }

    /// <summary>The tables that have a user_id.</summary>
    public static string[] TablesOfUsers(this DbConnection database) =>
    [
        .. database.Query(
            Engine.Sql(
                "SELECT m.name AS name FROM sqlite_schema m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND c.name = 'user_id'",
                "SELECT table_name::text AS name FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'user_id'"),
            ["name"]).Select(row => (string)row[0]).Order(StringComparer.Ordinal),
    ];

    /// <summary>The tables whose rows belong to users, but for the users' counters.</summary>
    public static string[] OwnedTables(this DbConnection database) => [.. database.TablesOfUsers().Where(table => table != "revisions")];

    /// <summary>Puts a row of the user into the table, whatever its columns: each text is the one given, with a number that makes it unique.</summary>
    public static void Plant(this DbConnection database, string table, string user, string text)
    {
        var columns = database.Query(
                Engine.Sql(
                    $"PRAGMA table_info({table})",
                    $"SELECT column_name::text AS name, upper(data_type::text) AS type FROM information_schema.columns WHERE table_name = '{table}'"),
                ["name", "type"])
            .Select(row => (Name: (string)row[0], Type: (string)row[1])).ToList();
        var values = columns.Select(column => column switch
        {
            { Name: "user_id" } => "$user",
            { Name: "tags" } => Engine.Sql("json_array($text || abs(random()))", "jsonb_build_array($text || random())::text"),
            { Type: "TEXT" } => Engine.Sql("$text || abs(random())", "$text || random()"),
            { Type: "BLOB" } => "randomblob(16)",
            { Type: "UUID" } => Engine.Sql("randomblob(16)", "gen_random_uuid()"),
            { Type: "BYTEA" } => "sha256(random()::text::bytea)",
            { Type: "BOOLEAN" } => "false",
            { Type: "TIMESTAMP WITH TIME ZONE" } => "to_timestamp(0)",
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

    public static void Execute(this DbConnection database, string sql, params (string Name, object Value)[] parameters)
    {
        using var command = database.Command(sql, parameters);
        command.ExecuteNonQuery();
    }

    public static object? Scalar(this DbConnection database, string sql, params (string Name, object Value)[] parameters)
    {
        using var command = database.Command(sql, parameters);

        return command.ExecuteScalar();
    }

    /// <summary>The rows, each as the values of the columns that are named.</summary>
    public static List<object[]> Query(this DbConnection database, string sql, string[] columns, params (string Name, object Value)[] parameters)
    {
        using var command = database.Command(sql, parameters);
        using var reader = command.ExecuteReader();
        var rows = new List<object[]>();

        while (reader.Read())
            rows.Add([.. columns.Select(column => reader[column])]);

        return rows;
    }

    private static DbCommand Command(this DbConnection database, string sql, (string Name, object Value)[] parameters)
    {
        var command = database.CreateCommand();
        command.CommandText = database is NpgsqlConnection ? ParameterName.Replace(sql, "@$1") : sql;
        foreach (var (name, value) in parameters)
            command.Parameters.Add(database is NpgsqlConnection ? new NpgsqlParameter(name[1..], value) : new SqliteParameter(name, value));

        return command;
    }

    [GeneratedRegex(@"\$([a-z]\w*)")]
    private static partial Regex ParameterName { get; }
}
