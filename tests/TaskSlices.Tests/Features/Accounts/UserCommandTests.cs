namespace TaskSlices.Tests.Features.Accounts;

/// <summary>Beside a server, which runs the commands on SQLite and shares the database on PostgreSQL.</summary>
[Trait("Speed", "slow")]
public sealed class UserCommandTests(AccountServer server) : IClassFixture<AccountServer>
{
    [Fact]
    public async Task Lists_the_accounts()
    {
        var visitor = await server.SignUpAsync();

        var (exitCode, output, error) = await RunAsync("list");

        Assert.Equal((0, ""), (exitCode, error));
        Assert.Matches($@"(?m)^\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\dZ\t{visitor.Email}\t[^\t]+\t{visitor.Id}\r?$", output);
    }

    [Fact]
    public async Task Resets_a_password_and_ends_the_sessions()
    {
        var visitor = await server.SignUpAsync();
        var (user, token) = (visitor.Id, await visitor.TokenAsync());

        var (exitCode, output, error) = await RunAsync("reset-password", visitor.Email.ToUpperInvariant());

        Assert.Equal((0, ""), (exitCode, error));
        Assert.Matches(@"^\w{20}\r?\n$", output);
        await Wait.Until("the token is refused", async () =>
            (await server.Anonymous().GetWith($"/api/{user}/tasks", ("Authorization", $"Bearer {token}"))).StatusCode is HttpStatusCode.Unauthorized);
        var anew = server.NewVisitor();
        Assert.Equal(HttpStatusCode.Unauthorized, (await SignInAsync(anew, visitor.Email, visitor.Password)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await SignInAsync(anew, visitor.Email, output.Trim())).StatusCode);
    }

    [Fact]
    public async Task Deletes_an_account_with_its_tasks_when_told_to()
    {
        var visitor = await server.SignUpAsync();
        var user = visitor.Id;

        var (exitCode, output, error) = await RunAsync("delete", visitor.Email, "--yes");

        Assert.Equal((0, $"Erased {visitor.Email} ({user}).", ""), (exitCode, output.Trim(), error));
        Assert.Equal(HttpStatusCode.Unauthorized, (await SignInAsync(server.NewVisitor(), visitor.Email, visitor.Password)).StatusCode);
        Assert.DoesNotContain(visitor.Email, (await RunAsync("list")).Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("reset-password")]
    [InlineData("delete", "--yes")]
    public async Task Says_that_nobody_has_the_address(string command, params string[] options)
    {
        var (exitCode, output, error) = await RunAsync([command, "nobody@example.com", .. options]);

        Assert.Equal((1, ""), (exitCode, output));
        Assert.StartsWith("There is no account with that address.", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Says_that_the_accounts_are_kept_elsewhere()
    {
        var (exitCode, _, error) = await ServerProcess.RunAsync(
            ["user", "list"], Directory.CreateTempSubdirectory("taskslices-").FullName, new() { ["DATA_DIR"] = server.DataDirectory, ["BETTER_AUTH_SECRET"] = Token.Secret });

        // On SQLite the server answers, which keeps the accounts.
        Assert.Equal(Engine.IsPostgres, exitCode == 1 && error.StartsWith("No accounts are kept here", StringComparison.Ordinal));
    }

    private static Task<HttpResponseMessage> SignInAsync(Visitor visitor, string email, string password) =>
        visitor.Post("/api/auth/sign-in/email", Visitor.Json(new { email, password }));

    private Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] words) =>
        ServerProcess.RunAsync(["user", .. words], server.DataDirectory);
}
