namespace TaskSlices.Tests.Features.Accounts;

/// <summary>As an operator types it: a process of its own for each.</summary>
[Trait("Speed", "slow")]
public sealed class UserInviteCommandTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("taskslices-").FullName;
    private readonly Dictionary<string, string> _settings = new() { ["Accounts__SignUp"] = "invited" };

    [Fact]
    public async Task Prints_a_code_by_which_one_signs_up_at_the_server_that_runs()
    {
        await using var server = await ServerProcess.StartAsync(_directory, _settings);
        var visitor = new Visitor(server.Client.BaseAddress!);

        var (exitCode, code, error) = await ServerProcess.RunAsync(["user", "invite", visitor.Email.ToUpperInvariant()], _directory, _settings);

        Assert.Equal((0, ""), (exitCode, error));
        Assert.Matches(@"^[a-zA-Z0-9]{32}\r?\n$", code);
        var json = Visitor.Json(new { name = "Ada", email = visitor.Email, password = visitor.Password, invitation = code.Trim() });
        await visitor.Post("/api/auth/sign-up/email", json).Is(HttpStatusCode.OK);
        await visitor.Elsewhere().Post("/api/auth/sign-up/email", Visitor.Json(new { name = "Bob", email = "bob@example.com", password = visitor.Password, invitation = code.Trim() }))
            .IsRefused(403, "Sign-up needs a valid invitation", "INVALID_INVITATION");
        Assert.DoesNotContain(code.Trim(), (await server.StopAsync()).Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Prints_a_link_where_the_address_of_the_server_is_set_and_needs_no_server_that_runs()
    {
        var settings = new Dictionary<string, string>(_settings) { ["Accounts__Url"] = "https://tasks.example", ["PathBase"] = "/app" };
        await using (var first = await ServerProcess.StartAsync(_directory, settings))
            await first.StopAsync();

        var (exitCode, link, error) = await ServerProcess.RunAsync(["user", "invite"], _directory, settings);

        Assert.Equal((0, ""), (exitCode, error));
        Assert.Matches(@"^https://tasks\.example/app/#invitation=[a-zA-Z0-9]{32}\r?\n$", link);
    }

    [Fact]
    public async Task Says_why_it_invites_nobody()
    {
        await using (var first = await ServerProcess.StartAsync(_directory))
        {
            await new Visitor(first.Client.BaseAddress!) { Email = "ada@example.com" }.SignUpAsync();
            await first.StopAsync();
        }

        await RefusesAsync([], ["user", "invite"], "set Accounts:SignUp to invited first");
        await RefusesAsync(_settings, ["user", "invite", "nobody"], "That is no e-mail address.");
        await RefusesAsync(_settings, ["user", "invite", "Ada@example.com"], "There is an account with that address already.");
    }

    public void Dispose()
    {
        Engine.Drop(_directory);
        Directory.Delete(_directory, recursive: true);
    }

    private async Task RefusesAsync(Dictionary<string, string> settings, string[] arguments, string words)
    {
        var (exitCode, output, error) = await ServerProcess.RunAsync(arguments, _directory, settings);

        Assert.NotEqual(0, exitCode);
        Assert.Equal("", output);
        Assert.Contains(words, Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }
}
