using System.Formats.Tar;
using System.Net.Http.Headers;

namespace TaskSlices.Tests.Infrastructure.Operations;

/// <summary>The server and the command, each in a process of its own.</summary>
[Trait("Engine", "SQLite")]
[Trait("Speed", "slow")]
public sealed class RestoreCommandTests(RestoreCommandTests.BackedUpStore store) : IClassFixture<RestoreCommandTests.BackedUpStore>, IDisposable
{
    private static readonly Dictionary<string, string> Environment = new() { ["BETTER_AUTH_SECRET"] = Token.Secret };

    /// <summary>More than a start takes on a busy machine with few processors.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly string _directory = Directory.CreateTempSubdirectory("taskslices-").FullName;

    private string DatabaseFile => Path.Combine(_directory, "taskslices.db");
    private string Copy => Path.Combine(_directory, "copy.db");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    /// <summary>A client that has seen more than the backup has must not take what comes after it for something that it has.</summary>
    [Fact]
    public async Task Brings_the_tasks_back_keeps_what_was_there_and_has_clients_read_anew()
    {
        string tag;
        await using (var server = await StartAsync())
        {
            var (ann, bob) = (As(server, "ann"), As(server, "bob"));
            var task = await ann.CreateTask("ann", "first");
            await BackUpAsync();
            for (var i = 0; i < 4; i++)
                await ann.CreateTask("ann", "lost");
            await bob.CreateTask("bob", "lost");
            var changed = await ann.SendWith("PUT", $"/api/ann/tasks/{task.Id()}", """{"title":"lost"}""");
            tag = changed.Headers.ETag!.Tag;
            Assert.Equal((HttpStatusCode.OK, "\"6\""), (changed.StatusCode, tag));
            await server.StopAsync();
        }

        var kept = await RestoreAsync();

        Assert.Equal(["taskslices.db"], Directory.GetFiles(_directory, "taskslices.db*").Select(Path.GetFileName));
        using (var old = Filler.Open(Path.Combine(kept, "taskslices.db")))
            Assert.Equal(6L, old.Scalar("SELECT count(*) FROM tasks"));
        await using var next = await StartAsync();
        var (annNow, bobNow) = (As(next, "ann"), As(next, "bob"));
        var restored = Assert.Single(await annNow.Get("/api/ann/tasks").IsList());
        Assert.Equal("first", restored!["title"]!.GetValue<string>());
        var id = restored["id"]!.GetValue<string>();
        for (var i = 0; i < 8; i++)
        {
            await annNow.SendWith("PUT", $"/api/ann/tasks/{id}", $$"""{"title":"new {{i}}"}""");
            await bobNow.CreateTask("bob", "new");
        }

        for (var since = 0; since <= 6; since++)
            await annNow.Get($"/api/ann/changes?since={since}").IsProblem(HttpStatusCode.Gone, "CURSOR_TOO_OLD");
        await bobNow.Get("/api/bob/changes?since=1").IsProblem(HttpStatusCode.Gone, "CURSOR_TOO_OLD");
        Assert.Equal(HttpStatusCode.PreconditionFailed, (await annNow.SendWith("PUT", $"/api/ann/tasks/{id}", """{"title":"x"}""", ("If-Match", tag))).StatusCode);

        // Who has read anew follows again.
        var list = await annNow.Get("/api/ann/tasks");
        var cursor = list.Headers.ETag!.Tag.Trim('"');
        await annNow.CreateTask("ann", "after");
        Assert.Single((await annNow.Get($"/api/ann/changes?since={cursor}").Is(HttpStatusCode.OK))["changes"]!.AsArray());
    }

    [Fact]
    public async Task Is_refused_while_a_server_runs()
    {
        await using var server = await StartAsync();
        await BackUpAsync();
        await As(server, "ann").CreateTask("ann");

        var (exitCode, output, error) = await RunAsync("restore", Copy);

        Assert.Equal((1, ""), (exitCode, output));
        Assert.StartsWith("Another TaskSlices uses the data directory", error, StringComparison.Ordinal);
        Assert.Single(await As(server, "ann").Get("/api/ann/tasks").IsList());
    }

    [Fact]
    public async Task Writes_the_log_of_a_killed_server_back_before_it_keeps_the_database()
    {
        await using (var server = await StartAsync())
        {
            await BackUpAsync();
            await As(server, "ann").CreateTask("ann");
            await server.KillAsync();
        }

        Assert.True(new FileInfo($"{DatabaseFile}-wal").Length > 0);
        var kept = await RestoreAsync();

        Assert.Equal(["taskslices.db"], Directory.GetFiles(_directory, "taskslices.db*").Select(Path.GetFileName));
        Assert.Equal(["taskslices.db"], Directory.GetFiles(kept).Select(Path.GetFileName));
        using var old = Filler.Open(Path.Combine(kept, "taskslices.db"));
        Assert.Equal(1L, old.Scalar("SELECT count(*) FROM tasks"));
    }

    [Fact]
    public async Task Replaces_a_database_that_is_damaged_and_keeps_it_with_its_log()
    {
        await using (var server = await StartAsync())
        {
            await BackUpAsync();
            await As(server, "ann").CreateTask("ann");
            await server.KillAsync();
        }

        await File.WriteAllTextAsync(DatabaseFile, "spoilt", TestContext.Current.CancellationToken);
        var kept = await RestoreAsync();

        Assert.Equal(["taskslices.db", "taskslices.db-wal"], Directory.GetFiles(kept).Select(Path.GetFileName).Order());
        Assert.Equal(["taskslices.db"], Directory.GetFiles(_directory, "taskslices.db*").Select(Path.GetFileName));
        await using var next = await StartAsync();
        Assert.Empty(await As(next, "ann").Get("/api/ann/tasks").IsList());
    }

    [Theory]
    [InlineData("nothing", "There is no file")]
    [InlineData("text", "can't be restored")]
    [InlineData("foreign", "of another program")]
    [InlineData("newer", "from a newer TaskSlices (its schema has the step 9999-tomorrow)")]
    [InlineData("damaged", "malformed")]
    [InlineData("cut tar", "can't be restored")]
    [InlineData("hostile tar", "that no backup has")]
    [InlineData("empty tar", "no database in it")]
    public async Task Refuses_what_is_no_backup_of_this_program_and_changes_nothing(string what, string words)
    {
        store.CopyTo(_directory);
        await SpoilAsync(what);
        var before = await File.ReadAllBytesAsync(DatabaseFile, TestContext.Current.CancellationToken);

        var (exitCode, output, error) = await RunAsync("restore", Copy);

        Assert.Equal((1, ""), (exitCode, output));
        Assert.Contains(words, Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
        Assert.Equal(before, await File.ReadAllBytesAsync(DatabaseFile, TestContext.Current.CancellationToken));
        Assert.Empty(Directory.GetDirectories(_directory, "re*"));
        Assert.False(File.Exists(Path.Combine(_directory, "..", "escaped-secret")));
    }

    /// <summary>At different moments: while it copies, while it checks, and when it has begun to replace.</summary>
    [Fact]
    public async Task Leaves_the_old_database_or_the_new_one_whole_when_it_is_killed()
    {
        await using (var server = await StartAsync())
            await server.StopAsync();
        Filler.Fill(_directory);
        Assert.Equal(0, (await RunAsync("backup", Copy)).ExitCode);
        using (var database = Filler.Open(DatabaseFile))
            database.Execute("DELETE FROM tasks; DELETE FROM revisions; PRAGMA wal_checkpoint(TRUNCATE)");

        string staged = Path.Combine(_directory, "restoring", "taskslices.db");
        Func<bool>[] moments =
        [
            () => File.Exists(staged),
            () => File.Exists(staged) && new FileInfo(staged).Length >= new FileInfo(Copy).Length,
            () => File.Exists($"{staged}-journal") || Directory.GetDirectories(_directory, "replaced-*").Length > 0,
            () => Directory.GetDirectories(_directory, "replaced-*").Length > 0,
        ];
        foreach (var moment in moments)
        {
            await using var restore = ServerProcess.Begin(["restore", Copy], _directory, Environment);
            await Wait.Until("it is there", () => moment() || restore.Process.HasExited, Patience);
            if (!restore.Process.HasExited)
                await restore.KillAsync();

            using var database = Filler.Open(DatabaseFile);
            Assert.Equal("ok", database.Scalar("PRAGMA quick_check"));
            Assert.Contains(database.Scalar("SELECT count(*) FROM tasks"), new object[] { 0L, Filler.Rows });
        }

        await RestoreAsync();
        Assert.False(Directory.Exists(Path.GetDirectoryName(staged)));
        await using var next = await StartAsync();
        Assert.Equal(100, (await As(next, Filler.User).Get($"/api/{Filler.User}/tasks?limit=100").IsList()).Count);
    }

    /// <summary>The copy that comes before the migration is what takes long; the steps are one transaction.</summary>
    [Fact]
    public async Task A_kill_in_the_middle_of_a_migration_loses_nothing_and_leaves_no_half_copy()
    {
        await using (var server = await StartAsync())
            await server.StopAsync();
        Filler.Fill(_directory);
        using (var database = Filler.Open(DatabaseFile))
            database.Execute("DROP INDEX tasks_revision; DELETE FROM schema_steps WHERE id = '2026-11-29-task-revisions'");
        var backups = Path.Combine(_directory, "backups");

        await using (var start = ServerProcess.Begin(["--urls", "http://127.0.0.1:0"], _directory, Environment))
        {
            await Wait.Until("the copy has begun", () => Directory.Exists(backups) && Directory.GetFiles(backups, "*.partial").Length > 0, Patience);
            await start.KillAsync();
        }

        Assert.Empty(Directory.GetFiles(backups, "*.db"));
        await using (var next = await StartAsync())
        {
            Assert.Equal(100, (await As(next, Filler.User).Get($"/api/{Filler.User}/tasks?limit=100").IsList()).Count);
            await next.StopAsync();
        }

        var copy = Assert.Single(Directory.GetFiles(backups));
        Assert.StartsWith("before-migration-", Path.GetFileName(copy), StringComparison.Ordinal);
        Filler.IsWhole(copy);
        Filler.IsWhole(DatabaseFile);
    }

    /// <summary>A crash that comes again at each start would push the backups out.</summary>
    [Fact]
    public async Task A_migration_that_begins_again_leaves_one_copy()
    {
        await using (var server = await StartAsync())
            await server.StopAsync();
        using (var database = Filler.Open(DatabaseFile))
            database.Execute("DROP INDEX tasks_revision; DELETE FROM schema_steps WHERE id = '2026-11-29-task-revisions'");
        var before = await File.ReadAllBytesAsync(DatabaseFile, TestContext.Current.CancellationToken);

        for (var i = 0; i < 2; i++)
        {
            await File.WriteAllBytesAsync(DatabaseFile, before, TestContext.Current.CancellationToken);
            await using var server = await StartAsync();
            await server.StopAsync();
        }

        Assert.Single(Directory.GetFiles(Path.Combine(_directory, "backups")));
    }

    private async Task SpoilAsync(string what)
    {
        switch (what)
        {
            case "nothing":
                File.Delete(Copy);
                break;
            case "text":
                await File.WriteAllTextAsync(Copy, "This is no database.");
                break;
            case "foreign":
                File.Delete(Copy);
                using (var database = Filler.Open(Copy))
                    database.Execute("CREATE TABLE notes (id INTEGER PRIMARY KEY)");
                break;
            case "newer":
                using (var database = Filler.Open(Copy))
                    database.Execute("INSERT INTO schema_steps VALUES ('9999-tomorrow', 0)");
                break;
            case "damaged":
                using (var file = File.OpenWrite(Copy))
                {
                    file.Seek(4096 * 3, SeekOrigin.Begin);
                    file.Write(new byte[file.Length - (4096 * 3)]);
                }

                break;
            case "cut tar":
                Archive("taskslices.db", await File.ReadAllBytesAsync(Copy));
                using (var file = File.OpenWrite(Copy))
                    file.SetLength(20_000);
                break;
            case "hostile tar":
                Archive("../escaped-secret", [1]);
                break;
            default:
                Archive("token-secret", [1]);
                break;
        }
    }

    private void Archive(string name, byte[] content)
    {
        using var file = File.Create(Copy);
        using var tar = new TarWriter(file);
        tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(content) });
    }

    private static HttpClient As(ServerProcess server, string user)
    {
        var client = new HttpClient { BaseAddress = server.Client.BaseAddress };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token.For(user));

        return client;
    }

    /// <summary>A data directory with a task, and a backup of it.</summary>
    public sealed class BackedUpStore : IAsyncLifetime
    {
        private readonly string _directory = Directory.CreateTempSubdirectory("taskslices-").FullName;

        public async ValueTask InitializeAsync()
        {
            await using var server = await ServerProcess.StartAsync(_directory, Environment);
            await As(server, "ann").CreateTask("ann");
            var (exitCode, _, error) = await ServerProcess.RunAsync(["backup", Path.Combine(_directory, "copy.db")], _directory, Environment);
            Assert.True(exitCode == 0, error);
            await server.StopAsync();
        }

        public void CopyTo(string directory)
        {
            foreach (var file in Directory.GetFiles(_directory))
                File.Copy(file, Path.Combine(directory, Path.GetFileName(file)));
        }

        public ValueTask DisposeAsync()
        {
            Directory.Delete(_directory, recursive: true);

            return ValueTask.CompletedTask;
        }
    }

    private Task<ServerProcess> StartAsync() => ServerProcess.StartAsync(_directory, Environment);

    private Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] arguments) => ServerProcess.RunAsync(arguments, _directory, Environment);

    private async Task BackUpAsync() => Assert.Equal((0, Copy), await RunAsync("backup", Copy) is var (exitCode, output, _) ? (exitCode, output.Trim()) : default);

    /// <summary>Gives the directory of what was there.</summary>
    private async Task<string> RestoreAsync()
    {
        var (exitCode, output, error) = await RunAsync("restore", Copy);
        Assert.Equal((0, ""), (exitCode, error));

        return output.Trim().TrimEnd('.').Split(" is in ")[1];
    }
}
