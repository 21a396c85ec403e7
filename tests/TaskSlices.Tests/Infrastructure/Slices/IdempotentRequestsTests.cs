using System.Net.Sockets;
using FastEndpoints.Testing;
using Microsoft.Extensions.DependencyInjection;
using TaskSlices.Infrastructure.Data;

namespace TaskSlices.Tests.Infrastructure.Slices;

public sealed class IdempotentRequestsTests(ClockApp app) : TestBase<ClockApp>
{
    private const string Milk = """{"title":"Buy milk"}""";

    private readonly string _ann = App.NewUser();

    [Fact]
    public async Task Gives_a_retry_the_first_answer_again()
    {
        var first = await SendAsync("retry", Milk);
        var again = await SendAsync("retry", Milk);

        Assert.Equal((HttpStatusCode.Created, HttpStatusCode.Created), (first.StatusCode, again.StatusCode));
        Assert.Equal("true", Assert.Single(again.Headers.GetValues("Idempotency-Replayed")));
        Assert.False(first.Headers.Contains("Idempotency-Replayed"));
        again.Headers.Remove("Idempotency-Replayed");
        Assert.Equal((await first.Everything()).Split('\n').Order(), (await again.Everything()).Split('\n').Order());
        Assert.Equal($"/api/{_ann}/tasks/{(await first.Is(HttpStatusCode.Created)).Id()}", $"{again.Headers.Location}");
        Assert.Single(await app.As(_ann).Get($"/api/{_ann}/tasks").IsList());
        Assert.Equal(1, app.LastRevision(_ann));
    }

    [Fact]
    public async Task Knows_the_retry_after_a_token_refresh()
    {
        var first = await SendAsync("refresh", Milk);

        // Signed anew, with another expiry.
        var again = await app.WithToken(Token.For(_ann, 700)).SendWith("POST", $"/api/{_ann}/tasks", Milk, ("Idempotency-Key", "refresh"));

        await IsReplayAsync(first, again);
    }

    [Fact]
    public async Task Carries_out_one_of_eight_that_come_at_once()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => SendAsync("at once", Milk), Cancellation)));

        var bodies = await Task.WhenAll(answers.Select(answer => answer.Content.ReadAsStringAsync(Cancellation)));
        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.Created, answer.StatusCode));
        Assert.Single(bodies.Distinct());
        Assert.Equal(7, answers.Count(answer => answer.Headers.Contains("Idempotency-Replayed")));
        Assert.Single(await app.As(_ann).Get($"/api/{_ann}/tasks").IsList());
        Assert.Equal(1, app.LastRevision(_ann));
    }

    [Theory]
    [InlineData("tasks", """{"title":"Buy bread"}""")]
    [InlineData("tasks", """{"title":"Buy milk" }""")]
    [InlineData("Tasks", Milk)]
    public async Task Refuses_another_request_with_the_same_key(string path, string json)
    {
        await SendAsync("reused", Milk);

        var again = await app.As(_ann).SendWith("POST", $"/api/{_ann}/{path}", json, ("Idempotency-Key", "reused"));

        await again.IsProblem(HttpStatusCode.UnprocessableEntity, "IDEMPOTENCY_KEY_REUSED");
        Assert.Equal(1, app.LastRevision(_ann));
    }

    [Fact]
    public async Task Keeps_nothing_of_a_first_try_that_failed()
    {
        await (await SendAsync("failed", """{"title":""}""")).Refuses("title");
        await (await SendAsync("failed", "{")).IsProblem(HttpStatusCode.BadRequest, "MALFORMED_JSON");
        Assert.Equal((0, 0), (Keys(_ann), app.LastRevision(_ann)));

        var right = await SendAsync("failed", Milk);

        Assert.Equal(HttpStatusCode.Created, right.StatusCode);
        Assert.False(right.Headers.Contains("Idempotency-Replayed"));
    }

    [Fact]
    public async Task Takes_a_key_for_new_after_48_hours_and_removes_it()
    {
        var lasting = app.WithToken(Token.For(_ann, 3 * 24 * 3600));
        var first = await SendAsync("old", Milk, lasting);
        await SendAsync("old too", Milk, lasting);
        try
        {
            app.Step(TimeSpan.FromHours(48) - TimeSpan.FromMinutes(1));
            await IsReplayAsync(first, await SendAsync("old", Milk, lasting));
            await SweepAsync();
            Assert.Equal(2, Keys(_ann));

            app.Step(TimeSpan.FromMinutes(1));
            var anew = await SendAsync("old", """{"title":"Buy bread"}""", lasting);
            Assert.Equal(HttpStatusCode.Created, anew.StatusCode);
            await IsReplayAsync(anew, await SendAsync("old", """{"title":"Buy bread"}""", lasting));

            await SweepAsync();
            Assert.Equal(1, Keys(_ann));
            await IsReplayAsync(anew, await SendAsync("old", """{"title":"Buy bread"}""", lasting));
        }
        finally
        {
            app.Step(TimeSpan.FromHours(-48));
        }
    }

    [Fact]
    public async Task Removes_more_expired_keys_than_one_unit_takes()
    {
        using (var database = app.OpenDatabase())
        {
            for (var i = 0; i < 250; i++)
            {
                database.Execute(
                    "INSERT INTO idempotency_keys (user_id, key_digest, request_digest, status, body, created_at) VALUES ($user, $key, $key, 201, $key, $time)",
                    ("$user", _ann), ("$key", BitConverter.GetBytes(i)), ("$time", Engine.Time(app.Now.AddHours(-49).AddSeconds(i))));
            }
        }

        await SendAsync("new", Milk);
        await SweepAsync();

        Assert.Equal(1, Keys(_ann));
    }

    [Fact]
    public async Task Is_the_users_own()
    {
        var bob = App.NewUser();
        var anns = await SendAsync("shared", Milk);
        var bobs = await app.As(bob).SendWith("POST", $"/api/{bob}/tasks", """{"title":"Buy bread"}""", ("Idempotency-Key", "shared"));

        Assert.Equal((HttpStatusCode.Created, HttpStatusCode.Created), (anns.StatusCode, bobs.StatusCode));
        await app.As(bob).SendWith("POST", $"/api/{_ann}/tasks", Milk, ("Idempotency-Key", "shared")).IsProblem(HttpStatusCode.Forbidden, "NOT_YOUR_URL");
        await app.Anonymous().SendWith("POST", $"/api/{_ann}/tasks", Milk, ("Idempotency-Key", "shared")).IsProblem(HttpStatusCode.Unauthorized);
        await app.WithToken(App.ServiceKey).SendWith("POST", $"/api/{_ann}/tasks", Milk, ("Idempotency-Key", "shared")).IsProblem(HttpStatusCode.Forbidden);
    }

    [Theory]
    [InlineData("8e03978e-40d5-43dd-bc93-6894a57f9324", "\"8e03978e-40d5-43dd-bc93-6894a57f9324\"")]
    [InlineData("\"a \\\"b\\\\ c\"", "\"a \\\"b\\\\ c\"")]
    [InlineData("with space; and more", "\"with space; and more\"")]
    public async Task Takes_a_key_with_quotes_and_without_for_the_same(string one, string other) =>
        await IsReplayAsync(await SendAsync(one, Milk), await SendAsync(other, Milk));

    [Theory]
    [InlineData("\"\"")]
    [InlineData("\"")]
    [InlineData("\"a")]
    [InlineData("\"a\"b\"")]
    [InlineData("\"a\\\"")]
    [InlineData("\"a\\n\"")]
    [InlineData("a\"b")]
    [InlineData("a, b")]
    [InlineData("\"a\";x=1")]
    [InlineData("caf\u00e9")]
    [InlineData("a\tb")]
    public async Task Refuses_what_is_no_key(string key)
    {
        await (await SendAsync(key, Milk)).Refuses("Idempotency-Key");

        Assert.Equal(0, app.LastRevision(_ann));
    }

    [Fact]
    public async Task Takes_255_characters_and_one_header()
    {
        Assert.Equal(HttpStatusCode.Created, (await SendAsync(new string('k', 255), Milk)).StatusCode);
        await (await SendAsync(new string('k', 256), Milk)).Refuses("Idempotency-Key");
        await app.As(_ann).SendWith("POST", $"/api/{_ann}/tasks", Milk, ("Idempotency-Key", "a"), ("Idempotency-Key", "b")).Refuses("Idempotency-Key");
    }

    /// <summary>HTTP has these methods idempotent already, or conditional; the header is not theirs.</summary>
    [Fact]
    public async Task Leaves_other_methods_alone()
    {
        var task = await app.As(_ann).CreateTask(_ann);

        for (var i = 0; i < 2; i++)
            await app.As(_ann).SendWith("PATCH", $"/api/{_ann}/tasks/{task.Id()}/complete", null, ("Idempotency-Key", "toggle")).Is(HttpStatusCode.OK);

        Assert.Equal((3, 0), (app.LastRevision(_ann), Keys(_ann)));
    }

    [Fact]
    public async Task Refuses_bodies_as_without_a_key()
    {
        var padded = $$"""{"title":"Buy milk","padding":"{{new string('x', 70_000)}}"}""";
        using var large = new HttpRequestMessage(HttpMethod.Post, $"/api/{_ann}/tasks") { Content = new StringContent(padded, new System.Net.Http.Headers.MediaTypeHeaderValue("application/json")) };
        large.Headers.TransferEncodingChunked = true;
        large.Headers.Add("Idempotency-Key", "large");
        var text = new HttpRequestMessage(HttpMethod.Post, $"/api/{_ann}/tasks") { Content = new StringContent("x") };
        text.Headers.Add("Idempotency-Key", "text");

        await app.As(_ann).SendAsync(large, Cancellation).IsProblem(HttpStatusCode.RequestEntityTooLarge);
        await app.As(_ann).SendAsync(text, Cancellation).IsProblem(HttpStatusCode.UnsupportedMediaType);
        await app.As(_ann).SendWith("POST", $"/api/{_ann}/nothing", Milk, ("Idempotency-Key", "nothing")).IsProblem(HttpStatusCode.NotFound);
    }

    /// <summary>Whatever else writes, what is there already is read beside it.</summary>
    [Trait("Engine", "SQLite")]
    [Fact]
    public async Task Answers_a_retry_without_a_turn_to_write()
    {
        var first = await SendAsync("busy", Milk);

        await using var writer = await HeldWriter.TakeAsync(app.Services);

        await IsReplayAsync(first, await SendAsync("busy", Milk));
    }

    [Fact]
    public async Task Is_erased_and_exported_with_the_user()
    {
        await SendAsync("exported", Milk);
        Assert.Contains("\"kind\":\"idempotency_keys\"", await app.As(_ann).Get($"/api/{_ann}/export").Text(), StringComparison.Ordinal);

        await app.WithToken(App.ServiceKey).Delete($"/api/{_ann}").Is(HttpStatusCode.OK);

        Assert.Equal(0, Keys(_ann));
    }

    private static async Task IsReplayAsync(HttpResponseMessage first, HttpResponseMessage again)
    {
        Assert.Equal("true", Assert.Single(again.Headers.GetValues("Idempotency-Replayed")));
        Assert.Equal((await first.Is(HttpStatusCode.Created)).ToJsonString(), (await again.Is(HttpStatusCode.Created)).ToJsonString());
    }

    private Task<HttpResponseMessage> SendAsync(string key, string json, HttpClient? client = null) =>
        (client ?? app.As(_ann)).SendWith("POST", $"/api/{_ann}/tasks", json, ("Idempotency-Key", key));

    private Task SweepAsync() => app.Services.GetRequiredService<Housekeeping>().RemoveExpiredAsync(Cancellation);

    private long Keys(string user)
    {
        using var database = app.OpenDatabase();

        return (long)database.Scalar("SELECT count(*) FROM idempotency_keys WHERE user_id = $user", ("$user", user))!;
    }
}

[Collection(OneServer.Name)]
public sealed class IdempotentRequestsOverTheNetworkTests(Server server)
{
    [Fact]
    public async Task Knows_the_retry_from_another_address()
    {
        var ann = App.NewUser();
        using var home = From(ann, "127.0.0.1");
        using var train = From(ann, "127.0.0.2");

        var first = await home.SendWith("POST", $"/api/{ann}/tasks", """{"title":"Buy milk"}""", ("Idempotency-Key", "moved")).Is(HttpStatusCode.Created);
        var again = await train.SendWith("POST", $"/api/{ann}/tasks", """{"title":"Buy milk"}""", ("Idempotency-Key", "moved"));

        Assert.True(again.Headers.Contains("Idempotency-Replayed"));
        Assert.Equal(first.ToJsonString(), (await again.Is(HttpStatusCode.Created)).ToJsonString());
        Assert.Single(await home.Get($"/api/{ann}/tasks").IsList());
    }

    [Fact]
    public async Task Refuses_an_empty_key()
    {
        var ann = App.NewUser();
        using var client = From(ann, "127.0.0.1");

        await client.SendWith("POST", $"/api/{ann}/tasks", """{"title":"Buy milk"}""", ("Idempotency-Key", "")).Refuses("Idempotency-Key");
    }

    private HttpClient From(string user, string address)
    {
        var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (context, ct) =>
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                socket.Bind(new IPEndPoint(IPAddress.Parse(address), 0));
                await socket.ConnectAsync(context.DnsEndPoint, ct);

                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        var client = new HttpClient(handler) { BaseAddress = server.Address };
        client.DefaultRequestHeaders.Authorization = new("Bearer", Token.For(user));

        return client;
    }
}

[Trait("Speed", "slow")]
public sealed class IdempotentRequestsAfterAKillTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("taskslices-").FullName;

    [Fact]
    public async Task Knows_the_retry_after_a_kill_and_a_restart()
    {
        var environment = new Dictionary<string, string> { ["BETTER_AUTH_SECRET"] = Token.Secret };
        string first;
        await using (var server = await ServerProcess.StartAsync(_directory, environment))
        {
            first = (await SendAsync(server).Is(HttpStatusCode.Created)).ToJsonString();
            await server.KillAsync();
        }

        await using var next = await ServerProcess.StartAsync(_directory, environment);
        var again = await SendAsync(next);

        Assert.True(again.Headers.Contains("Idempotency-Replayed"));
        Assert.Equal(first, (await again.Is(HttpStatusCode.Created)).ToJsonString());
        Assert.Single(await next.Client.SendWith("GET", "/api/ann/tasks", null, ("Authorization", $"Bearer {Token.For("ann")}")).IsList());
    }

    public void Dispose()
    {
        Engine.Drop(_directory);
        Directory.Delete(_directory, recursive: true);
    }

    private static Task<HttpResponseMessage> SendAsync(ServerProcess server) => server.Client.SendWith(
        "POST", "/api/ann/tasks", """{"title":"Buy milk"}""", ("Authorization", $"Bearer {Token.For("ann")}"), ("Idempotency-Key", "killed"));
}
