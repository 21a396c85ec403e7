namespace TaskSlices.Tests.Features.Accounts;

[Collection(OneAccountServer.Name)]
public sealed class SignUpTests(AccountServer server)
{
    private const string Url = "/api/auth/sign-up/email";

    [Fact]
    public async Task Makes_an_account_and_signs_in()
    {
        var visitor = server.NewVisitor();
        var response = await visitor.Post(Url, Visitor.Json(new { name = "Ada", email = visitor.Email.ToUpperInvariant(), password = visitor.Password }));
        var body = await response.Is(HttpStatusCode.OK);

        Assert.Equal(["token", "user"], body.Members());
        Assert.Equal(["name", "email", "emailVerified", "createdAt", "updatedAt", "id"], body["user"].Members());
        Assert.Equal(("Ada", visitor.Email, false), (body["user"]!["name"]!.GetValue<string>(), body["user"]!["email"]!.GetValue<string>(), body["user"]!["emailVerified"]!.GetValue<bool>()));
        Assert.Matches("^[a-zA-Z0-9]{32}$", body["user"]!["id"]!.GetValue<string>());
        Assert.Matches("^[a-zA-Z0-9]{32}$", body["token"]!.GetValue<string>());
        Assert.InRange(DateTimeOffset.UtcNow - body["user"].Moment("createdAt"), TimeSpan.FromSeconds(-1), TimeSpan.FromSeconds(30));
        Assert.Equal("application/json", response.Content.Headers.ContentType?.ToString());

        var (name, value, attributes) = Assert.Single(response.SetCookies());
        Assert.Equal(Visitor.SessionCookie, name);
        Assert.Matches($"^{body["token"]!.GetValue<string>()}\\.([A-Za-z0-9]|%2B|%2F){{43}}%3D$", value);
        Assert.Equal(["Max-Age=604800", "Path=/", "HttpOnly", "SameSite=Lax"], attributes);
        Assert.Equal(HttpStatusCode.OK, (await visitor.Get("/api/auth/token")).StatusCode);
    }

    [Fact]
    public async Task Keeps_neither_the_password_nor_the_session_token()
    {
        var visitor = server.NewVisitor();
        var token = (await visitor.SignUpAsync())["token"]!.GetValue<string>();

        using var database = server.OpenDatabase();
        var hash = (string)database.Scalar("SELECT password_hash FROM accounts WHERE user_id = $id", ("$id", visitor.Id))!;
        var digest = (byte[])database.Scalar("SELECT token_hash FROM sessions WHERE user_id = $id", ("$id", visitor.Id))!;

        Assert.Equal(0x01, Convert.FromBase64String(hash)[0]);
        Assert.Equal(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(token)), digest);
        foreach (var file in Directory.GetFiles(server.DataDirectory, "taskslices.db*"))
        {
            var text = System.Text.Encoding.Latin1.GetString(await ReadAsync(file));
            Assert.DoesNotContain(token, text, StringComparison.Ordinal);
            Assert.DoesNotContain(visitor.Password, text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Forgets_the_session_with_the_browser_when_it_is_not_to_be_remembered()
    {
        var visitor = server.NewVisitor();
        var response = await visitor.Post(Url, Visitor.Json(new { name = "", email = visitor.Email, password = visitor.Password, rememberMe = false, image = "https://example.com/a.png" }));

        Assert.Equal("https://example.com/a.png", (await response.Is(HttpStatusCode.OK))["user"]!["image"]!.GetValue<string>());
        var cookies = response.SetCookies().ToList();
        Assert.Equal([Visitor.SessionCookie, "better-auth.dont_remember"], cookies.Select(cookie => cookie.Name));
        Assert.All(cookies, cookie => Assert.Equal(["Path=/", "HttpOnly", "SameSite=Lax"], cookie.Attributes));
        Assert.StartsWith("true.", cookies[1].Value, StringComparison.Ordinal);
        var session = (await visitor.Get("/api/auth/get-session").Is(HttpStatusCode.OK))["session"];
        Assert.Equal(TimeSpan.FromDays(1), session.Moment("expiresAt") - session.Moment("createdAt"));
    }

    [Theory]
    [InlineData("""{}""", "[body.name] Invalid input: expected string, received undefined; [body.email] Invalid input: expected string, received undefined; [body.password] Invalid input: expected string, received undefined", "VALIDATION_ERROR")]
    [InlineData("""{"name":1,"email":true,"password":null,"image":[],"rememberMe":"x"}""", "[body.name] Invalid input: expected string, received number; [body.email] Invalid input: expected string, received boolean; [body.password] Invalid input: expected string, received null; [body.image] Invalid input: expected string, received array; [body.rememberMe] Invalid input: expected boolean, received string", "VALIDATION_ERROR")]
    [InlineData("""{"name":"","email":"nope","password":"correct horse"}""", "[body.email] Invalid email address", "VALIDATION_ERROR")]
    [InlineData("""{"name":"","email":" a@example.com ","password":"correct horse"}""", "[body.email] Invalid email address", "VALIDATION_ERROR")]
    [InlineData("""{"name":"","email":"a@example.com","password":""}""", "[body.password] Too small: expected string to have >=1 characters", "VALIDATION_ERROR")]
    [InlineData("""{"name":"","email":"a@example.com","password":"1234567"}""", "Password too short", "PASSWORD_TOO_SHORT")]
    [InlineData("""[]""", "[body] Invalid input: expected object, received array; [body] Invalid input: expected record, received array", "VALIDATION_ERROR")]
    [InlineData("""null""", "[body] Invalid input: expected object, received null; [body] Invalid input: expected record, received null", "VALIDATION_ERROR")]
    [InlineData("""{""", "Invalid JSON in request body", "BAD_REQUEST")]
    [InlineData("""{"email":"a@example.com","email":"b@example.com"}""", "Invalid JSON in request body", "BAD_REQUEST")]
    [InlineData("""{"callbackURL":5}""", "Invalid callbackURL: expected a string", null)]
    public async Task Refuses_what_Better_Auth_refuses_in_its_words(string json, string message, string? code) =>
        await server.NewVisitor().Post(Url, json).IsRefused(400, message, code);

    [Fact]
    public async Task Takes_passwords_and_names_up_to_their_limits()
    {
        var visitor = server.NewVisitor();
        await visitor.Post(Url, Visitor.Json(new { name = "", email = visitor.Email, password = new string('x', 129) })).IsRefused(400, "Password too long", "PASSWORD_TOO_LONG");
        await visitor.Post(Url, Visitor.Json(new { name = new string('x', 201), email = visitor.Email, password = "12345678" }))
            .IsRefused(400, "[body.name] Too big: expected string to have <=200 characters", "VALIDATION_ERROR");

        await visitor.Post(Url, Visitor.Json(new { name = new string('\u00e9', 200), email = visitor.Email, password = new string('x', 128) })).Is(HttpStatusCode.OK);
        Assert.Equal(HttpStatusCode.OK, (await visitor.Get("/api/auth/get-session")).StatusCode);
    }

    [Fact]
    public async Task Refuses_an_address_that_has_an_account_however_it_is_written()
    {
        var visitor = await server.SignUpAsync();

        await visitor.Elsewhere().Post(Url, Visitor.Json(new { name = "", email = visitor.Email.ToUpperInvariant(), password = "another password" }))
            .IsRefused(422, "User already exists. Use another email.", "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL");
        await visitor.Elsewhere().SignInAsync();
    }

    [Fact]
    public async Task Makes_one_account_when_many_ask_at_once()
    {
        var visitor = server.NewVisitor();
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ =>
            visitor.Elsewhere().Post(Url, Visitor.Json(new { name = "", email = visitor.Email, password = visitor.Password }))));

        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.OK);
        Assert.Equal(7, answers.Count(answer => answer.StatusCode == HttpStatusCode.UnprocessableEntity));
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    public async Task Takes_nothing_but_JSON(string type)
    {
        var response = await server.Anonymous().Send("POST", Url, "name=a&email=c@example.com&password=12345678"u8.ToArray(), type);

        await response.IsRefused(415, $"Content-Type \"{type}\" is not allowed. Allowed types: application/json", "UNSUPPORTED_MEDIA_TYPE");
    }

    [Fact]
    public async Task Takes_nothing_from_the_query()
    {
        var response = await server.Anonymous().Send("POST", $"{Url}?name=a&email=c@example.com&password=12345678", "{}");

        Assert.Equal("VALIDATION_ERROR", (await response.Is(HttpStatusCode.BadRequest))["code"]!.GetValue<string>());
    }

    private static async Task<byte[]> ReadAsync(string path)
    {
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var bytes = new byte[file.Length];
        await file.ReadExactlyAsync(bytes, TestContext.Current.CancellationToken);

        return bytes;
    }
}
