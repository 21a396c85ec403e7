using System.Net.Http.Json;

namespace TaskSlices.Tests.Features.Accounts;

/// <summary>A server that takes as many wrong passwords as a new installation does.</summary>
public sealed class LimitedServer : AccountServer
{
    protected override Dictionary<string, string> Settings => new() { ["Accounts__FailuresPerAccount"] = "10" };

    /// <summary>A crowd that signs in must have something to compute.</summary>
    protected override bool HashesQuickly => false;
}

/// <summary>A server that takes few tries from one address.</summary>
public sealed class GuardedServer : AccountServer
{
    protected override Dictionary<string, string> Settings => new() { ["Accounts__AttemptsPerAddress"] = "5" };
}

/// <summary>A server that takes few requests of any kind.</summary>
public sealed class BusyServer : AccountServer
{
    protected override Dictionary<string, string> Settings => new() { ["Limits__WritesPerMinute"] = "3" };
}

[Trait("Speed", "slow")]
public sealed class BruteForceTests(LimitedServer server) : IClassFixture<LimitedServer>
{
    private const string Url = "/api/auth/sign-in/email";

    [Fact]
    public async Task An_account_takes_ten_wrong_passwords_and_then_not_even_the_right_one()
    {
        var visitor = await server.SignUpAsync();
        await TryAsync(visitor, 10, 0);

        var refused = await visitor.Elsewhere().Post(Url, Visitor.Json(new { email = visitor.Email.ToUpperInvariant(), password = visitor.Password }));

        await refused.IsRefused(429, "Too many requests. Please try again later.", null);
        Assert.InRange(int.Parse(Assert.Single(refused.Headers.GetValues("X-Retry-After")), System.Globalization.CultureInfo.InvariantCulture), 1, 900);
        await (await server.SignUpAsync()).SignInAsync();
        Assert.Equal(HttpStatusCode.OK, (await visitor.Get("/api/auth/token")).StatusCode);
    }

    [Fact]
    public async Task Many_tries_at_once_are_no_more_than_one_after_another()
    {
        var visitor = await server.SignUpAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => visitor.Elsewhere().Post(Url, Visitor.Json(new { email = visitor.Email, password = $"wrong {i}" }))));

        Assert.Equal(
            ["401 10", "429 30"], answers.GroupBy(answer => (int)answer.StatusCode).OrderBy(same => same.Key).Select(same => $"{same.Key} {same.Count()}"));
    }

    [Fact]
    public async Task An_account_that_does_not_exist_has_the_same_limit()
    {
        var nobody = server.NewVisitor();
        await TryAsync(nobody, 10, 2);
    }

    [Fact]
    public async Task Signing_in_is_not_held_against_the_account()
    {
        var visitor = await server.SignUpAsync();

        for (var i = 0; i < 12; i++)
            await visitor.Elsewhere().SignInAsync();
    }

    [Fact]
    public async Task Erasing_takes_no_more_wrong_passwords_than_signing_in()
    {
        var visitor = await server.SignUpAsync();
        var token = await visitor.TokenAsync();
        await TryAsync(visitor, 5, 0);

        for (var i = 0; i < 5; i++)
            await visitor.WithToken(token, "DELETE", $"/api/{visitor.Id}", """{"password":"wrong"}""").IsProblem(HttpStatusCode.UnprocessableEntity, "WRONG_PASSWORD");
        var refused = await visitor.WithToken(token, "DELETE", $"/api/{visitor.Id}", Visitor.Json(new { password = visitor.Password }));

        await refused.IsProblem(HttpStatusCode.TooManyRequests, "TOO_MANY_REQUESTS");
        Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(15));
    }

    /// <summary>Hashing takes a processor; those who read their tasks must not wait for it, nor those who wait use up the memory.</summary>
    [Fact]
    public async Task A_crowd_that_signs_in_does_not_keep_others_from_their_tasks()
    {
        var visitor = await server.SignUpAsync();
        var token = await visitor.TokenAsync();
        using var crowd = server.Anonymous();
        var tries = Enumerable.Range(0, 150).Select(i => crowd.PostAsJsonAsync(Url, new { email = $"crowd{i}@example.com", password = "x" }, TestContext.Current.CancellationToken)).ToList();

        var slowest = TimeSpan.Zero;
        for (var i = 0; i < 20; i++)
        {
            var started = System.Diagnostics.Stopwatch.GetTimestamp();
            Assert.Empty(await visitor.Tasks(token).IsList());
            var taken = System.Diagnostics.Stopwatch.GetElapsedTime(started);
            slowest = taken > slowest ? taken : slowest;
        }

        var answers = await Task.WhenAll(tries);
        TestContext.Current.SendDiagnosticMessage($"The slowest list took {slowest.TotalMilliseconds:0} ms; {answers.Count(a => a.StatusCode == HttpStatusCode.TooManyRequests)} of {answers.Length} were sent away.");
        Assert.True(slowest < TimeSpan.FromSeconds(5), $"A list took {slowest.TotalSeconds:0.0} s.");
        Assert.All(answers, answer => Assert.True(answer.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.TooManyRequests, $"{answer.StatusCode}"));
        Assert.Contains(answers, answer => answer.StatusCode == HttpStatusCode.TooManyRequests);
        Assert.Contains(answers, answer => answer.StatusCode == HttpStatusCode.Unauthorized);
    }

    private static async Task TryAsync(Visitor visitor, int wrong, int more)
    {
        for (var i = 0; i < wrong; i++)
            await visitor.Elsewhere().Post(Url, Visitor.Json(new { email = visitor.Email, password = $"wrong {i}" })).IsRefused(401, "Invalid email or password", "INVALID_EMAIL_OR_PASSWORD");
        for (var i = 0; i < more; i++)
            await visitor.Elsewhere().Post(Url, Visitor.Json(new { email = visitor.Email, password = $"wrong {i}" })).IsRefused(429, "Too many requests. Please try again later.", null);
    }
}

public sealed class AddressLimitTests(GuardedServer server) : IClassFixture<GuardedServer>
{
    [Fact]
    public async Task An_address_may_try_so_often_whomever_it_tries_for()
    {
        var visitor = await server.SignUpAsync();
        await server.NewVisitor().Post("/api/auth/sign-up/email", "{}").IsRefused(
            400, "[body.name] Invalid input: expected string, received undefined; [body.email] Invalid input: expected string, received undefined; [body.password] Invalid input: expected string, received undefined", "VALIDATION_ERROR");

        for (var i = 0; i < 4; i++)
            await server.NewVisitor().Post("/api/auth/sign-in/email", Visitor.Json(new { email = $"{i}@example.com", password = "x" })).IsRefused(401, "Invalid email or password", "INVALID_EMAIL_OR_PASSWORD");

        foreach (var url in new[] { "/api/auth/sign-in/email", "/api/auth/sign-up/email" })
        {
            var refused = await server.NewVisitor().Post(url, Visitor.Json(new { name = "", email = "new@example.com", password = "correct horse" }));
            await refused.IsRefused(429, "Too many requests. Please try again later.", null);
            Assert.InRange(int.Parse(Assert.Single(refused.Headers.GetValues("X-Retry-After")), System.Globalization.CultureInfo.InvariantCulture), 1, 60);
        }

        Assert.Empty(await visitor.Tasks(await visitor.TokenAsync()).IsList());
    }
}

public sealed class RequestLimitTests(BusyServer server) : IClassFixture<BusyServer>
{
    [Fact]
    public async Task One_request_too_many_is_refused_as_Better_Auth_does()
    {
        var visitor = await server.SignUpAsync();
        for (var i = 0; i < 2; i++)
            await visitor.Post("/api/auth/sign-in/email", "{}");

        var refused = await visitor.Post("/api/auth/sign-out", "{}");

        await refused.IsRefused(429, "Too many requests. Please try again later.", null);
        Assert.InRange(int.Parse(Assert.Single(refused.Headers.GetValues("X-Retry-After")), System.Globalization.CultureInfo.InvariantCulture), 1, 60);
        Assert.Equal(refused.Headers.GetValues("X-Retry-After"), refused.Headers.GetValues("Retry-After"));
        await visitor.WithToken("", "POST", $"/api/{visitor.Id}/tasks").IsProblem(HttpStatusCode.TooManyRequests, "TOO_MANY_REQUESTS");
    }
}
