using System.Net.Http.Headers;
using Microsoft.Data.Sqlite;

namespace TaskSlices.Tests.Infrastructure.Data.Sqlite;

/// <summary>A copy that is put in the place of the database is what the next start serves.</summary>
[Trait("Engine", "SQLite")]
[Trait("Speed", "slow")]
public sealed class RestoreTests : IDisposable
{
    private const int Before = 1500, After = 300;

    private static readonly Dictionary<string, string> Environment = new() { ["BETTER_AUTH_SECRET"] = Token.Secret };

    private readonly string _directory = Directory.CreateTempSubdirectory("taskslices-").FullName;

    private string DatabaseFile => Path.Combine(_directory, "taskslices.db");
    private string Copy => Path.Combine(_directory, "copy.db");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task A_stop_leaves_the_database_alone_and_a_copy_over_it_is_served()
    {
        await using (var server = await StartAsync())
        {
            await FillAsync(server);
            Assert.Equal(0, (await server.StopAsync()).ExitCode);
        }

        Assert.Equal(["taskslices.db"], DatabaseFiles());
        File.Copy(Copy, DatabaseFile, overwrite: true);

        await HoldsTheCopyAsync();
    }

    [Fact]
    public async Task After_a_kill_the_documented_restore_serves_the_copy()
    {
        await using (var server = await StartAsync())
        {
            await FillAsync(server);
            await server.KillAsync();
        }

        foreach (var suffix in new[] { "-wal", "-shm" })
            File.Delete(DatabaseFile + suffix);
        File.Copy(Copy, DatabaseFile, overwrite: true);

        await HoldsTheCopyAsync();
    }

    [Fact]
    public async Task After_a_kill_a_copy_beside_the_old_log_is_refused()
    {
        await using (var server = await StartAsync())
        {
            await FillAsync(server);
            await server.KillAsync();
        }

        File.Copy(Copy, DatabaseFile, overwrite: true);

        (await ServerProcess.RunAsync(["--urls", "http://127.0.0.1:0"], _directory, Environment)).IsRefused("taskslices.db-wal", "belongs to another file");
        Assert.Equal(await File.ReadAllBytesAsync(Copy, TestContext.Current.CancellationToken), await File.ReadAllBytesAsync(DatabaseFile, TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_database_without_data_beside_the_log_of_another_is_refused(bool isEmpty)
    {
        await using (var server = await StartAsync())
        {
            await As(server).CreateTask("ann");
            await server.KillAsync();
        }

        // A file that has nothing of what is in the log.
        File.Delete(DatabaseFile);
        if (isEmpty)
            File.Create(DatabaseFile).Dispose();
        else
            MakeDatabaseWithoutTables();
        var log = await File.ReadAllBytesAsync(DatabaseFile + "-wal", TestContext.Current.CancellationToken);

        var run = await ServerProcess.RunAsync(["--urls", "http://127.0.0.1:0"], _directory, Environment);

        run.IsRefused("taskslices.db-wal", "belongs to another file");
        Assert.Equal(log, await File.ReadAllBytesAsync(DatabaseFile + "-wal", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_damaged_file_is_found_after_a_kill_and_readiness_says_so()
    {
        await using (var server = await StartAsync())
        {
            await FillAsync(server);
            await server.KillAsync();
        }

        await SpoilAsync();
        await using var next = await StartAsync();
        await Wait.Until("the check has found it", () => next.Log.Contains("is damaged", StringComparison.Ordinal));

        var problem = await next.Client.Get("/health/ready").IsProblem(HttpStatusCode.ServiceUnavailable, "NOT_READY");
        Assert.Contains("damaged", problem["detail"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    /// <summary>Writes nothing over the first pages, so that it still starts.</summary>
    private async Task SpoilAsync()
    {
        using (var database = new SqliteConnection($"Data Source={DatabaseFile};Pooling=False"))
        {
            database.Open();
            database.Execute("PRAGMA wal_checkpoint(TRUNCATE)");
            database.Execute("PRAGMA journal_mode = WAL");
            await using var file = new FileStream(DatabaseFile, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
            file.Position = file.Length - 8192;
            await file.WriteAsync(new byte[8192].Select(_ => (byte)0xA5).ToArray(), TestContext.Current.CancellationToken);
        }

        // A log that is not empty says that the last stop was a kill.
        await File.WriteAllBytesAsync(DatabaseFile + "-wal", new byte[32], TestContext.Current.CancellationToken);
    }

    private void MakeDatabaseWithoutTables()
    {
        var other = Path.Combine(_directory, "other.db");
        using (var database = new SqliteConnection($"Data Source={other};Pooling=False"))
        {
            database.Open();
            database.Execute("PRAGMA user_version = 7");
        }

        File.Move(other, DatabaseFile);
    }

    private async Task FillAsync(ServerProcess server)
    {
        var client = As(server);
        await CreateAsync(client, Before);
        using (var database = new SqliteConnection($"Data Source={DatabaseFile};Pooling=False"))
        {
            database.Open();
            database.Execute("VACUUM INTO $copy", ("$copy", Copy));
        }

        await CreateAsync(client, After);
    }

    private static Task CreateAsync(HttpClient client, int count) =>
        Parallel.ForEachAsync(Enumerable.Range(0, count), new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (i, _) => await client.CreateTask("ann", $"Task {i}"));

    private async Task HoldsTheCopyAsync()
    {
        await using var server = await StartAsync();
        var found = 0;
        for (var url = "/api/ann/tasks"; url is not null;)
        {
            var response = await As(server).Get(url);
            found += (await response.IsList()).Count;
            url = response.Next();
        }

        Assert.Equal(Before, found);
        Assert.Equal(HttpStatusCode.OK, (await server.Client.Get("/health/ready")).StatusCode);
        Assert.Equal(0, (await server.StopAsync()).ExitCode);
        using var database = new SqliteConnection($"Data Source={DatabaseFile};Pooling=False");
        database.Open();
        Assert.Equal("ok", database.Scalar("PRAGMA integrity_check"));
    }

    private Task<ServerProcess> StartAsync() => ServerProcess.StartAsync(_directory, Environment);

    private string[] DatabaseFiles() => [.. Directory.GetFiles(_directory, "taskslices.db*").Select(path => Path.GetFileName(path)!).Order()];

    private static HttpClient As(ServerProcess server)
    {
        var client = new HttpClient { BaseAddress = server.Client.BaseAddress };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token.For("ann"));

        return client;
    }
}
