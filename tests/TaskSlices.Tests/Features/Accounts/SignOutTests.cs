namespace TaskSlices.Tests.Features.Accounts;

[Collection(OneAccountServer.Name)]
public sealed class SignOutTests(AccountServer server)
{
    private const string Url = "/api/auth/sign-out";

    [Fact]
    public async Task Ends_the_session_and_clears_its_cookies()
    {
        var visitor = await server.SignUpAsync();
        var browser = visitor.Elsewhere();
        browser.Cookies[Visitor.SessionCookie] = visitor.Cookies[Visitor.SessionCookie];

        var response = await visitor.Post(Url, "{}");

        Assert.Equal("""{"success":true}""", (await response.Is(HttpStatusCode.OK)).ToJsonString());
        Assert.Equal([Visitor.SessionCookie, "better-auth.session_data", "better-auth.dont_remember"], response.SetCookies().Select(cookie => cookie.Name));
        Assert.All(response.SetCookies(), cookie => Assert.Equal(("", "Max-Age=0; Path=/; HttpOnly; SameSite=Lax"), (cookie.Value, string.Join("; ", cookie.Attributes))));
        await browser.Get("/api/auth/token").IsRefused(401, "Unauthorized", "UNAUTHORIZED");
        Assert.Empty(browser.Cookies);
    }

    [Fact]
    public async Task Says_the_same_without_a_session_and_without_a_body()
    {
        foreach (var body in new[] { "{}", null })
            Assert.Equal("""{"success":true}""", (await server.NewVisitor().Post(Url, body).Is(HttpStatusCode.OK)).ToJsonString());
    }

    /// <summary>Replay after sign-out: of a token that was never used, of one that is remembered as verified, and of one that was asked for later.</summary>
    [Fact]
    public async Task Ends_the_tokens_of_that_session_at_once_and_of_no_other()
    {
        var visitor = await server.SignUpAsync();
        var other = visitor.Elsewhere();
        await other.SignInAsync();
        var (used, fresh, others) = (await visitor.TokenAsync(), (await visitor.Get("/api/auth/get-session")).Headers.GetValues("set-auth-jwt").Single(), await other.TokenAsync());
        for (var i = 0; i < 3; i++)
            Assert.Empty(await visitor.Tasks(used).IsList());

        await visitor.SignOutAsync();

        await visitor.Tasks(used).IsProblem(HttpStatusCode.Unauthorized, "SESSION_ENDED");
        await visitor.Tasks(fresh).IsProblem(HttpStatusCode.Unauthorized, "SESSION_ENDED");
        Assert.Empty(await visitor.Tasks(others).IsList());
        Assert.Empty(await visitor.Tasks(await other.TokenAsync()).IsList());
    }

    [Fact]
    public async Task Ends_the_session_of_a_program_that_has_no_cookies()
    {
        var visitor = server.NewVisitor();
        var session = (await visitor.SignUpAsync())["token"]!.GetValue<string>();
        var program = visitor.Elsewhere();
        var token = (await program.WithToken(session, "GET", "/api/auth/token").Is(HttpStatusCode.OK))["token"]!.GetValue<string>();

        await program.WithToken(session, "POST", Url, "{}").Is(HttpStatusCode.OK);

        await program.Tasks(token).IsProblem(HttpStatusCode.Unauthorized, "SESSION_ENDED");
        await program.WithToken(session, "GET", "/api/auth/token").IsRefused(401, "Unauthorized", "UNAUTHORIZED");
    }
}

[Trait("Speed", "slow")]
[Collection(OneAccountServer.Name)]
public sealed class SignOutAndRestartTests(AccountServer server)
{
    [Fact]
    public async Task It_is_still_so_after_a_restart()
    {
        var visitor = await server.SignUpAsync();
        var other = visitor.Elsewhere();
        await other.SignInAsync();
        var (ended, others) = (await visitor.TokenAsync(), await other.TokenAsync());
        await visitor.SignOutAsync();

        await server.RestartAsync();
        var (after, otherAfter) = (await MoveAsync(visitor), await MoveAsync(other));

        await after.Tasks(ended).IsProblem(HttpStatusCode.Unauthorized, "SESSION_ENDED");
        Assert.Empty(await otherAfter.Tasks(others).IsList());
        Assert.Empty(await otherAfter.Tasks(await otherAfter.TokenAsync()).IsList());
    }

    /// <summary>The same person at the server's new port.</summary>
    private async Task<Visitor> MoveAsync(Visitor before)
    {
        var visitor = new Visitor(server.Address) { Email = before.Email, Password = before.Password };
        await visitor.SignInAsync();
        foreach (var (name, value) in before.Cookies)
            visitor.Cookies[name] = value;

        return visitor;
    }
}
