using System.Reflection;
using FastEndpoints.Testing;

namespace TaskSlices.Tests.Infrastructure.Operations;

public sealed class HealthTests(App app) : TestBase<App>
{
    [Theory]
    [InlineData("/health/live")]
    [InlineData("/health/ready")]
    public async Task Says_ok_to_anybody(string url)
    {
        foreach (var client in new[] { app.Anonymous(), app.WithToken("garbage"), app.As("ann") })
            Assert.Equal("ok", (await client.Get(url).Is(HttpStatusCode.OK))["status"]!.GetValue<string>());

        var head = await app.Anonymous().Send("HEAD", url);
        Assert.Equal(HttpStatusCode.OK, head.StatusCode);
    }

    [Fact]
    public async Task Names_the_version_without_the_commit_when_asked_whether_it_lives()
    {
        var full = typeof(Program).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;
        var version = full.Split('+')[0];

        Assert.Matches(@"^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$", version);
        Assert.Equal(
            $$"""{"status":"ok","version":"{{version}}"}""",
            (await app.Anonymous().Get("/health/live").Is(HttpStatusCode.OK)).ToJsonString());
        Assert.Equal("""{"status":"ok"}""", (await app.Anonymous().Get("/health/ready").Is(HttpStatusCode.OK)).ToJsonString());
    }

    [Theory]
    [InlineData("POST")]
    [InlineData("PUT")]
    [InlineData("PATCH")]
    [InlineData("DELETE")]
    public async Task Takes_no_other_method(string method)
    {
        foreach (var url in new[] { "/health/live", "/health/ready" })
        {
            var response = await app.As("ann").Send(method, url);

            await response.IsProblem(HttpStatusCode.MethodNotAllowed);
            Assert.Equal(["GET", "HEAD"], response.Content.Headers.Allow.Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public async Task Is_not_to_be_kept_by_anybody_on_the_way()
    {
        foreach (var url in new[] { "/health/live", "/health/ready" })
            Assert.True((await app.Anonymous().Get(url)).Headers.CacheControl?.NoStore);
    }

    [Fact]
    public async Task Says_not_ready_without_a_word_of_sql_when_a_check_fails_in_another_way()
    {
        await using var server = new Server();
        await server.InitializeAsync();
        server.Execute("ALTER TABLE heartbeat RENAME TO elsewhere");

        var problem = await server.Anonymous().Get("/health/ready").IsProblem(HttpStatusCode.ServiceUnavailable, "NOT_READY");

        Assert.Equal("A check failed; the log says why.", problem["detail"]!.GetValue<string>());
    }

    [Fact]
    public async Task Says_not_ready_when_the_database_is_gone()
    {
        await using var fragile = await FragileApp.StartAsync();
        await fragile.Anonymous().Get("/health/ready").Is(HttpStatusCode.OK);

        fragile.TakeDatabaseAway();
        fragile.Clock.Now += TimeSpan.FromSeconds(2);

        await fragile.Anonymous().Get("/health/ready").IsProblem(HttpStatusCode.ServiceUnavailable, "NOT_READY");
        await fragile.Anonymous().Get("/health/live").Is(HttpStatusCode.OK);
    }

    [Trait("Engine", "SQLite")]
    [Fact]
    public async Task Says_not_ready_when_the_database_is_spoilt()
    {
        await using var fragile = await FragileApp.StartAsync();

        fragile.SpoilDatabase();

        var problem = await fragile.Anonymous().Get("/health/ready").IsProblem(HttpStatusCode.ServiceUnavailable, "NOT_READY");
        Assert.DoesNotContain(fragile.DataDirectory, problem.ToJsonString(), StringComparison.Ordinal);
    }

    [Trait("Engine", "SQLite")]
    [Fact]
    public async Task Says_not_ready_while_somebody_else_holds_the_database_and_ready_again_after()
    {
        await using var fragile = await FragileApp.StartAsync();
        using var other = fragile.OpenDatabase();
        using var hold = other.CreateCommand();
        hold.CommandText = "BEGIN IMMEDIATE";
        hold.ExecuteNonQuery();

        await fragile.Anonymous().Get("/health/ready").IsProblem(HttpStatusCode.ServiceUnavailable, "NOT_READY");

        hold.CommandText = "ROLLBACK";
        hold.ExecuteNonQuery();
        fragile.Clock.Now += TimeSpan.FromSeconds(2);
        await fragile.Anonymous().Get("/health/ready").Is(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Asks_the_database_once_a_second_whoever_asks()
    {
        await using var fragile = await FragileApp.StartAsync();
        var before = Beat(fragile);

        await Task.WhenAll(Enumerable.Range(0, 50).Select(async _ => await fragile.Anonymous().Get("/health/ready").Is(HttpStatusCode.OK)));
        var first = Beat(fragile);
        fragile.Clock.Now += TimeSpan.FromMilliseconds(500);
        await fragile.Anonymous().Get("/health/ready").Is(HttpStatusCode.OK);
        var second = Beat(fragile);
        fragile.Clock.Now += TimeSpan.FromMilliseconds(500);
        await fragile.Anonymous().Get("/health/ready").Is(HttpStatusCode.OK);

        Assert.Equal((0, first, first + 1000), (before, second, Beat(fragile)));
    }

    private static long Beat(App app)
    {
        using var database = app.OpenDatabase();

        return (long)database.Scalar("SELECT coalesce(max(beat_at), 0) FROM heartbeat")!;
    }
}
