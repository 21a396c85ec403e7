using System.Diagnostics;
using System.Formats.Tar;
using System.Net.Http.Headers;

namespace TaskSlices.Tests.Infrastructure.Operations;

/// <summary>The server and the command, each in a process of its own.</summary>
[Trait("Engine", "SQLite")]
[Trait("Speed", "slow")]
public sealed class BackupCommandTests : IDisposable
{
    private static readonly Dictionary<string, string> Environment = new() { ["BETTER_AUTH_SECRET"] = Token.Secret };

    private readonly string _directory = Directory.CreateTempSubdirectory("taskslices-").FullName;

    private string Backups => Path.Combine(_directory, "backups");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task Has_what_was_acknowledged_before_it_and_no_gap_while_others_write()
    {
        await FillAsync();
        await using var server = await StartAsync();
        await using var load = new WriteLoad(server);
        await Wait.Until("a hundred tasks are written", () => load.Ids.Count > 100);
        var before = load.Acknowledged.ToArray();

        var copy = await BackUpAsync();
        var written = load.Ids.Count;
        await load.StopAsync();

        Assert.Empty(load.Strange);
        Assert.Equal(0, load.Refused);
        Assert.True(written > before.Length, "Nothing was written while the backup was made.");
        Filler.IsWhole(copy);
        using var database = Filler.Open(copy);
        foreach (var id in before)
            Assert.Equal(1L, database.Scalar("SELECT count(*) FROM tasks WHERE id = unhex($id)", ("$id", id.Replace("-", "", StringComparison.Ordinal))));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(copy));
    }

    [Fact]
    public async Task Leaves_no_half_file_under_a_whole_name_when_the_server_is_killed_and_clears_up_the_next_time()
    {
        await FillAsync();
        await using (var server = await StartAsync())
        {
            var command = ServerProcess.RunAsync(["backup"], _directory, Environment);
            await Wait.Until("the copy has begun", () => Directory.Exists(Backups) && Directory.GetFiles(Backups, "*.partial").Length > 0, TimeSpan.FromMinutes(2));
            await server.KillAsync();

            var (exitCode, output, error) = await command;
            Assert.Equal((1, ""), (exitCode, output));
            Assert.StartsWith("The server did not finish the command", error, StringComparison.Ordinal);
        }

        Assert.Empty(Directory.GetFiles(Backups, "*.db"));

        // The socket of the killed server is still there; this process opens the file itself.
        Assert.True(File.Exists(Path.Combine(_directory, "control")));
        Filler.IsWhole(await BackUpAsync());
        Assert.Single(Directory.GetFiles(Backups));
        Assert.Equal(["taskslices.db"], Directory.GetFiles(_directory, "taskslices.db*").Select(Path.GetFileName));
    }

    [Fact]
    public async Task Leaves_the_server_writing_when_the_copy_can_not_grow_any_more()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && File.Exists("/usr/bin/prlimit"), "prlimit (Linux, util-linux) is not here: the limit of a running process can't be changed.");
        await FillAsync();
        await using var server = await ServerProcess.StartAsync(_directory, Environment, through: ["env", "--ignore-signal=XFSZ"]);
        await LimitFileSizeAsync(server, "20000000");

        var (exitCode, output, error) = await ServerProcess.RunAsync(["backup"], _directory, Environment);

        Assert.Equal((1, ""), (exitCode, output));
        Assert.StartsWith("The backup can't be written", error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(Backups));
        await As(server, "ann").CreateTask("ann");
        await LimitFileSizeAsync(server, "unlimited");
        Filler.IsWhole(await BackUpAsync());
    }

    [Fact]
    public async Task Is_refused_before_it_fills_the_disk()
    {
        using var disk = SmallDisk.Mount("64m");
        await FillAsync();
        await using var server = await StartAsync();
        var directory = disk.NewDirectory();

        var (exitCode, output, error) = await ServerProcess.RunAsync(["backup", Path.Combine(directory, "copy.db")], _directory, Environment);

        Assert.Equal((1, ""), (exitCode, output));
        Assert.Contains("too little room", error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(directory));
    }

    [Fact]
    public async Task Writes_to_the_file_that_is_named_from_where_the_command_is_typed_and_over_none()
    {
        await using var server = await StartAsync();
        var elsewhere = Directory.CreateDirectory(Path.Combine(_directory, "elsewhere")).FullName;
        var environment = new Dictionary<string, string>(Environment) { ["DATA_DIR"] = _directory };

        var first = await ServerProcess.RunAsync(["backup", "copy.db"], elsewhere, environment);
        var second = await ServerProcess.RunAsync(["backup", "copy.db"], elsewhere, environment);

        Assert.Equal((0, Path.Combine(elsewhere, "copy.db"), ""), (first.ExitCode, first.Output.Trim(), first.Error));
        Assert.Equal((1, ""), (second.ExitCode, second.Output));
        Assert.StartsWith("There is something at", second.Error, StringComparison.Ordinal);
        Filler.IsWhole(Path.Combine(elsewhere, "copy.db"));
    }

    [Fact]
    public async Task Keeps_the_newest_and_deletes_nothing_that_it_did_not_name()
    {
        Directory.CreateDirectory(Backups);
        string[] foreign = ["copy.db", "backup-20200101.db", "backup-20200101T000000000.db.gz", "my-backup-20200101T000000000.db", "backup-20200101T000000000.txt"];
        string[] old = ["backup-20200101T000000000.db", "before-migration-20200102T000000000.db", "backup-20200103T000000000.tar", "backup-20200104T000000000.db.partial"];
        foreach (var name in foreign.Concat(old))
            await File.WriteAllTextAsync(Path.Combine(Backups, name), "", TestContext.Current.CancellationToken);
        await using var server = await ServerProcess.StartAsync(_directory, new(Environment) { ["Backup__Keep"] = "2" });

        var copy = await BackUpAsync();

        Assert.Equal(
            foreign.Append("backup-20200103T000000000.tar").Append(Path.GetFileName(copy)).Order(),
            Directory.GetFiles(Backups).Select(path => Path.GetFileName(path)).Order());
    }

    [Fact]
    public async Task Has_the_secrets_when_asked_for_and_restores_them_elsewhere()
    {
        string token, keys;
        var archive = Path.Combine(_directory, "all.tar");
        var none = new Dictionary<string, string>();
        await using (var server = await ServerProcess.StartAsync(_directory, none))
        {
            token = (await ServerProcess.RunAsync(["token", "ann"], _directory, none)).Output.Trim();
            await WithToken(server, token).CreateTask("ann");
            keys = await server.Client.GetStringAsync("/api/auth/jwks", TestContext.Current.CancellationToken);
            Assert.Equal(0, (await ServerProcess.RunAsync(["backup", "all.tar", "--with-keys"], _directory, none)).ExitCode);
        }

        Assert.Equal(["cookie-secret", "keys", "token-secret", "taskslices.db"], Names(archive).Select(name => name.Split('/')[0]));
        var other = Directory.CreateDirectory(Path.Combine(_directory, "other")).FullName;
        var restored = await ServerProcess.RunAsync(["restore", archive], other, none);
        Assert.Equal((0, $"Restored {archive}."), (restored.ExitCode, restored.Output.Trim()));

        await using var next = await ServerProcess.StartAsync(other, none);
        Assert.Single(await WithToken(next, token).Get("/api/ann/tasks").IsList());
        Assert.Equal(keys, await next.Client.GetStringAsync("/api/auth/jwks", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Names_the_tools_of_PostgreSQL_where_the_data_is_there()
    {
        const string Place = "--host=db.example --port=5433 --username=tasks --dbname=prod";
        var environment = new Dictionary<string, string>(Environment) { ["DATABASE_URL"] = "postgres://tasks:hidden-word@db.example:5433/prod" };

        foreach (var (words, line) in new (string[], string)[]
        {
            (["backup"], $"pg_dump --format=custom --file=taskslices.dump {Place}"),
            (["restore", "x"], $"pg_restore --clean --if-exists --no-owner --single-transaction {Place} taskslices.dump"),
        })
        {
            var (exitCode, output, error) = await ServerProcess.RunAsync(words, _directory, environment);
            Assert.Equal((2, ""), (exitCode, output));
            Assert.Contains(line, error, StringComparison.Ordinal);
            Assert.DoesNotContain("hidden-word", error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Is_asked_for_by_the_owner_of_the_data_directory_only()
    {
        await using var server = await StartAsync();

        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(_directory, "control")));
        await server.StopAsync();
        Assert.False(File.Exists(Path.Combine(_directory, "control")));
    }

    [Fact]
    public async Task Says_so_where_the_path_of_the_socket_is_too_long()
    {
        var deep = Directory.CreateDirectory(Path.Combine(_directory, new string('d', 100))).FullName;
        var environment = new Dictionary<string, string>(Environment) { ["DATA_DIR"] = deep };
        await using var server = await ServerProcess.StartAsync(_directory, environment);

        await Wait.Until("it warns", () => server.Log.Contains("too long for a unix socket", StringComparison.Ordinal));
        var (exitCode, _, error) = await ServerProcess.RunAsync(["backup"], _directory, environment);
        Assert.Equal(1, exitCode);
        Assert.Contains("Another TaskSlices uses the data directory", error, StringComparison.Ordinal);
    }

    private static async Task LimitFileSizeAsync(ServerProcess server, string bytes)
    {
        using var limit = Process.Start("prlimit", ["--pid", $"{server.Process.Id}", $"--fsize={bytes}:unlimited"]);
        await limit.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, limit.ExitCode);
    }

    private static List<string> Names(string archive)
    {
        using var file = File.OpenRead(archive);
        using var tar = new TarReader(file);
        var names = new List<string>();
        while (tar.GetNextEntry() is { } entry)
            names.Add(entry.Name);

        return names;
    }

    private static HttpClient As(ServerProcess server, string user) => WithToken(server, Token.For(user));

    private static HttpClient WithToken(ServerProcess server, string token)
    {
        var client = new HttpClient { BaseAddress = server.Client.BaseAddress };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);

        return client;
    }

    private Task<ServerProcess> StartAsync() => ServerProcess.StartAsync(_directory, Environment);

    private async Task FillAsync()
    {
        await using (var server = await StartAsync())
            await server.StopAsync();

        Filler.Fill(_directory);
    }

    private async Task<string> BackUpAsync()
    {
        var (exitCode, output, error) = await ServerProcess.RunAsync(["backup"], _directory, Environment);
        Assert.Equal((0, ""), (exitCode, error));

        return output.Trim();
    }
}
