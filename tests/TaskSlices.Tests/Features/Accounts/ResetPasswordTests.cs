namespace TaskSlices.Tests.Features.Accounts;

[Collection(OneMailingServer.Name)]
public sealed class ResetPasswordTests(MailingServer server)
{
    private const string Url = "/api/auth/reset-password";
    private const string Next = "battery staple";

    [Fact]
    public async Task Sets_the_password_and_ends_every_session_with_its_tokens()
    {
        var (visitor, bystander) = (await server.SignUpAsync(), await server.SignUpAsync());
        var access = await visitor.TokenAsync();
        var token = await TokenAsync(visitor);

        Assert.Equal("""{"status":true}""", (await server.NewVisitor().Post(Url, Json(token)).Is(HttpStatusCode.OK)).ToJsonString());

        await visitor.Tasks(access).IsProblem(HttpStatusCode.Unauthorized, "SESSION_ENDED");
        Assert.Equal("null", await visitor.Get("/api/auth/get-session").Text());
        await visitor.Elsewhere().Post("/api/auth/sign-in/email", Visitor.Json(new { email = visitor.Email, password = visitor.Password }))
            .IsRefused(401, "Invalid email or password", "INVALID_EMAIL_OR_PASSWORD");
        await new Visitor(server.Address) { Email = visitor.Email, Password = Next }.SignInAsync();
        await bystander.Elsewhere().SignInAsync();
        Assert.DoesNotContain(Next, server.Process.Log, StringComparison.Ordinal);
    }

    /// <summary>One after the other, and all at once.</summary>
    [Fact]
    public async Task Works_once()
    {
        var visitor = await server.SignUpAsync();
        var token = await TokenAsync(visitor);

        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => server.NewVisitor().Post(Url, Json(token))));

        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.OK);
        foreach (var answer in answers.Where(answer => answer.StatusCode != HttpStatusCode.OK).Append(await visitor.Post(Url, Json(token))))
            await answer.IsRefused(400, "Invalid token", "INVALID_TOKEN");
    }

    [Fact]
    public async Task Works_for_an_hour()
    {
        var visitor = await server.SignUpAsync();
        var token = await TokenAsync(visitor);
        Assert.Equal(1L, Count(visitor, TimeSpan.FromMinutes(59), TimeSpan.FromHours(1)));

        server.Execute("UPDATE password_resets SET expires_at = $now WHERE user_id = $id", ("$now", Engine.Time(DateTimeOffset.UtcNow)), ("$id", visitor.Id));

        await visitor.Post(Url, Json(token)).IsRefused(400, "Invalid token", "INVALID_TOKEN");
        await visitor.Elsewhere().SignInAsync();
    }

    /// <summary>Whoever changes the password or the address takes away what was mailed before.</summary>
    [Theory]
    [InlineData("/api/auth/change-password", """{"currentPassword":"correct horse","newPassword":"another horse"}""")]
    [InlineData("/api/auth/change-email", """{"newEmail":"moved-away@example.com"}""")]
    [InlineData("/api/auth/delete-user", "{}")]
    public async Task Works_no_more_once_the_account_is_changed(string url, string json)
    {
        var visitor = await server.SignUpAsync();
        var token = await TokenAsync(visitor);

        await visitor.Post(url, json).Is(HttpStatusCode.OK);

        await server.NewVisitor().Post(Url, Json(token)).IsRefused(400, "Invalid token", "INVALID_TOKEN");
    }

    [Fact]
    public async Task Works_no_more_once_the_operator_has_set_another_password()
    {
        var visitor = await server.SignUpAsync();
        var token = await TokenAsync(visitor);

        var (exitCode, _, error) = await ServerProcess.RunAsync(["user", "reset-password", visitor.Email], server.DataDirectory);

        Assert.Equal((0, ""), (exitCode, error));
        await server.NewVisitor().Post(Url, Json(token)).IsRefused(400, "Invalid token", "INVALID_TOKEN");
    }

    [Fact]
    public async Task Ends_all_other_links_too()
    {
        var visitor = await server.SignUpAsync();
        var (first, second) = (await TokenAsync(visitor), await TokenAsync(visitor));

        await server.NewVisitor().Post(Url, Json(first)).Is(HttpStatusCode.OK);

        await server.NewVisitor().Post(Url, Json(second)).IsRefused(400, "Invalid token", "INVALID_TOKEN");
    }

    [Theory]
    [InlineData("""{"newPassword":"battery staple"}""", "Invalid token", "INVALID_TOKEN")]
    [InlineData("""{"newPassword":"battery staple","token":""}""", "Invalid token", "INVALID_TOKEN")]
    [InlineData("""{"newPassword":"battery staple","token":"nothing"}""", "Invalid token", "INVALID_TOKEN")]
    [InlineData("""{"newPassword":"1234567","token":"nothing"}""", "Password too short", "PASSWORD_TOO_SHORT")]
    [InlineData("""{"newPassword":5,"token":null}""", "[body.newPassword] Invalid input: expected string, received number; [body.token] Invalid input: expected string, received null", "VALIDATION_ERROR")]
    public async Task Refuses_what_Better_Auth_refuses_in_its_words(string json, string message, string code) =>
        await server.NewVisitor().Post(Url, json).IsRefused(400, message, code);

    [Fact]
    public async Task Takes_no_password_that_is_too_long_and_keeps_the_token_for_another()
    {
        var visitor = await server.SignUpAsync();
        var token = await TokenAsync(visitor);

        await visitor.Post(Url, Visitor.Json(new { newPassword = new string('x', 129), token })).IsRefused(400, "Password too long", "PASSWORD_TOO_LONG");

        await visitor.Post(Url, Json(token)).Is(HttpStatusCode.OK);
    }

    private async Task<string> TokenAsync(Visitor visitor)
    {
        await visitor.Post("/api/auth/request-password-reset", Visitor.Json(new { email = visitor.Email, redirectTo = "/" })).Is(HttpStatusCode.OK);

        return (await server.Mailbox.NextAsync()).Link.Segments[^1];
    }

    /// <summary>How many links of the user expire within that time from now.</summary>
    private object? Count(Visitor visitor, TimeSpan least, TimeSpan most)
    {
        using var database = server.OpenDatabase();

        return database.Scalar(
            "SELECT count(*) FROM password_resets WHERE user_id = $id AND expires_at BETWEEN $least AND $most", ("$id", visitor.Id),
            ("$least", Engine.Time(DateTimeOffset.UtcNow + least)), ("$most", Engine.Time(DateTimeOffset.UtcNow + most)));
    }

    private static string Json(string token) => Visitor.Json(new { newPassword = Next, token });
}
