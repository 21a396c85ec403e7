namespace TaskSlices.Tests.Infrastructure.Operations;

public sealed class TokenCommandTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("taskslices-").FullName;

    private string Data => Path.Combine(_directory, "data");

    private string SecretFile => Path.Combine(Data, "token-secret");

    [Fact]
    public async Task Prints_a_token_that_works_before_the_first_start_and_beside_it_and_after_it()
    {
        var before = await PrintAsync("ann");
        string beside;

        await using (var server = await StartAsync())
        {
            beside = await PrintAsync("ann");
            await IsAccepted(server, "ann", before, beside);
            await server.KillAsync();
        }

        await using var again = await StartAsync();
        await IsAccepted(again, "ann", before, beside, await PrintAsync("ann"));
    }

    [Fact]
    public async Task Prints_a_token_for_a_day()
    {
        var claims = System.Text.Json.JsonDocument.Parse(System.Buffers.Text.Base64Url.DecodeFromChars((await PrintAsync("ann")).Split('.')[1])).RootElement;

        Assert.InRange(claims.GetProperty("exp").GetInt64() - Token.Now, 86_400 - 60, 86_400);
        Assert.Equal("ann", claims.GetProperty("sub").GetString());
    }

    [Theory]
    [InlineData("ann \u00f6@example.com")]
    [InlineData("\"quoted\" \\ {user_id}")]
    [InlineData("auth0|507f1f77")]
    public async Task Prints_a_token_for_any_name(string user)
    {
        var token = await PrintAsync(user);

        await using var server = await StartAsync();
        await IsAccepted(server, user, token);
    }

    [Fact]
    public async Task Prints_a_token_for_the_longest_name()
    {
        var user = new string('a', 255);
        var token = await PrintAsync(user);

        await using var server = await StartAsync();
        await IsAccepted(server, user, token);
    }

    [Fact]
    public async Task Signs_with_the_secret_that_is_configured()
    {
        var environment = new Dictionary<string, string> { ["DATA_DIR"] = Data, ["BETTER_AUTH_SECRET"] = Token.Secret };
        var run = await ServerProcess.RunAsync(["token", "ann"], _directory, environment);

        await using var server = await ServerProcess.StartAsync(_directory, environment);
        await IsAccepted(server, "ann", run.Output.Trim(), Token.For("ann"));
        Assert.False(File.Exists(SecretFile));
    }

    [Fact]
    public async Task Wants_one_name_of_a_length_that_a_subject_may_have()
    {
        foreach (var names in new string[][] { [], [""], [new('a', 256)], ["ann", "bob"] })
            (await RunAsync(["token", .. names])).IsRefused("1 to 255 characters", "token ann");
    }

    [Fact]
    public async Task Does_not_sign_with_a_secret_that_is_not_ASCII() =>
        (await ServerProcess.RunAsync(["token", "ann"], _directory, new() { ["BETTER_AUTH_SECRET"] = "p\u00e4ssw\u00f6rd-0123456789-0123456789-0123456789" })).IsRefused("BETTER_AUTH_SECRET", "ASCII");

    [Fact]
    public async Task Does_not_sign_with_a_setting_that_is_wrong() =>
        (await ServerProcess.RunAsync(["token", "ann"], _directory, new() { ["BETTER_AUTH_SECRET"] = "short" })).IsRefused("BETTER_AUTH_SECRET");

    [Fact]
    public async Task Keeps_the_secret_where_nobody_else_can_read_it()
    {
        await PrintAsync("ann");

        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no file modes.");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, Mode(SecretFile));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, Mode(Data));
        Assert.Equal(["token-secret"], Directory.EnumerateFileSystemEntries(Data).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Makes_another_secret_for_each_data_directory()
    {
        await PrintAsync("ann");
        var first = await File.ReadAllTextAsync(SecretFile, TestContext.Current.CancellationToken);
        File.Delete(SecretFile);
        var token = await PrintAsync("ann");

        Assert.NotEqual(first, await File.ReadAllTextAsync(SecretFile, TestContext.Current.CancellationToken));
        Assert.True(first.Trim().Length >= 43, first);
        Assert.DoesNotContain(first, token, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("31-bytes-are-one-too-few-for-it\n")]
    public async Task Does_not_go_on_with_a_kept_secret_that_was_spoilt(string secret)
    {
        Directory.CreateDirectory(Data);
        await File.WriteAllTextAsync(SecretFile, secret, TestContext.Current.CancellationToken);

        (await RunAsync(["token", "ann"])).IsRefused(SecretFile, "too short", "Delete the file");
        (await RunAsync(["--urls", "http://127.0.0.1:0"])).IsRefused(SecretFile, "too short", "Delete the file");
        Assert.Equal(secret, await File.ReadAllTextAsync(SecretFile, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Makes_one_secret_when_many_ask_for_the_first_at_once()
    {
        var tokens = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => PrintAsync("ann")));

        await using var server = await StartAsync();
        await IsAccepted(server, "ann", tokens);
        Assert.DoesNotContain(Directory.EnumerateFiles(Data), file => Path.GetFileName(file).StartsWith("token-secret.", StringComparison.Ordinal));
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private static UnixFileMode Mode(string path) => OperatingSystem.IsWindows() ? UnixFileMode.None : File.GetUnixFileMode(path);

    private static async Task IsAccepted(ServerProcess server, string user, params string[] tokens)
    {
        foreach (var token in tokens)
            await (await server.Client.GetWith($"/api/{Uri.EscapeDataString(user)}/tasks", ("Authorization", $"Bearer {token}"))).IsList();
    }

    [Theory]
    [InlineData("token ann --Data:Directory elsewhere")]
    [InlineData("--Data:Directory elsewhere token ann")]
    [InlineData("--Data:Directory=elsewhere token ann")]
    public async Task Takes_settings_before_and_behind_the_name(string arguments)
    {
        var (exitCode, output, error) = await ServerProcess.RunAsync(arguments.Split(' '), _directory);

        Assert.Equal((0, $"Signed with {Path.Combine(_directory, "elsewhere", "token-secret")}."), (exitCode, error.Trim()));
        Assert.Equal(2, output.Count(c => c == '.'));
    }

    private Task<(int ExitCode, string Output, string Error)> RunAsync(string[] arguments) =>
        ServerProcess.RunAsync(arguments, _directory, new() { ["DATA_DIR"] = Data });

    private Task<ServerProcess> StartAsync() => ServerProcess.StartAsync(_directory, new() { ["DATA_DIR"] = Data });

    private async Task<string> PrintAsync(string user)
    {
        var (exitCode, output, error) = await RunAsync(["token", user]);

        Assert.Equal((0, $"Signed with {Path.Combine(Data, "token-secret")}."), (exitCode, error.Trim()));
        Assert.Matches(@"^[\w-]+\.[\w-]+\.[\w-]{43}\r?\n$", output);

        return output.Trim();
    }
}
