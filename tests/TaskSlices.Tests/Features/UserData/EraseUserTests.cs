using System.Text;

namespace TaskSlices.Tests.Features.UserData;

[Collection(OneAccountServer.Name)]
public sealed class EraseUserTests(AccountServer server)
{
    [Fact]
    public async Task Removes_tasks_sessions_and_account_and_leaves_nothing_in_the_file_after_the_next_vacuum()
    {
        var (visitor, bystander) = (await server.SignUpAsync(), await server.SignUpAsync());
        var (token, others) = (await visitor.TokenAsync(), await bystander.TokenAsync());
        var title = $"Erase me, {Guid.NewGuid():N}";
        for (var i = 0; i < 30; i++)
            await visitor.Tasks(token, "POST", Visitor.Json(new { title, description = new string('x', 900) })).Is(HttpStatusCode.Created);
        await bystander.Tasks(others, "POST", """{"title":"Stays"}""").Is(HttpStatusCode.Created);

        var answer = await visitor.WithToken(token, "DELETE", $"/api/{visitor.Id}", Visitor.Json(new { password = visitor.Password })).Is(HttpStatusCode.OK);

        Assert.Equal(Visitor.Json(new { user_id = visitor.Id, message = "User erased" }), answer.ToJsonString());
        using (var database = server.OpenDatabase())
        {
            foreach (var table in database.TablesOfUsers())
                Assert.Equal(0L, database.Scalar($"SELECT count(*) FROM {table} WHERE user_id = $id", ("$id", visitor.Id)));
        }

        // What another server keeps on its disk is its own.
        if (!Engine.IsPostgres)
        {
            server.Execute("VACUUM");
            server.Execute("PRAGMA wal_checkpoint(TRUNCATE)");
            Assert.Equal("", Leftovers([visitor.Id, visitor.Email, title]));
        }

        Assert.Single(await bystander.Tasks(others).IsList());
    }

    [Fact]
    public async Task Ends_all_sessions_and_makes_room_for_a_new_account()
    {
        var visitor = await server.SignUpAsync();
        var other = visitor.Elsewhere();
        await other.SignInAsync();
        var (token, others) = (await visitor.TokenAsync(), await other.TokenAsync());

        await visitor.WithToken(token, "DELETE", $"/api/{visitor.Id}", Visitor.Json(new { password = visitor.Password })).Is(HttpStatusCode.OK);

        await visitor.Tasks(token).IsProblem(HttpStatusCode.Unauthorized, "SESSION_ENDED");
        await visitor.Tasks(others).IsProblem(HttpStatusCode.Unauthorized, "SESSION_ENDED");
        Assert.Equal("null", await other.Get("/api/auth/get-session").Text());
        await visitor.Elsewhere().Post("/api/auth/sign-in/email", Visitor.Json(new { email = visitor.Email, password = visitor.Password }))
            .IsRefused(401, "Invalid email or password", "INVALID_EMAIL_OR_PASSWORD");
        var again = visitor.Elsewhere();
        await again.SignUpAsync();
        Assert.NotEqual(visitor.Id, again.Id);
    }

    [Theory]
    [InlineData(null, "VALIDATION_FAILED")]
    [InlineData("{}", "VALIDATION_FAILED")]
    [InlineData("""{"password":null}""", "VALIDATION_FAILED")]
    [InlineData("""{"password":"wrong password"}""", "WRONG_PASSWORD")]
    [InlineData("""{"password":7}""", "VALIDATION_FAILED")]
    public async Task Asks_for_the_password_again(string? json, string code)
    {
        var visitor = await server.SignUpAsync();
        var token = await visitor.TokenAsync();

        var problem = await visitor.WithToken(token, "DELETE", $"/api/{visitor.Id}?password=correct%20horse", json).IsProblem(HttpStatusCode.UnprocessableEntity, code);

        Assert.Equal("password", Assert.Single(problem["errors"]!.AsArray())!["field"]!.GetValue<string>());
        Assert.Empty(await visitor.Tasks(token).IsList());
    }

    [Fact]
    public async Task Refuses_a_body_that_is_no_JSON()
    {
        var visitor = await server.SignUpAsync();

        await visitor.WithToken(await visitor.TokenAsync(), "DELETE", $"/api/{visitor.Id}", "{").IsProblem(HttpStatusCode.BadRequest, "MALFORMED_JSON");
    }

    [Fact]
    public async Task Is_the_owners_and_the_services()
    {
        var (ann, bob) = (await server.SignUpAsync(), await server.SignUpAsync());
        var token = await ann.TokenAsync();

        await ann.WithToken(await bob.TokenAsync(), "DELETE", $"/api/{ann.Id}", Visitor.Json(new { password = bob.Password })).IsProblem(HttpStatusCode.Forbidden, "NOT_YOUR_URL");
        await server.Anonymous().Delete($"/api/{ann.Id}").IsProblem(HttpStatusCode.Unauthorized, "TOKEN_MISSING");
        await ann.WithToken(AccountServer.ServiceKey[..^1], "DELETE", $"/api/{ann.Id}").IsProblem(HttpStatusCode.Unauthorized);
        Assert.Empty(await ann.Tasks(token).IsList());

        for (var i = 0; i < 2; i++)
            await ann.WithToken(AccountServer.ServiceKey, "DELETE", $"/api/{ann.Id}").Is(HttpStatusCode.OK);
        await ann.Tasks(token).IsProblem(HttpStatusCode.Unauthorized, "SESSION_ENDED");
        Assert.Empty(await bob.Tasks(await bob.TokenAsync()).IsList());
    }

    [Fact]
    public async Task Refuses_a_write_whose_body_was_half_there_before()
    {
        var visitor = await server.SignUpAsync();
        var token = await visitor.TokenAsync();
        using var tcp = new System.Net.Sockets.TcpClient(server.Address.Host, server.Address.Port);
        var stream = tcp.GetStream();
        const string body = """{"title":"Too late"}""";
        await stream.WriteAsync(
            Encoding.ASCII.GetBytes($"POST /api/{visitor.Id}/tasks HTTP/1.1\r\nHost: {server.Address.Authority}\r\nAuthorization: Bearer {token}\r\n" +
                $"Content-Type: application/json\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n{body[..8]}"),
            TestContext.Current.CancellationToken);

        // The server has authenticated it when a request that came later is answered, several times over.
        for (var i = 0; i < 20; i++)
            await visitor.Tasks(token);
        await EraseAsync(visitor, token);
        await stream.WriteAsync(Encoding.ASCII.GetBytes(body[8..]), TestContext.Current.CancellationToken);
        var answer = await new StreamReader(stream).ReadToEndAsync(TestContext.Current.CancellationToken);

        Assert.StartsWith("HTTP/1.1 401 ", answer, StringComparison.Ordinal);
        Assert.Contains("SESSION_ENDED", answer, StringComparison.Ordinal);
        AssertNothingIsLeft(visitor.Id);
    }

    [Fact]
    public async Task Leaves_nothing_of_those_who_write_meanwhile()
    {
        var visitors = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => server.SignUpAsync()));

        await Parallel.ForEachAsync(visitors, TestContext.Current.CancellationToken, async (visitor, ct) =>
        {
            var token = await visitor.TokenAsync();
            var isErased = false;
            var writing = Enumerable.Range(0, 16).Select(async i =>
            {
                while (!Volatile.Read(ref isErased))
                    (await visitor.Tasks(token, "POST", """{"title":"Meanwhile"}""")).Dispose();
            }).ToList();
            await Wait.Until("it writes", () => Count(visitor.Id, "tasks") > 20);

            await EraseAsync(visitor, token);
            AssertNothingIsLeft(visitor.Id);
            Volatile.Write(ref isErased, true);
            await Task.WhenAll(writing);
            AssertNothingIsLeft(visitor.Id);
        });
    }

    private static async Task EraseAsync(Visitor visitor, string token) =>
        await visitor.WithToken(token, "DELETE", $"/api/{visitor.Id}", Visitor.Json(new { password = visitor.Password })).Is(HttpStatusCode.OK);

    private long Count(string userId, string table)
    {
        using var database = server.OpenDatabase();

        return (long)database.Scalar($"SELECT count(*) FROM {table} WHERE user_id = $id", ("$id", userId))!;
    }

    private void AssertNothingIsLeft(string userId)
    {
        foreach (var table in new[] { "tasks", "accounts", "sessions", "revisions" })
            Assert.Equal(0, Count(userId, table));
    }

    /// <summary>Which of the texts still stands in which file of the data directory.</summary>
    private string Leftovers(string[] texts) => string.Join('\n',
        from path in Directory.GetFiles(server.DataDirectory, "taskslices.db*")
        where !path.EndsWith("-shm", StringComparison.Ordinal)
        let content = Encoding.Latin1.GetString(Read(path))
        from text in texts
        where content.Contains(text, StringComparison.Ordinal)
        select $"{text} in {Path.GetFileName(path)}");

    private static byte[] Read(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);

        return bytes;
    }
}
