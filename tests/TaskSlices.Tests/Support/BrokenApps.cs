using FastEndpoints.Testing;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;

namespace TaskSlices.Tests.Support;

/// <summary>An app with a mistake in it: the table of the tasks is not there, and every query throws.</summary>
[DisableWafCache]
public sealed class FaultyApp : App
{
    protected override ValueTask SetupAsync()
    {
        using var database = OpenDatabase();
        database.Execute("ALTER TABLE tasks RENAME TO elsewhere");

        return ValueTask.CompletedTask;
    }
}

/// <summary>An app whose database can be taken away, and whose time passes when told.</summary>
[DisableWafCache]
public sealed class FragileApp : App
{
    private string DatabaseFile => Path.Combine(DataDirectory, "taskslices.db");

    public StoppedClock Clock { get; } = new(DateTimeOffset.UtcNow);

    /// <summary>For a test that wants one of its own.</summary>
    public static async Task<FragileApp> StartAsync()
    {
        var app = new FragileApp();
        await ((IAsyncLifetime)app).InitializeAsync();

        return app;
    }

    public bool IsDatabaseGone { get; private set; }

    /// <summary>As if someone had deleted it while it is in use, and the machine had closed its handles.</summary>
    public void TakeDatabaseAway()
    {
        IsDatabaseGone = true;
        if (Engine.IsPostgres)
        {
            Engine.Drop(DataDirectory);
            return;
        }

        SqliteConnection.ClearAllPools();
        foreach (var suffix in new[] { "", "-wal", "-shm" })
            File.Delete(DatabaseFile + suffix);
        Directory.CreateDirectory(DatabaseFile);
    }

    public void SpoilDatabase()
    {
        SqliteConnection.ClearAllPools();
        foreach (var suffix in new[] { "-wal", "-shm" })
            File.Delete(DatabaseFile + suffix);
        File.WriteAllText(DatabaseFile, new string('x', 8192));
    }

    protected override void ConfigureServices(IServiceCollection s) => s.AddSingleton<TimeProvider>(Clock);
}
