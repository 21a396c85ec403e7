namespace TaskSlices.Tests.Features.UserData;

[Collection(OneAccountServer.Name)]
public sealed class DeleteUserTests(AccountServer server)
{
    private const string Url = "/api/auth/delete-user";

    [Fact]
    public async Task Erases_the_caller_by_the_password_and_nobody_else()
    {
        var (visitor, bystander) = (await server.SignUpAsync(), await server.SignUpAsync());
        var other = visitor.Elsewhere();
        await other.SignInAsync();
        var (token, others) = (await visitor.TokenAsync(), await other.TokenAsync());
        await visitor.Tasks(token, "POST", """{"title":"Erase me"}""").Is(HttpStatusCode.Created);
        using var client = server.Anonymous();
        client.DefaultRequestHeaders.Authorization = new("Bearer", others);
        using var stream = await EventReader.OpenAsync(client, $"/api/{visitor.Id}/events");
        Age(visitor, days: 2);

        var response = await visitor.Post(Url, Visitor.Json(new { password = visitor.Password }));

        Assert.Equal("""{"success":true,"message":"User deleted"}""", (await response.Is(HttpStatusCode.OK)).ToJsonString());
        Assert.All(response.SetCookies(), cookie => Assert.Contains("Max-Age=0", cookie.Attributes));
        Assert.Empty(await stream.ReadToEndAsync());
        foreach (var ended in new[] { token, others })
            await visitor.Tasks(ended).IsProblem(HttpStatusCode.Unauthorized, "SESSION_ENDED");
        using (var database = server.OpenDatabase())
        {
            foreach (var table in database.TablesOfUsers())
                Assert.Equal(0L, database.Scalar($"SELECT count(*) FROM {table} WHERE user_id = $id", ("$id", visitor.Id)));
        }

        Assert.Empty(await bystander.Tasks(await bystander.TokenAsync()).IsList());
        await visitor.Elsewhere().SignUpAsync();
    }

    [Fact]
    public async Task Needs_no_password_within_a_day_of_the_sign_in()
    {
        var (visitor, late) = (await server.SignUpAsync(), await server.SignUpAsync());
        Age(late, days: 1);

        await visitor.Post(Url, "{}").Is(HttpStatusCode.OK);
        await late.Post(Url, """{"password":""}""").IsRefused(400, "Session expired. Re-authenticate to perform this action.", "SESSION_EXPIRED");

        Assert.Equal("null", await visitor.Get("/api/auth/get-session").Text());
        await late.Elsewhere().SignInAsync();
    }

    [Theory]
    [InlineData("""{"password":"wrong password"}""", 400, "Invalid password", "INVALID_PASSWORD")]
    [InlineData("""{"token":"nothing"}""", 404, "Invalid token", "INVALID_TOKEN")]
    [InlineData("""{"password":1,"token":2}""", 400, "[body.password] Invalid input: expected string, received number; [body.token] Invalid input: expected string, received number", "VALIDATION_ERROR")]
    [InlineData("""{"callbackURL":"https://evil.example"}""", 403, "Invalid callbackURL", "INVALID_CALLBACK_URL")]
    [InlineData("[]", 400, "[body] Invalid input: expected object, received array", "VALIDATION_ERROR")]
    public async Task Erases_nobody_by(string json, int status, string message, string code)
    {
        var visitor = await server.SignUpAsync();

        await visitor.Post(Url, json).IsRefused(status, message, code);

        Assert.Empty(await visitor.Tasks(await visitor.TokenAsync()).IsList());
    }

    [Fact]
    public async Task Refuses_a_password_that_is_too_long() =>
        await (await server.SignUpAsync()).Post(Url, Visitor.Json(new { password = new string('x', 129) })).IsRefused(400, "Password too long", "PASSWORD_TOO_LONG");

    [Fact]
    public async Task Is_for_those_who_are_signed_in() =>
        await server.NewVisitor().Post(Url, "{}").IsRefused(401, "Unauthorized", "UNAUTHORIZED");

    private void Age(Visitor visitor, int days) => server.Execute(
        "UPDATE sessions SET created_at = $at WHERE user_id = $id", ("$at", Engine.Time(DateTimeOffset.UtcNow.AddDays(-days))), ("$id", visitor.Id));
}

/// <summary>A process that is killed while it erases has erased the user as a whole, or not at all.</summary>
[Trait("Engine", "SQLite")]
[Trait("Speed", "slow")]
public sealed class KilledDeletionTests : IDisposable
{
    private const int Rounds = 5;
    private readonly string _directory = Directory.CreateTempSubdirectory("taskslices-").FullName;

    [Fact]
    public async Task Leaves_a_user_whole_or_not_at_all_after_a_kill()
    {
        var erased = 0;
        for (var round = 0; round < Rounds; round++)
        {
            Visitor visitor;
            bool isAcknowledged;
            await using (var server = await ServerProcess.StartAsync(_directory))
            {
                visitor = new Visitor(server.Client.BaseAddress!);
                await visitor.SignUpAsync();
                var token = await visitor.TokenAsync();
                for (var i = 0; i < 50; i++)
                    await visitor.Tasks(token, "POST", """{"title":"Erase me"}""").Is(HttpStatusCode.Created);

                // Each round kills it a little later: before, in the midst of it, or just after.
                var answer = visitor.Post("/api/auth/delete-user", "{}");
                await Task.Delay(TimeSpan.FromMilliseconds(round), TestContext.Current.CancellationToken);
                await server.KillAsync();
                await ((Task)answer).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
                isAcknowledged = answer.IsCompletedSuccessfully && (await answer).IsSuccessStatusCode;
            }

            await using var next = await ServerProcess.StartAsync(_directory);
            using var database = Engine.Open(_directory);
            long[] left = [.. new[] { "accounts", "sessions", "tasks" }.Select(table => (long)database.Scalar($"SELECT count(*) FROM {table} WHERE user_id = $id", ("$id", visitor.Id))!)];
            Assert.True(left is [0, 0, 0] || (left is [1, 1, 50] && !isAcknowledged), $"{string.Join(' ', left)}, acknowledged: {isAcknowledged}");
            erased += left[0] == 0 ? 1 : 0;
            await next.KillAsync();
        }

        TestContext.Current.SendDiagnosticMessage($"{erased} of {Rounds} were erased.");
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);
}
