namespace TaskSlices.Tests.Features.Accounts;

[Collection(OneAccountServer.Name)]
public sealed class GetSessionTests(AccountServer server)
{
    private const string Url = "/api/auth/get-session";

    [Fact]
    public async Task Says_who_is_signed_in_with_a_token_beside_it()
    {
        var visitor = await server.SignUpAsync();
        var response = await visitor.Get(Url, ("User-Agent", "a browser"));
        var body = await response.Is(HttpStatusCode.OK);

        Assert.Equal(["session", "user"], body.Members());
        Assert.Equal(["expiresAt", "token", "createdAt", "updatedAt", "ipAddress", "userAgent", "userId", "id"], body["session"].Members());
        Assert.Equal(["name", "email", "emailVerified", "createdAt", "updatedAt", "id"], body["user"].Members());
        Assert.Equal(visitor.Cookies[Visitor.SessionCookie].Split('.')[0], body["session"]!["token"]!.GetValue<string>());
        Assert.Equal((visitor.Id, "127.0.0.1"), (body["session"]!["userId"]!.GetValue<string>(), body["session"]!["ipAddress"]!.GetValue<string>()));
        Assert.Equal(TimeSpan.FromDays(7), body["session"].Moment("expiresAt") - body["session"].Moment("createdAt"));
        Assert.Equal(("no-store", "no-cache"), (response.Headers.CacheControl?.ToString(), response.Headers.Pragma.ToString()));
        Assert.Equal("set-auth-jwt", Assert.Single(response.Headers.GetValues("Access-Control-Expose-Headers")));
        Assert.Empty(await visitor.Tasks(Assert.Single(response.Headers.GetValues("set-auth-jwt"))).IsList());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("bad.bad")]
    [InlineData("a.b.c")]
    public async Task Is_null_without_a_session(string? cookie)
    {
        var visitor = server.NewVisitor();
        if (cookie is not null)
            visitor.Cookies[Visitor.SessionCookie] = cookie;

        var response = await visitor.Get(Url);

        Assert.Equal((HttpStatusCode.OK, "null"), (response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)));
        Assert.False(response.Headers.Contains("set-auth-jwt"));
        Assert.Equal("no-store", response.Headers.CacheControl?.ToString());
    }

    /// <summary>The session's token is in the answer of signing in; a cookie that somebody makes of it is none.</summary>
    [Fact]
    public async Task Takes_no_cookie_whose_signature_is_wrong()
    {
        var visitor = await server.SignUpAsync();
        var (token, signature) = (visitor.Cookies[Visitor.SessionCookie].Split('.')[0], visitor.Cookies[Visitor.SessionCookie].Split('.')[1]);

        foreach (var forged in new[] { token, $"{token}.", $"{token}.{new string('A', 43)}%3D", $"{token}.{signature[..^4]}" })
        {
            var browser = visitor.Elsewhere();
            browser.Cookies[Visitor.SessionCookie] = forged;
            Assert.Equal("null", await browser.Get(Url).Text());
        }
    }

    [Fact]
    public async Task Ends_by_itself()
    {
        var visitor = await server.SignUpAsync();
        server.Execute("UPDATE sessions SET expires_at = $at WHERE user_id = $id", ("$id", visitor.Id), ("$at", Engine.Time(DateTimeOffset.UtcNow.AddSeconds(-1))));

        var response = await visitor.Get(Url);

        Assert.Equal("null", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal(3, response.SetCookies().Count());
        Assert.Empty(visitor.Cookies);
    }

    [Fact]
    public async Task Goes_on_for_another_week_when_it_is_used_after_a_day()
    {
        var visitor = await server.SignUpAsync();
        Assert.Empty((await visitor.Get(Url)).SetCookies());
        server.Execute(Engine.Sql(
            "UPDATE sessions SET expires_at = expires_at - 86401000 WHERE user_id = $id",
            "UPDATE sessions SET expires_at = expires_at - interval '86401 s' WHERE user_id = $id"), ("$id", visitor.Id));

        var response = await visitor.Get(Url);

        Assert.Equal((Visitor.SessionCookie, "Max-Age=604800"), (Assert.Single(response.SetCookies()).Name, response.SetCookies().Single().Attributes[0]));
        var session = (await response.Is(HttpStatusCode.OK))["session"];
        Assert.InRange(session.Moment("expiresAt") - DateTimeOffset.UtcNow, TimeSpan.FromDays(7) - TimeSpan.FromMinutes(1), TimeSpan.FromDays(7));
        Assert.Empty((await visitor.Get(Url)).SetCookies());
    }

    [Fact]
    public async Task Is_not_to_be_posted()
    {
        var response = await server.NewVisitor().Post(Url, "{}");

        await response.IsRefused(405, "POST method requires deferSessionRefresh to be enabled in session config", "METHOD_NOT_ALLOWED_DEFER_SESSION_REQUIRED");
    }
}
