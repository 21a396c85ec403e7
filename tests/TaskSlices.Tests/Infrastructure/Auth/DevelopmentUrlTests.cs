using TaskSlices.Infrastructure.Auth;

namespace TaskSlices.Tests.Infrastructure.Auth;

/// <summary>A server that keeps accounts, and takes the tokens of a Better Auth server on the developer's machine beside them.</summary>
public sealed class DevelopmentUrlTests(DevelopmentUrlTests.Both servers) : IClassFixture<DevelopmentUrlTests.Both>
{
    [Fact]
    public async Task Serves_the_users_of_both()
    {
        var asked = servers.Keys.Asked;
        var here = await servers.SignUpAsync();
        var token = await here.TokenAsync();
        await here.Tasks(token, "POST", """{"title":"Of an account here"}""").Is(HttpStatusCode.Created);
        Assert.Equal(asked, servers.Keys.Asked);

        using var there = servers.Anonymous();
        there.DefaultRequestHeaders.Authorization = new("Bearer", servers.Key.TokenFrom(servers.Keys.Url, "grace"));
        await there.Post("/api/grace/tasks", """{"title":"Of the other server"}""").Is(HttpStatusCode.Created);

        Assert.Equal("Of the other server", (await there.Get("/api/grace/tasks").IsList())[0]!["title"]!.GetValue<string>());
        await there.Get($"/api/{here.Id}/tasks").IsProblem(HttpStatusCode.Forbidden, "NOT_YOUR_URL");
        await there.SendWith("DELETE", "/api/grace", """{"password":"of the other server"}""")
            .IsProblem(HttpStatusCode.UnprocessableEntity, "ACCOUNT_KEPT_ELSEWHERE");
    }

    [Fact]
    public async Task Takes_no_token_of_the_other_for_an_account_here()
    {
        var here = await servers.SignUpAsync();
        using var there = servers.Anonymous();
        there.DefaultRequestHeaders.Authorization = new("Bearer", servers.Key.TokenFrom(servers.Keys.Url, here.Id));

        var problem = await there.Get($"/api/{here.Id}/tasks").IsProblem(HttpStatusCode.Unauthorized, "WRONG_ISSUER");

        Assert.Contains("account is on this server", problem["detail"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Needs_the_other_only_for_its_own_tokens()
    {
        await using var keys = await KeyServer.StartAsync();
        await using var reader = await KeyReader.StartAsync(new AuthSettings { DevelopmentUrl = keys.Url });
        keys.Answer = context =>
        {
            context.Response.StatusCode = 404;

            return Task.CompletedTask;
        };

        // Ready without keys, and it asks for none.
        await reader.HasKeys();
        Assert.Equal(0, keys.Asked);

        var key = new SigningKey("made-later");
        Assert.Equal("ALGORITHM_NOT_CONFIGURED", await reader.CodeFor(key.TokenFrom(keys.Url)));
        keys.Publish(key);
        Assert.Equal("ada", await reader.SubjectOf(key.TokenFrom(keys.Url)));
        Assert.Equal("WRONG_ISSUER", await reader.CodeFor(key.TokenFrom("https://app.example")));
        Assert.Equal(2, keys.Asked);
    }

    [Fact]
    public async Task Can_not_name_users_by_what_an_account_here_has_too()
    {
        var key = new SigningKey("known");
        await using var keys = await KeyServer.StartAsync(key);
        await using var reader = await KeyReader.StartAsync(new AuthSettings { DevelopmentUrl = keys.Url, SubjectClaim = "email" });

        Assert.Equal("ALGORITHM_NOT_CONFIGURED", await reader.CodeFor(key.TokenFrom(keys.Url)));
        Assert.Equal(0, keys.Asked);
    }

    [Fact]
    public async Task Is_nobody_beside_a_configured_issuer()
    {
        await using var keys = await KeyServer.StartAsync();
        await using var configured = await KeyServer.StartAsync(new SigningKey("known"));
        var key = new SigningKey("of-the-developer");
        keys.Publish(key);
        await using var reader = await KeyReader.StartAsync(new AuthSettings { Url = configured.Url, DevelopmentUrl = keys.Url });
        await reader.HasKeys();

        Assert.Equal("UNKNOWN_KEY", await reader.CodeFor(key.TokenFrom(keys.Url)));
        Assert.Equal(0, keys.Asked);
    }

    public sealed class Both : AccountServer, IAsyncLifetime
    {
        public SigningKey Key { get; } = new("development");

        public KeyServer Keys { get; private set; } = null!;

        protected override Dictionary<string, string> Settings => new() { ["Auth__DevelopmentUrl"] = Keys.Url };

        async ValueTask IAsyncLifetime.InitializeAsync()
        {
            Keys = await KeyServer.StartAsync(Key);
            await InitializeAsync();
        }

        async ValueTask IAsyncDisposable.DisposeAsync()
        {
            await DisposeAsync();
            await Keys.DisposeAsync();
        }
    }
}
