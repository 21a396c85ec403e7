using System.Collections.Concurrent;
using System.Data.Common;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace TaskSlices.Tests.Support;

/// <summary>
/// The database that the tests run on: SQLite, or the PostgreSQL server whose address <c>TEST_DATABASE_URL</c> has, with a database for
/// each data directory. Its user may create databases. Or the cluster of <see cref="Citus"/>.
/// </summary>
public static class Engine
{
    private static readonly string? Server = Citus.Coordinator ?? Environment.GetEnvironmentVariable("TEST_DATABASE_URL");
    private static readonly ConcurrentDictionary<string, Lazy<string>> Databases = new(StringComparer.Ordinal);

    /// <summary>With the id of this process, so that a later run can tell what nobody uses any more.</summary>
    private const string Prefix = "taskslices_test_";

    private static readonly Lazy<bool> Cleaned = new(DropLeftOver);

    public static bool IsPostgres => !string.IsNullOrEmpty(Server);

    /// <summary>The setting Data:ConnectionString for a server that keeps its data in that directory, with a database that is there.</summary>
    public static string ConnectionString(string directory) =>
        IsPostgres ? Databases.GetOrAdd(directory, _ => new(Create)).Value : "";

    /// <summary>Keeps the data in that directory, and its database.</summary>
    public static void UseData(this IWebHostBuilder host, string directory)
    {
        host.UseSetting("Data:Directory", directory);
        if (IsPostgres)
            host.UseSetting("Data:ConnectionString", ConnectionString(directory));
    }

    /// <summary>A connection of one's own to the database, past the application.</summary>
    public static DbConnection Open(string directory)
    {
        DbConnection connection = IsPostgres
            ? new NpgsqlConnection($"{ConnectionString(directory)};Pooling=false")
            : new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = Path.Combine(directory, "taskslices.db"), Pooling = false }.ToString());
        connection.Open();

        return connection;
    }

    /// <summary>Ends the database of the directory, if it has one.</summary>
    public static void Drop(string directory)
    {
        if (Databases.TryRemove(directory, out var database))
            DropDatabase(new NpgsqlConnectionStringBuilder(database.Value).Database!);
    }

    /// <summary>The text that the engine takes.</summary>
    public static string Sql(string sqlite, string postgres) => IsPostgres ? postgres : sqlite;

    /// <summary>The time as its column has it.</summary>
    public static object Time(DateTimeOffset time) => IsPostgres ? time : time.ToUnixTimeMilliseconds();

    /// <summary>The id as its column has it.</summary>
    public static object Id(string id) => IsPostgres ? Guid.Parse(id) : Guid.Parse(id).ToByteArray(bigEndian: true);

    private static string Create()
    {
        _ = Cleaned.Value;
        var name = $"{Prefix}{Environment.ProcessId}_{Guid.NewGuid():N}";
        if (Citus.Coordinator is null)
            Run($"CREATE DATABASE \"{name}\"");
        else
            Citus.Create(name);

        return new NpgsqlConnectionStringBuilder(Server) { Database = name, MaxPoolSize = 10 }.ToString();
    }

    /// <summary>A run drops no database at its end: there can be a hundred, and the runner waits for ten seconds.</summary>
    private static bool DropLeftOver()
    {
        using var connection = Connect();
        var names = connection.Query("SELECT datname::text AS name FROM pg_database WHERE starts_with(datname, $prefix)", ["name"], ("$prefix", Prefix))
            .Select(row => (string)row[0]).ToList();
        foreach (var name in names.Where(name => !Directory.Exists($"/proc/{name[Prefix.Length..].Split('_')[0]}")))
            DropDatabase(name);

        return true;
    }

    private static void DropDatabase(string name)
    {
        if (Citus.Coordinator is null)
            Run($"DROP DATABASE \"{name}\" WITH (FORCE)");
        else
            Citus.Drop(name);
    }

    private static NpgsqlConnection Connect()
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(Server) { Pooling = false }.ToString());
        connection.Open();

        return connection;
    }

    private static void Run(string sql)
    {
        using var connection = Connect();
        connection.Execute(sql);
    }
}
