using FastEndpoints.Testing;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using TaskSlices.Infrastructure.Auth;
using TaskSlices.Infrastructure.Hosting;

namespace TaskSlices.Tests.Infrastructure.Auth;

public sealed class RequestLimitsTests(RequestLimitsTests.Limited app) : TestBase<RequestLimitsTests.Limited>
{
    private readonly string _ann = App.NewUser();

    [Fact]
    public async Task Refuses_one_change_too_many_until_the_minute_is_over_and_says_when()
    {
        var client = app.As(_ann);
        for (var i = 0; i < Limited.Writes; i++)
            await client.CreateTask(_ann);

        app.Step(TimeSpan.FromSeconds(19.5));
        var refused = await client.Post($"/api/{_ann}/tasks", """{"title": "Buy milk"}""");

        await refused.IsProblem(HttpStatusCode.TooManyRequests, "TOO_MANY_REQUESTS");
        Assert.Equal(["41"], refused.Headers.GetValues("Retry-After"));
        Assert.Equal(["\"writes\";q=5;w=60"], refused.Headers.GetValues("RateLimit-Policy"));
        Assert.Equal(["\"writes\";r=0;t=41"], refused.Headers.GetValues("RateLimit"));
        Assert.Equal(Limited.Writes, app.LastRevision(_ann));
        app.Step(TimeSpan.FromSeconds(40));
        await client.Post($"/api/{_ann}/tasks", """{"title": "Buy milk"}""").IsProblem(HttpStatusCode.TooManyRequests);
        app.Step(TimeSpan.FromSeconds(0.5));
        await client.CreateTask(_ann);
    }

    [Fact]
    public async Task Counts_reads_apart_from_changes_and_each_user_alone()
    {
        var client = app.As(_ann);
        for (var i = 0; i < Limited.Reads; i++)
            await client.Get($"/api/{_ann}/tasks").IsList();

        var refused = await client.Get($"/api/{_ann}/tasks");

        await refused.IsProblem(HttpStatusCode.TooManyRequests);
        Assert.Equal(["\"reads\";q=12;w=60"], refused.Headers.GetValues("RateLimit-Policy"));
        await client.Send("HEAD", $"/api/{_ann}/tasks").ProblemWith(429);
        await client.CreateTask(_ann);
        var bob = App.NewUser();
        await app.As(bob).Get($"/api/{bob}/tasks").IsList();
    }

    [Fact]
    public async Task Counts_for_the_caller_and_never_for_the_user_in_the_address()
    {
        var mallory = app.As(App.NewUser());
        for (var i = 0; i < Limited.Writes; i++)
            await mallory.Post($"/api/{_ann}/tasks").IsProblem(HttpStatusCode.Forbidden);

        await mallory.Post($"/api/{_ann}/tasks").IsProblem(HttpStatusCode.TooManyRequests);
        await app.As(_ann).CreateTask(_ann);
    }

    [Fact]
    public async Task Counts_a_batch_as_its_operations_and_changes_nothing_if_they_are_too_many()
    {
        var client = app.As(_ann);
        await client.Post($"/api/{_ann}/batch", Batch(3)).Is(HttpStatusCode.OK);

        var refused = await client.Post($"/api/{_ann}/batch", Batch(3));

        await refused.IsProblem(HttpStatusCode.TooManyRequests);
        Assert.Equal(["\"writes\";r=1;t=60"], refused.Headers.GetValues("RateLimit"));
        Assert.Equal(3, app.LastRevision(_ann));
        await client.CreateTask(_ann);
        await client.Post($"/api/{_ann}/tasks", """{"title": "Buy milk"}""").IsProblem(HttpStatusCode.TooManyRequests);

        // More than a minute has: it takes a whole one.
        app.Step(TimeSpan.FromMinutes(1));
        await client.Post($"/api/{_ann}/batch", Batch(Limited.Writes + 2)).Is(HttpStatusCode.OK);
        await client.Post($"/api/{_ann}/tasks", """{"title": "Buy milk"}""").IsProblem(HttpStatusCode.TooManyRequests);
    }

    [Fact]
    public async Task Counts_what_has_no_valid_token_for_its_address_and_verifies_no_other_then()
    {
        var (known, unknown) = (app.As(_ann), app.As(App.NewUser()));
        await known.CreateTask(_ann);
        string[] tokens = ["", "null", "a.b.c", Token.Of(Token.Header, Token.Claims(_ann), "another-secret-that-is-long-enough"), Token.For(_ann, -100)];
        Assert.Equal(Limited.Writes, tokens.Length);
        foreach (var token in tokens)
            await app.WithToken(token).Post($"/api/{_ann}/tasks").IsProblem(HttpStatusCode.Unauthorized);

        Assert.Equal("60", Assert.Single((await app.Anonymous().Post($"/api/{_ann}/tasks")).Headers.GetValues("Retry-After")));
        await app.WithToken(tokens[3]).Post($"/api/{_ann}/tasks").IsProblem(HttpStatusCode.TooManyRequests, "TOO_MANY_REQUESTS");
        await app.Anonymous().Post("/nowhere").IsProblem(HttpStatusCode.TooManyRequests);

        // Who was there before goes on; a token that was never seen has to be verified first.
        await known.CreateTask(_ann);
        await unknown.Post($"/api/{_ann}/tasks").IsProblem(HttpStatusCode.TooManyRequests);
        app.Step(TimeSpan.FromMinutes(1));
        await unknown.Post($"/api/{_ann}/tasks").IsProblem(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task Limits_neither_health_nor_a_server_with_the_service_key()
    {
        for (var i = 0; i < 2 * Limited.Reads; i++)
        {
            await app.Anonymous().Get("/health/live").Is(HttpStatusCode.OK);
            Assert.Equal(HttpStatusCode.OK, (await app.WithToken(App.ServiceKey).Get($"/api/{_ann}/export")).StatusCode);
        }
    }

    /// <summary>With a counter for each address, all of them would get through.</summary>
    [Fact]
    public void Keeps_a_fixed_number_of_counters_for_any_number_of_addresses()
    {
        using var limits = Limits(1);
        var admitted = Enumerable.Range(0, 100_000).Count(i => limits.Take(From(new IPAddress(i + 1L))) is null);

        Assert.InRange(admitted, 1_000, 1 << 14);
    }

    [Fact]
    public void Counts_an_IPv6_network_and_an_IPv4_address_in_IPv6_as_one()
    {
        using var limits = Limits(1);

        Assert.Null(limits.Take(From(IPAddress.Parse("2001:db8::1"))));
        Assert.NotNull(limits.Take(From(IPAddress.Parse("2001:db8::ffff:2"))));
        Assert.Null(limits.Take(From(IPAddress.Parse("1.2.3.4"))));
        Assert.NotNull(limits.Take(From(IPAddress.Parse("::ffff:1.2.3.4"))));
        Assert.Null(limits.Take(From(null)));
        Assert.NotNull(limits.Take(From(null)));
    }

    private static RequestLimits Limits(int reads) =>
        new(Options.Create(new LimitSettings { ReadsPerMinute = reads }), TimeProvider.System);

    private static DefaultHttpContext From(IPAddress? address) => new()
    {
        Request = { Method = "GET" },
        Connection = { RemoteIpAddress = address },
    };

    private static string Batch(int operations) => $$"""
        {"operations": [{{string.Join(", ", Enumerable.Repeat("""{"method": "POST", "path": "/tasks", "body": {"title": "Buy milk"}}""", operations))}}]}
        """;

    [DisableWafCache]
    public sealed class Limited : App
    {
        public const int Writes = 5, Reads = 12;

        private readonly LimitClock _clock = new();

        public void Step(TimeSpan by) => _clock.Step(by);

        protected override void ConfigureApp(IWebHostBuilder a)
        {
            base.ConfigureApp(a);
            a.UseSetting("Limits:WritesPerMinute", $"{Writes}");
            a.UseSetting("Limits:ReadsPerMinute", $"{Reads}");
        }

        protected override void ConfigureServices(IServiceCollection s) =>
            s.AddSingleton(services => new RequestLimits(services.GetRequiredService<IOptions<LimitSettings>>(), _clock));
    }

    private sealed class LimitClock : TimeProvider
    {
        private long _ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public void Step(TimeSpan by) => Interlocked.Add(ref _ticks, by.Ticks);

        public override long GetTimestamp() => Volatile.Read(ref _ticks);
    }
}
