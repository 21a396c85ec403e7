namespace TaskSlices.Tests.Infrastructure.Operations;

/// <summary>As a person types it: a process of its own for each.</summary>
[Trait("Engine", "SQLite")]
[Trait("Speed", "slow")]
public sealed class CommandLineTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("taskslices-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData("serv", "'serv'")]
    [InlineData("serve now", "'now'")]
    [InlineData("--Prot 9000", "--Prot is no option")]
    [InlineData("--foo", "--foo is no option")]
    [InlineData("Foo=bar", "'Foo=bar'")]
    [InlineData("user", "--help")]
    [InlineData("user lst", "'lst'")]
    [InlineData("user list extra", "'extra'")]
    [InlineData("backup --nope", "--nope is no option")]
    [InlineData("backup one two", "'two'")]
    [InlineData("backup --with-keys=maybe", "--with-keys=maybe: the option takes no value")]
    [InlineData("restore", "'FILE' missing")]
    [InlineData("move", "'--to' is required")]
    [InlineData("--Port", "--Port has no value")]
    [InlineData("--Auth:Secrt x", "Auth:Secrt is no setting. Auth has: Secret, Url")]
    [InlineData("--Foo:Bar=x", "Foo:Bar is no setting")]
    [InlineData("token ann Data:Dir=x", "Data:Dir is no setting")]
    public async Task Says_in_one_line_what_it_does_not_know_and_ends_with_2(string arguments, string words)
    {
        var (exitCode, output, error) = await ServerProcess.RunAsync(arguments.Split(' '), _directory);

        Assert.Equal((2, ""), (exitCode, output));
        Assert.Contains(words, Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_directory));
    }

    [Fact]
    public async Task Checks_a_database_of_a_newer_version_as_the_start_does()
    {
        await using (var server = await ServerProcess.StartAsync(_directory))
            await server.StopAsync();
        using (var database = Engine.Open(_directory))
            database.Execute("INSERT INTO schema_steps VALUES ('2999-12-31-from-the-future', 0)");

        (await ServerProcess.RunAsync(["check"], _directory)).IsRefused("2999-12-31-from-the-future", "Start that version");
    }

    [Fact]
    public async Task Serves_by_the_word_serve_with_the_settings_of_ASP_NET_Core()
    {
        await using var server = await ServerProcess.ListenAsync(
            ["--Kestrel:Endpoints:Own:Url", "http://127.0.0.1:0", "serve", "--Logging:LogLevel:Default=Information", "--detailedErrors", "true"], _directory);

        using var client = new HttpClient();
        await client.Get($"{server.Listening}/health/live").Is(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Says_its_version_and_its_commands()
    {
        var version = await ServerProcess.RunAsync(["--version"], _directory);
        var help = await ServerProcess.RunAsync(["--help"], _directory);

        Assert.Equal((0, ""), (version.ExitCode, version.Error));
        Assert.Matches(@"^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?\r?\n$", version.Output);
        Assert.Equal((0, ""), (help.ExitCode, help.Error));
        foreach (var command in new[] { "serve", "token <USER>", "backup <FILE>", "restore <FILE>", "check", "settings", "move", "user" })
            Assert.Contains($"  {command} ", help.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Checks_the_data_and_the_server_with_and_without_one()
    {
        var none = await ServerProcess.RunAsync(["check"], _directory);
        Assert.Equal((1, ""), (none.ExitCode, none.Output));
        Assert.StartsWith("There is no ", none.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_directory));

        await using (var server = await ServerProcess.StartAsync(_directory))
        {
            var live = await ServerProcess.RunAsync(["check", "--live", "--urls", server.Listening], _directory);
            Assert.Equal((0, ""), (live.ExitCode, live.Error));
            Assert.StartsWith("""{"status":"ok",""", live.Output, StringComparison.Ordinal);
            Assert.Equal(0, (await ServerProcess.RunAsync(["check"], _directory)).ExitCode);
            await server.StopAsync();

            var dead = await ServerProcess.RunAsync(["check", "--live", "--urls", server.Listening], _directory);
            Assert.Equal((1, ""), (dead.ExitCode, dead.Output));
        }

        Assert.Equal(0, (await ServerProcess.RunAsync(["check"], _directory)).ExitCode);
        await using (var file = File.OpenWrite(Path.Combine(_directory, "taskslices.db")))
        {
            file.Seek(4096 * 2, SeekOrigin.Begin);
            file.Write(new byte[4096 * 4]);
        }

        var damaged = await ServerProcess.RunAsync(["check"], _directory);
        Assert.Equal((1, ""), (damaged.ExitCode, damaged.Output));
        Assert.Contains("damaged", damaged.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Asks_a_server_that_takes_one_host_only_and_one_at_a_unix_socket()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The path of a socket is another one there.");
        string[] settings = ["--urls", $"http://unix:{Path.Combine(_directory, "socket")}", "--AllowedHosts", "tasks.example"];
        await using var server = await ServerProcess.ListenAsync(settings, _directory);

        Assert.Equal(0, (await ServerProcess.RunAsync(["check", "--live", .. settings], _directory)).ExitCode);
    }

    [Fact]
    public async Task Shows_each_setting_where_it_comes_from_and_no_secret()
    {
        var (exitCode, output, error) = await ServerProcess.RunAsync(
            ["settings", "--Data:KeepDeleted", "1.00:00:00"], _directory,
            new() { ["BETTER_AUTH_SECRET"] = Token.Secret, ["Auth__Issuer"] = "https://app.example", ["PORT"] = "9000" });

        Assert.Equal((0, ""), (exitCode, error));
        Assert.DoesNotContain(Token.Secret, output, StringComparison.Ordinal);
        foreach (var line in new[]
        {
            @"Urls +http://localhost:9000 +PORT", @"Auth:Secret +\(hidden\) +BETTER_AUTH_SECRET", @"Auth:Issuer +https://app\.example +Auth__Issuer",
            @"Data:KeepDeleted +1\.00:00:00 +command line", @"Data:Directory +\S+ +DATA_DIR", @"Backup:Keep +7 +default", @"Accounts:ServiceKey +\(empty\) +default",
        })
            Assert.Matches($@"(?m)^{line}\r?$", output);
    }
}
