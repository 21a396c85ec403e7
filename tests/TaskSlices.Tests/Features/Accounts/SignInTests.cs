namespace TaskSlices.Tests.Features.Accounts;

[Collection(OneAccountServer.Name)]
public sealed class SignInTests(AccountServer server)
{
    private const string Url = "/api/auth/sign-in/email";

    [Fact]
    public async Task Signs_in_with_a_session_of_its_own()
    {
        var visitor = await server.SignUpAsync();
        var browser = visitor.Elsewhere();
        var response = await browser.Post(Url, Visitor.Json(new { email = visitor.Email.ToUpperInvariant(), password = visitor.Password }));
        var body = await response.Is(HttpStatusCode.OK);

        Assert.Equal(["redirect", "token", "user"], body.Members());
        Assert.False(body["redirect"]!.GetValue<bool>());
        Assert.Equal((visitor.Id, visitor.Email), (body["user"]!["id"]!.GetValue<string>(), body["user"]!["email"]!.GetValue<string>()));
        Assert.Equal(["Max-Age=604800", "Path=/", "HttpOnly", "SameSite=Lax"], Assert.Single(response.SetCookies()).Attributes);
        Assert.Empty(await visitor.Tasks(await browser.TokenAsync()).IsList());
        Assert.NotEqual(visitor.Cookies[Visitor.SessionCookie], browser.Cookies[Visitor.SessionCookie]);
    }

    [Fact]
    public async Task Says_where_the_page_goes_next()
    {
        var visitor = await server.SignUpAsync();

        foreach (var target in new[] { "/tasks?x=1", $"{server.Origin}/tasks", "http://localhost:3000/tasks" })
        {
            var response = await visitor.Post(Url, Visitor.Json(new { email = visitor.Email, password = visitor.Password, callbackURL = target }));
            var body = await response.Is(HttpStatusCode.OK);

            Assert.Equal(["redirect", "token", "url", "user"], body.Members());
            Assert.Equal((true, target), (body["redirect"]!.GetValue<bool>(), body["url"]!.GetValue<string>()));
            Assert.Equal(target, response.Headers.Location?.OriginalString);
        }
    }

    [Theory]
    [InlineData("https://evil.example/")]
    [InlineData("//evil.example/")]
    [InlineData("/\\\\evil.example/")]
    [InlineData("/%2fevil.example/")]
    [InlineData("/\\tevil")]
    [InlineData("javascript:alert(1)")]
    public async Task Sends_nobody_to_another_site(string target)
    {
        var visitor = await server.SignUpAsync();

        await visitor.Post(Url, $$"""{"email":"{{visitor.Email}}","password":"{{visitor.Password}}","callbackURL":"{{target}}"}""")
            .IsRefused(403, "Invalid callbackURL", "INVALID_CALLBACK_URL");
    }

    [Theory]
    [InlineData("""{}""", "[body.email] Invalid input: expected string, received undefined; [body.password] Invalid input: expected string, received undefined", "VALIDATION_ERROR")]
    [InlineData("""{"email":"nope","password":"x"}""", "Invalid email", "INVALID_EMAIL")]
    [InlineData("""{"email":"a@example.com","password":7}""", "[body.password] Invalid input: expected string, received number", "VALIDATION_ERROR")]
    [InlineData("""{"email":"a@example.com",""", "Invalid JSON in request body", "BAD_REQUEST")]
    public async Task Refuses_what_Better_Auth_refuses_in_its_words(string json, string message, string code) =>
        await server.NewVisitor().Post(Url, json).IsRefused(400, message, code);

    /// <summary>User enumeration by answer and status.</summary>
    [Fact]
    public async Task Answers_a_wrong_password_and_an_unknown_user_alike()
    {
        var visitor = await server.SignUpAsync();
        var wrong = await visitor.Elsewhere().Post(Url, Visitor.Json(new { email = visitor.Email, password = "wrong password" }));
        var unknown = await visitor.Elsewhere().Post(Url, Visitor.Json(new { email = "nobody@example.com", password = "wrong password" }));

        await wrong.IsRefused(401, "Invalid email or password", "INVALID_EMAIL_OR_PASSWORD");
        wrong.Headers.Remove("Date");
        unknown.Headers.Remove("Date");
        Assert.Equal(await wrong.Everything(), await unknown.Everything());
    }

    /// <summary>Session fixation: someone puts a session of their own, or a value they know, into the victim's browser.</summary>
    [Fact]
    public async Task Takes_no_session_that_the_request_brings()
    {
        var attacker = await server.SignUpAsync();
        var planted = attacker.Cookies[Visitor.SessionCookie];
        var victim = await server.SignUpAsync();
        var browser = victim.Elsewhere();
        browser.Cookies[Visitor.SessionCookie] = planted;

        await browser.SignInAsync();

        Assert.NotEqual(planted, browser.Cookies[Visitor.SessionCookie]);
        var session = await attacker.Get("/api/auth/get-session").Is(HttpStatusCode.OK);
        Assert.Equal(attacker.Id, session["user"]!["id"]!.GetValue<string>());
    }

    [Fact]
    public async Task Ends_the_oldest_session_when_there_are_too_many()
    {
        var visitor = await server.SignUpAsync();
        var token = await visitor.TokenAsync();
        server.Execute(
            Engine.Sql(
                """
                WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 99)
                INSERT INTO sessions SELECT user_id, 'filler' || i, randomblob(32), expires_at, created_at + i, updated_at, '', '' FROM sessions, n
                WHERE user_id = $id
                """,
                """
                INSERT INTO sessions
                SELECT user_id, 'filler' || i, sha256(i::text::bytea), expires_at, created_at + i * interval '1 ms', updated_at, '', ''
                FROM sessions, generate_series(1, 99) i WHERE user_id = $id
                """),
            ("$id", visitor.Id));

        await visitor.Elsewhere().SignInAsync();

        await visitor.Tasks(token).IsProblem(HttpStatusCode.Unauthorized, "SESSION_ENDED");
        using var database = server.OpenDatabase();
        Assert.Equal(100L, database.Scalar("SELECT count(*) FROM sessions WHERE user_id = $id", ("$id", visitor.Id)));
    }

    [Theory]
    [InlineData("/api/auth/sign-in/email", """{"email":"\ud800","password":"x"}""")]
    [InlineData("/api/auth/sign-up/email", """{"name":"\udc00","email":"a@b.co","password":"correct horse"}""")]
    [InlineData("/api/auth/sign-in/email", """{"\ud800":1,"email":"a@b.co","password":"x"}""")]
    [InlineData("/api/auth/sign-out", """{"callbackURL":"\ud800"}""")]
    public async Task Refuses_half_a_character(string url, string json) =>
        await server.NewVisitor().Post(url, json).IsRefused(400, "Invalid JSON in request body", "BAD_REQUEST");

    [Fact]
    public async Task Sends_a_browser_on_to_an_address_that_is_not_plain_ASCII()
    {
        var visitor = await server.SignUpAsync();

        var response = await visitor.Elsewhere().Post(Url, Visitor.Json(new { email = visitor.Email, password = visitor.Password, callbackURL = "/\u00fc" }));

        Assert.Equal("/\u00fc", (await response.Is(HttpStatusCode.OK))["url"]!.GetValue<string>());
        Assert.Equal("/%C3%BC", response.Headers.GetValues("Location").Single());
        await visitor.Elsewhere().Post(Url, Visitor.Json(new { email = visitor.Email, password = visitor.Password, callbackURL = $"{server.Origin}/\nx" }))
            .IsRefused(403, "Invalid callbackURL", "INVALID_CALLBACK_URL");
    }
}
