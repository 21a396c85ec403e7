using System.Diagnostics;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;
using TaskSlices.Infrastructure.Hosting;

namespace TaskSlices.Tests.Infrastructure.Operations;

/// <summary>Beside a server that made its secret itself.</summary>
[Trait("Engine", "SQLite")]
[Trait("Speed", "slow")]
public sealed partial class TokenCommandTests(AccountServer server) : IClassFixture<AccountServer>, IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("taskslices-").FullName;

    private string SecretFile => Path.Combine(server.DataDirectory, "token-secret");

    [Fact]
    public async Task Makes_no_secret_and_no_directory_and_says_where_it_looked()
    {
        var data = Path.Combine(_directory, "data");

        (await ServerProcess.RunAsync(["token", "ann"], _directory, new() { ["DATA_DIR"] = "" }))
            .IsRefused(Path.Combine(data, "token-secret"), "Start the server once first", "Data:Directory (DATA_DIR)");

        Assert.Empty(Directory.EnumerateFileSystemEntries(_directory));
    }

    [Fact]
    public async Task Prints_a_token_that_works_beside_the_server_and_after_its_restart()
    {
        var before = await PrintAsync("ann");
        await IsAccepted("ann", before);

        await server.RestartAsync();

        Assert.Equal(before.Split('.')[0], (await PrintAsync("ann")).Split('.')[0]);
        await IsAccepted("ann", before);
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
    public async Task Prints_a_token_for_any_name(string user) => await IsAccepted(user, await PrintAsync(user));

    [Fact]
    public async Task Prints_a_token_for_the_longest_name()
    {
        var user = new string('a', 255);

        await IsAccepted(user, await PrintAsync(user));
    }

    /// <summary>As someone does who copies it from the log.</summary>
    [Fact]
    public async Task Is_written_in_the_log_of_the_server_as_it_works_there()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no sh.");
        await Wait.Until("the log has the command", () => Command().IsMatch(server.Process.Log));
        var command = Command().Match(server.Process.Log).Groups[1].Value;
        Assert.EndsWith($"TaskSlices.dll token ann --Data:Directory {server.DataDirectory}", command, StringComparison.Ordinal);

        var start = new ProcessStartInfo("sh", ["-c", command]) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = server.Process.WorkingDirectory };
        using var shell = Process.Start(start)!;
        var token = await shell.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);

        await IsAccepted("ann", token.Trim());
    }

    [Fact]
    public async Task Signs_with_the_secret_that_is_configured()
    {
        var run = await ServerProcess.RunAsync(["token", "ann"], _directory, new() { ["BETTER_AUTH_SECRET"] = Token.Secret });

        Assert.Equal((0, "Signed with Auth:Secret."), (run.ExitCode, run.Error.Trim()));
        await using var app = InProcess.Start(_directory, ("BETTER_AUTH_SECRET", Token.Secret));
        await app.CreateClient().GetWith("/api/ann/tasks", ("Authorization", $"Bearer {run.Output.Trim()}")).IsList();
        Assert.False(File.Exists(Path.Combine(_directory, "token-secret")));
    }

    [Fact]
    public async Task Wants_one_name_of_a_length_that_a_subject_may_have()
    {
        foreach (var names in new string[][] { [], [""], [new('a', 256)], ["ann", "bob"] })
        {
            var (exitCode, output, error) = await ServerProcess.RunAsync(["token", .. names], _directory);
            Assert.Equal((2, ""), (exitCode, output));
            Assert.Contains(names switch { [] => "'USER' missing", [_] => "1 to 255 characters: token ann", _ => "'bob'" }, error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Does_not_sign_with_a_secret_that_is_not_ASCII() =>
        (await ServerProcess.RunAsync(["token", "ann"], _directory, new() { ["BETTER_AUTH_SECRET"] = "p\u00e4ssw\u00f6rd-0123456789-0123456789-0123456789" })).IsRefused("BETTER_AUTH_SECRET", "ASCII");

    [Fact]
    public async Task Does_not_sign_with_a_setting_that_is_wrong() =>
        (await ServerProcess.RunAsync(["token", "ann"], _directory, new() { ["BETTER_AUTH_SECRET"] = "short" })).IsRefused("BETTER_AUTH_SECRET");

    [Fact]
    public void Uses_a_secret_that_nobody_else_can_read()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no file modes.");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, Mode(SecretFile));
        Assert.True(File.ReadAllText(SecretFile).Trim().Length >= 43);

        using var directory = DirectoryAt("made");
        directory.Keep("token-secret", () => "a secret");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, Mode(directory.PathOf("token-secret")));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, Mode(directory.PathOf("")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("31-bytes-are-one-too-few-for-it\n")]
    public async Task Does_not_go_on_with_a_kept_secret_that_was_spoilt(string secret)
    {
        var file = Path.Combine(_directory, "token-secret");
        await File.WriteAllTextAsync(file, secret, TestContext.Current.CancellationToken);

        if (secret.Length > 1)
            (await ServerProcess.RunAsync(["token", "ann"], _directory)).IsRefused(file, "too short", "Delete the file");
        InProcess.Refuses(_directory, [], file, "too short", "Delete the file");

        Assert.Equal(secret, await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task One_secret_is_made_when_many_ask_for_the_first_at_once()
    {
        var secrets = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() =>
        {
            using var directory = DirectoryAt("many");

            return directory.Keep("token-secret", () => $"secret {i}");
        })));

        Assert.Single(secrets.Distinct());
        Assert.Equal(["token-secret"], Directory.EnumerateFileSystemEntries(Path.Combine(_directory, "many")).Select(Path.GetFileName));
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private static UnixFileMode Mode(string path) => OperatingSystem.IsWindows() ? UnixFileMode.None : File.GetUnixFileMode(path);

    private DataDirectory DirectoryAt(string name) => new(Options.Create(new DataSettings { Directory = Path.Combine(_directory, name) }));

    private async Task IsAccepted(string user, string token) =>
        await server.Anonymous().GetWith($"/api/{Uri.EscapeDataString(user)}/tasks", ("Authorization", $"Bearer {token}")).IsList();

    private async Task<string> PrintAsync(string user)
    {
        var (exitCode, output, error) = await ServerProcess.RunAsync(["--Data:Directory", server.DataDirectory, "token", user], _directory);

        Assert.Equal((0, $"Signed with {SecretFile}."), (exitCode, error.Trim()));
        Assert.Matches(@"^[\w-]+\.[\w-]+\.[\w-]{43}\r?\n$", output);

        return output.Trim();
    }

    [GeneratedRegex(@"\$\((.*?)\)")]
    private static partial Regex Command();
}
