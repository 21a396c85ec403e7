namespace TaskSlices.Tests.Features.Accounts;

public sealed class AccountSettingsTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("taskslices-").FullName;

    [Theory]
    [InlineData("Accounts__TokenLifetime", "00:00:59", "Accounts:TokenLifetime", "00:01:00")]
    [InlineData("Accounts__TokenLifetime", "7.00:00:01", "Accounts:TokenLifetime", "7.00:00:00")]
    [InlineData("Accounts__TokenLifetime", "soon", "Accounts:TokenLifetime", "soon")]
    [InlineData("Accounts__Url", "tasks.example", "Accounts:Url", "https://tasks.example")]
    [InlineData("Accounts__Url", "https://tasks.example/app", "Accounts:Url", "without a path")]
    [InlineData("Accounts__Url", "ftp://tasks.example", "Accounts:Url", "https://tasks.example")]
    [InlineData("Accounts__AttemptsPerAddress", "0", "Accounts:AttemptsPerAddress", "1 at least")]
    [InlineData("Accounts__FailuresPerAccount", "0", "Accounts:FailuresPerAccount", "1 at least")]
    [InlineData("Accounts__ServiceKey", "31-bytes-are-one-too-few-for-it", "Accounts:ServiceKey", "openssl rand -base64 32")]
    [InlineData("Accounts__SignUp", "perhaps", "Accounts:SignUp", "open, invited or closed")]
    [InlineData("Accounts__Servicekeys", "x", "Accounts:Servicekeys", "TokenLifetime, Url")]
    public void Does_not_start_with_a_setting_that_is_wrong(string name, string value, string setting, string mend)
    {
        var line = InProcess.Refuses(_directory, [(name, value)], setting, mend);

        if (name == "Accounts__ServiceKey")
            Assert.DoesNotContain(value, line, StringComparison.Ordinal);
    }

    [Trait("Engine", "SQLite")]
    [Fact]
    public async Task Does_not_start_with_a_kept_secret_that_was_spoilt()
    {
        await File.WriteAllTextAsync(Path.Combine(_directory, "cookie-secret"), "short\n", TestContext.Current.CancellationToken);

        InProcess.Refuses(_directory, [], "cookie-secret is too short. Delete the file");
    }

    [Trait("Speed", "slow")]
    [Fact]
    public async Task Is_known_at_another_address_than_it_listens_at()
    {
        await using var server = await ServerProcess.StartAsync(_directory, new() { ["Accounts__Url"] = "https://tasks.example", ["Accounts__TokenLifetime"] = "7.00:00:00" });
        var visitor = new Visitor(server.Client.BaseAddress!) { Origin = "https://tasks.example" };
        var response = await visitor.Post("/api/auth/sign-up/email", Visitor.Json(new { name = "", email = visitor.Email, password = visitor.Password }));
        var id = (await response.Is(HttpStatusCode.OK))["user"]!["id"]!.GetValue<string>();

        var (name, _, attributes) = Assert.Single(response.SetCookies());
        Assert.Equal(("__Secure-better-auth.session_token", "Max-Age=604800; Path=/; HttpOnly; Secure; SameSite=Lax"), (name, string.Join("; ", attributes)));
        var token = await visitor.TokenAsync();
        var claims = Visitor.Claims(token);
        Assert.Equal(("https://tasks.example", "https://tasks.example"), (claims["iss"]!.GetValue<string>(), claims["aud"]!.GetValue<string>()));
        Assert.InRange(claims["exp"]!.GetValue<long>() - claims["iat"]!.GetValue<long>(), 604_790, 604_801);
        Assert.Empty(await visitor.WithToken(token, "GET", $"/api/{id}/tasks").IsList());

        // Whoever can choose the name under which the server is called gets no other origin trusted by it, and no other issuer.
        await visitor.Send("POST", "/api/auth/sign-out", "{}", ("Host", "evil.example"), ("Origin", "http://evil.example")).IsRefused(403, "Invalid origin", "INVALID_ORIGIN");
        var forged = (await visitor.Get("/api/auth/token", ("Host", "evil.example")).Is(HttpStatusCode.OK))["token"]!.GetValue<string>();
        Assert.Equal("https://tasks.example", Visitor.Claims(forged)["iss"]!.GetValue<string>());
    }

    [Trait("Speed", "slow")]
    [Fact]
    public async Task Tokens_name_the_address_and_are_refused_at_another()
    {
        var data = Directory.CreateDirectory(Path.Combine(_directory, "data")).FullName;
        string token;
        string id;
        await using (var first = await ServerProcess.StartAsync(data, new() { ["Accounts__TokenLifetime"] = "7.00:00:00", ["Accounts__Url"] = "http://tasks.example" }))
        {
            var visitor = new Visitor(first.Client.BaseAddress!) { Origin = "http://tasks.example" };
            id = (await visitor.SignUpAsync())["user"]!["id"]!.GetValue<string>();
            token = await visitor.TokenAsync();
            await first.StopAsync();
        }

        await using var second = await ServerProcess.StartAsync(data, new() { ["Accounts__Url"] = "https://tasks.example" });
        await second.Client.GetWith($"/api/{id}/tasks", ("Authorization", $"Bearer {token}")).IsProblem(HttpStatusCode.Unauthorized, "WRONG_ISSUER");
    }

    [Trait("Speed", "slow")]
    [Fact]
    public async Task Closes_sign_up()
    {
        string email;
        await using (var open = await ServerProcess.StartAsync(_directory))
        {
            var member = new Visitor(open.Client.BaseAddress!);
            await member.SignUpAsync();
            email = member.Email;
            await open.StopAsync();
        }

        await using var server = await ServerProcess.StartAsync(_directory, new() { ["Accounts__SignUp"] = "false" });
        var visitor = new Visitor(server.Client.BaseAddress!);

        foreach (var json in new[] { "{}", Visitor.Json(new { name = "", email = visitor.Email, password = visitor.Password }) })
            await visitor.Post("/api/auth/sign-up/email", json).IsRefused(403, "Email and password sign up is not enabled", "EMAIL_PASSWORD_SIGN_UP_DISABLED");
        Assert.Equal("""{"ok":true,"signUp":false}""", (await server.Client.Get("/api/auth/ok").Is(HttpStatusCode.OK)).ToJsonString());
        await new Visitor(server.Client.BaseAddress!) { Email = email }.SignInAsync();
    }

    /// <summary>A token lives as long as its lifetime was when it was made, at most seven days.</summary>
    [Trait("Speed", "slow")]
    [Fact]
    public async Task Remembers_an_ended_session_when_the_lifetime_of_tokens_is_made_long_again()
    {
        const string lifetime = "Accounts__TokenLifetime";
        string token, id;
        await using (var first = await ServerProcess.StartAsync(_directory, new() { [lifetime] = "7.00:00:00" }))
        {
            var visitor = new Visitor(first.Client.BaseAddress!);
            id = (await visitor.SignUpAsync())["user"]!["id"]!.GetValue<string>();
            token = await visitor.TokenAsync();
            await first.StopAsync();
            await using var second = await ServerProcess.StartAsync(_directory, new() { [lifetime] = "00:01:00" });
            var moved = new Visitor(second.Client.BaseAddress!);
            foreach (var (name, value) in visitor.Cookies)
                moved.Cookies[name] = value;
            await moved.SignOutAsync();
            await second.StopAsync();
        }

        // An hour passes.
        using (var database = Engine.Open(_directory))
        {
            database.Execute(Engine.Sql("UPDATE ended_sessions SET until = until - 3600000", "UPDATE ended_sessions SET until = until - interval '1 h'"));
        }

        await using var third = await ServerProcess.StartAsync(_directory, new() { [lifetime] = "7.00:00:00" });
        await third.Client.GetWith($"/api/{id}/tasks", ("Authorization", $"Bearer {token}")).IsProblem(HttpStatusCode.Unauthorized, "SESSION_ENDED");
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);
}
