using System.Collections.Concurrent;
using System.Diagnostics;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using TaskSlices.Infrastructure.Auth;

namespace TaskSlices.Tests.Infrastructure.Auth;

/// <summary>How the key set is fetched: when, how often, and what of a server that is slow, wrong, or not what it was.</summary>
public sealed class KeyFetchTests : IDisposable
{
    private const int KeyLimit = 100;
    private const int BodyLimit = 256 * 1024;

    private static readonly TimeSpan HalfMinute = TimeSpan.FromSeconds(30);

    /// <summary>Within which it recovers by itself when it never had a set.</summary>
    private static readonly TimeSpan Recovery = TimeSpan.FromSeconds(15);

    private readonly string _directory = Directory.CreateTempSubdirectory("taskslices-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task The_first_request_waits_for_the_first_set()
    {
        var key = new SigningKey("known");
        await using var server = await KeyServer.StartAsync(key);
        var (token, settings) = (key.TokenFrom(server.Url), new AuthSettings { Url = server.Url });

        for (var starts = 1; starts <= 20; starts++)
        {
            await using var reader = await KeyReader.StartAsync(settings);
            Assert.Equal("ada", await reader.SubjectOf(token));
            Assert.Equal(starts, server.Asked);
        }
    }

    [Fact]
    public async Task Asks_at_once_for_a_key_that_it_does_not_know()
    {
        var (known, made) = (new SigningKey("known"), new SigningKey("made-a-moment-ago"));
        await using var server = await KeyServer.StartAsync(known);
        await using var reader = await KeyReader.StartAsync(server);
        Assert.Equal("ada", await reader.SubjectOf(known.TokenFrom(server.Url)));
        server.Publish(known, made);

        Assert.Equal("ada", await reader.SubjectOf(made.TokenFrom(server.Url)));

        Assert.Equal(2, server.Asked);
        Assert.Equal("ada", await reader.SubjectOf(known.TokenFrom(server.Url)));
        Assert.Equal(2, server.Asked);
    }

    [Fact]
    public async Task Asks_at_most_six_times_in_any_minute_whatever_arrives()
    {
        var key = new SigningKey("known");
        await using var server = await KeyServer.StartAsync(key);
        await using var reader = await KeyReader.StartAsync(server);
        var asked = new ConcurrentQueue<TimeSpan>([TimeSpan.Zero]);
        server.OnAsked = () => asked.Enqueue(reader.Clock.Passed);

        for (var second = 0; second < 200; second++)
        {
            for (var i = 0; i < 20; i++)
                Assert.Equal("UNKNOWN_KEY", await reader.CodeFor(WithRandomKeyId()));
            Assert.Equal("ada", await reader.SubjectOf(key.TokenFrom(server.Url)));
            await reader.Clock.PassAsync(TimeSpan.FromSeconds(1));
        }

        Assert.All(asked, start => Assert.InRange(asked.Count(t => t >= start && t < start + TimeSpan.FromMinutes(1)), 1, 6));

        // It has not given up either: in each minute it asked as often as it may of its own accord.
        Assert.InRange(asked.Count, 3 * 2, 4 * 6);
        Assert.Equal(1, server.MostAtOnce);
    }

    [Fact]
    public async Task Asks_once_for_all_who_wait_and_lets_nobody_wait_who_has_a_known_key()
    {
        var (known, made) = (new SigningKey("known"), new SigningKey("made-a-moment-ago"));
        await using var server = await KeyServer.StartAsync(known);
        await using var reader = await KeyReader.StartAsync(server);
        var answer = new TaskCompletionSource();
        server.Answer = async context =>
        {
            await answer.Task;
            await context.Response.WriteAsync(SigningKey.Set(known, made));
        };

        var strangers = Enumerable.Range(0, 500).Select(_ => reader.VerifyAsync(WithRandomKeyId())).ToArray();
        var newcomers = Enumerable.Range(0, 500).Select(_ => reader.VerifyAsync(made.TokenFrom(server.Url))).ToArray();

        Assert.All(Enumerable.Range(0, 50), _ => Assert.True(reader.VerifyAsync(known.TokenFrom(server.Url)) is { IsCompletedSuccessfully: true, Result.Subject: "ada" }));
        Assert.All([.. strangers, .. newcomers], verdict => Assert.False(verdict.IsCompleted));
        answer.SetResult();
        Assert.All(await Task.WhenAll(newcomers), verdict => Assert.Equal("ada", verdict.Subject));
        Assert.All(await Task.WhenAll(strangers), verdict => Assert.Equal("UNKNOWN_KEY", verdict.Refusal?.Code));
        Assert.Equal(2, server.Asked);
        Assert.Equal(1, server.MostAtOnce);
    }

    [Fact]
    public async Task Forgets_a_key_that_disappeared_and_whatever_it_remembers_of_it()
    {
        var (gone, kept) = (new SigningKey("gone"), new SigningKey("kept"));
        await using var server = await KeyServer.StartAsync(gone, kept);
        await using var reader = await KeyReader.StartAsync(server);
        var (remembered, other) = (gone.TokenFrom(server.Url), kept.TokenFrom(server.Url));
        Assert.Equal("ada", await reader.SubjectOf(remembered));
        Assert.Equal("ada", await reader.SubjectOf(other));
        server.Publish(kept);

        Assert.Equal("UNKNOWN_KEY", await reader.CodeFor(WithRandomKeyId()));

        Assert.Equal("UNKNOWN_KEY", await reader.CodeFor(remembered));
        Assert.Equal("UNKNOWN_KEY", await reader.CodeFor(gone.TokenFrom(server.Url)));
        Assert.Equal("ada", await reader.SubjectOf(other));
        Assert.Equal("ada", await reader.SubjectOf(kept.TokenFrom(server.Url)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Forgets_a_key_that_disappeared_within_a_minute_though_nobody_asks_or_all_the_world_does(bool storm)
    {
        var (gone, kept) = (new SigningKey("gone"), new SigningKey("kept"));
        await using var server = await KeyServer.StartAsync(gone, kept);
        await using var reader = await KeyReader.StartAsync(server);
        var remembered = gone.TokenFrom(server.Url);
        Assert.Equal("ada", await reader.SubjectOf(remembered));
        if (storm)
            await SpendFetches();
        server.Publish(kept);
        var asked = server.Asked;

        for (var second = 0; second < 59 && server.Asked == asked; second++)
        {
            if (storm)
                await SpendFetches();
            await reader.Clock.PassAsync(TimeSpan.FromSeconds(1));
        }

        await Wait.Until("the key is gone", async () => await reader.CodeFor(remembered) == "UNKNOWN_KEY");

        async Task SpendFetches()
        {
            for (var i = 0; i < 10; i++)
                await reader.CodeFor(WithRandomKeyId());
        }
    }

    [Fact]
    public async Task A_key_that_was_replaced_under_its_own_name_stops_verifying()
    {
        var (old, replacement) = (new SigningKey("same"), new SigningKey("same"));
        await using var server = await KeyServer.StartAsync(old);
        await using var reader = await KeyReader.StartAsync(server);
        var remembered = old.TokenFrom(server.Url);
        Assert.Equal("ada", await reader.SubjectOf(remembered));
        server.Publish(replacement);
        await reader.Clock.PassAsync(HalfMinute);

        await Wait.Until("the replacement is there", async () => await reader.SubjectOf(replacement.TokenFrom(server.Url)) == "ada");

        Assert.Equal("BAD_SIGNATURE", await reader.CodeFor(remembered));
    }

    public static TheoryData<string, string> WrongAnswers => new()
    {
        { "500", "500" },
        { "404", "404" },
        { "a good set with status 500", "500" },
        { "nothing", "JSON" },
        { "HTML", "JSON" },
        { "half of it", "JSON" },
        { "a list", "no list of keys" },
        { "no keys", "no list of keys" },
        { "keys that are no list", "no list of keys" },
        { "101 keys", "more than 100 keys" },
        { "one byte more than 256 KiB", "" },
        { "256 KiB without an end", "" },
        { "a gzip bomb", "UTF-8" },
        { "a connection that breaks", "" },
        { "a redirect to another host", "another host" },
        { "a redirect to another name of the host", "another host" },
        { "a redirect to https", "another host" },
        { "a redirect without an address", "302" },
        { "a redirect to nowhere", "" },
        { "a redirect to no host", "" },
        { "a redirect to a port that can't be", "" },
        { "a redirect to a file", "another host" },
        { "a redirect to itself", "redirects more than" },
    };

    [Theory]
    [MemberData(nameof(WrongAnswers))]
    public async Task Keeps_the_last_good_set_when_the_answer_is_wrong_and_recovers_when_it_is_right(string wrong, string reason)
    {
        var (known, made) = (new SigningKey("known"), new SigningKey("made-meanwhile"));
        await using var other = await KeyServer.StartAsync(known, made);
        await using var server = await KeyServer.StartAsync(known);
        Answer(server, wrong, other, known, made);
        await using var reader = await KeyReader.StartAsync(new AuthSettings { Url = server.Url });

        await reader.Logs(reason.Length > 0 ? reason : "were not fetched");
        Assert.Equal("KEYS_UNAVAILABLE", await reader.CodeFor(known.TokenFrom(server.Url)));

        server.Publish(known);
        await reader.Clock.PassAsync(Recovery);
        await reader.HasKeys();
        Assert.Equal("ada", await reader.SubjectOf(known.TokenFrom(server.Url)));

        Answer(server, wrong, other, known, made);
        Assert.Equal("UNKNOWN_KEY", await reader.CodeFor(made.TokenFrom(server.Url)));
        Assert.Equal("ada", await reader.SubjectOf(known.TokenFrom(server.Url)));
        await reader.Clock.PassAsync(HalfMinute);
        Assert.Equal("ada", await reader.SubjectOf(known.TokenFrom(server.Url)));

        server.Publish(known, made);
        await reader.Clock.PassAsync(HalfMinute);
        await Wait.Until("the new key is there", async () => await reader.SubjectOf(made.TokenFrom(server.Url)) == "ada");
        Assert.Equal(0, other.Asked);
    }

    [Theory]
    [InlineData("""{"keys":[]}""")]
    [InlineData("""{"keys":[{"kid":"known","kty":"OKP","crv":"Ed448"}]}""")]
    public async Task Keeps_the_last_set_when_the_next_has_no_usable_key(string set)
    {
        var (known, made) = (new SigningKey("known"), new SigningKey("made-meanwhile"));
        await using var server = await KeyServer.StartAsync(known);
        await using var reader = await KeyReader.StartAsync(server);
        var remembered = known.TokenFrom(server.Url);
        Assert.Equal("ada", await reader.SubjectOf(remembered));
        server.Say(set);

        Assert.Equal("UNKNOWN_KEY", await reader.CodeFor(made.TokenFrom(server.Url)));

        Assert.Equal("ada", await reader.SubjectOf(remembered));
        Assert.Equal("ada", await reader.SubjectOf(known.TokenFrom(server.Url)));
        await reader.Logs("the set has no usable key");
        server.Publish(made);
        await reader.Clock.PassAsync(HalfMinute);
        await Wait.Until("the new key is there", async () => await reader.SubjectOf(made.TokenFrom(server.Url)) == "ada");
        Assert.Equal("UNKNOWN_KEY", await reader.CodeFor(remembered));
    }

    [Theory]
    [InlineData("""5""")]
    [InlineData("""null""")]
    [InlineData("""[]""")]
    [InlineData("""{}""")]
    [InlineData("""{"kid":5}""")]
    [InlineData("""{"kid":null,"kty":"EC"}""")]
    [InlineData("""{"kid":"\ud800","kty":"EC"}""")]
    [InlineData("""{"kid":"a","kty":5}""")]
    [InlineData("""{"kid":"a","kty":"EC","crv":"P-256","alg":"ES256","x":"AA","y":5}""")]
    [InlineData("""{"kid":"a","kty":"EC","key_ops":"verify"}""")]
    [InlineData("""{"kid":"a","kty":"EC","key_ops":[5]}""")]
    [InlineData("""{"kid":"a","kty":"EC","use":["sig"]}""")]
    public async Task Leaves_out_a_key_that_is_nonsense_and_uses_the_others(string nonsense)
    {
        var key = new SigningKey("known");
        await using var server = await KeyServer.StartAsync();
        server.Say(new JsonObject { ["keys"] = new JsonArray(JsonNode.Parse("0"), key.Public) }.ToJsonString().Replace("[0,", $"[{nonsense},", StringComparison.Ordinal));

        await using var reader = await KeyReader.StartAsync(server);

        Assert.Equal("ada", await reader.SubjectOf(key.TokenFrom(server.Url)));
        await reader.Logs("Left out a key");
    }

    [Fact]
    public async Task Reads_a_set_of_a_hundred_keys_and_of_256_KiB()
    {
        var keys = Enumerable.Range(0, KeyLimit).Select(i => new SigningKey($"key-{i}")).ToArray();
        await using var server = await KeyServer.StartAsync();
        var set = SigningKey.Set(keys);
        server.Say(set + new string(' ', BodyLimit - set.Length));

        await using var reader = await KeyReader.StartAsync(server);

        foreach (var key in keys)
            Assert.Equal("ada", await reader.SubjectOf(key.TokenFrom(server.Url)));
    }

    [Trait("Speed", "slow")]
    [Theory]
    [InlineData("nothing")]
    [InlineData("a byte now and then")]
    [InlineData("redirects, slowly")]
    public async Task Waits_five_seconds_for_a_server_that_hangs(string answer)
    {
        var key = new SigningKey("known");
        await using var server = await KeyServer.StartAsync(key);
        server.Answer = async context =>
        {
            if (answer == "redirects, slowly")
            {
                await Task.Delay(TimeSpan.FromSeconds(2.5), context.RequestAborted);
                context.Response.Redirect("/api/auth/jwks");
                return;
            }

            while (true)
            {
                if (answer == "a byte now and then")
                    await context.Response.WriteAsync(" ", context.RequestAborted);
                await Task.Delay(TimeSpan.FromSeconds(0.2), context.RequestAborted);
            }
        };
        var watch = Stopwatch.StartNew();
        await using var reader = await KeyReader.StartAsync(new AuthSettings { Url = server.Url });
        await Wait.Until("it asks", () => server.Asked > 0);

        Assert.Equal("KEYS_UNAVAILABLE", await reader.CodeFor(key.TokenFrom(server.Url)));

        Assert.InRange(watch.Elapsed, TimeSpan.FromSeconds(4.5), TimeSpan.FromSeconds(8));
        await reader.Logs("no answer within 5 s");
        server.Publish(key);
        await reader.Clock.PassAsync(Recovery);
        await reader.HasKeys();
        Assert.Equal("ada", await reader.SubjectOf(key.TokenFrom(server.Url)));
    }

    [Theory]
    [InlineData(301, "/elsewhere")]
    [InlineData(302, "elsewhere")]
    [InlineData(307, "{origin}/elsewhere?set=1")]
    [InlineData(308, "//{authority}/elsewhere")]
    public async Task Follows_a_redirect_to_the_same_host(int status, string location)
    {
        var key = new SigningKey("known");
        await using var server = await KeyServer.StartAsync(key);
        var set = server.Answer;
        server.Redirect(status, location.Replace("{origin}", server.Url, StringComparison.Ordinal).Replace("{authority}", server.Address.Authority, StringComparison.Ordinal));
        var redirect = server.Answer;
        server.Answer = context => context.Request.Path.Value!.EndsWith("/elsewhere", StringComparison.Ordinal) ? set(context) : redirect(context);

        await using var reader = await KeyReader.StartAsync(server);

        Assert.Equal("ada", await reader.SubjectOf(key.TokenFrom(server.Url)));
    }

    [Fact]
    public async Task Tries_each_key_for_a_token_that_names_none()
    {
        var (first, second, other) = (new SigningKey("first"), new SigningKey("second"), new SigningKey("other"));
        await using var server = await KeyServer.StartAsync(first, second);
        await using var reader = await KeyReader.StartAsync(server);

        foreach (var key in new[] { first, second })
            Assert.Equal("ada", await reader.SubjectOf(key.SignAs(null, Payload(server))));
        Assert.Equal("BAD_SIGNATURE", await reader.CodeFor(other.SignAs(null, Payload(server))));
        Assert.Equal("BAD_SIGNATURE", await reader.CodeFor(other.SignAs("first", Payload(server))));
        Assert.Equal("BAD_SIGNATURE", await reader.CodeFor(first.SignAs("second", Payload(server))));
    }

    [Fact]
    public async Task Tries_a_key_that_has_no_name_for_every_token()
    {
        var (nameless, named) = (new SigningKey(null), new SigningKey("named"));
        await using var server = await KeyServer.StartAsync(nameless, named);
        await using var reader = await KeyReader.StartAsync(server);

        Assert.Equal("ada", await reader.SubjectOf(nameless.SignAs(null, Payload(server))));
        Assert.Equal("ada", await reader.SubjectOf(nameless.SignAs("whatever", Payload(server))));
        Assert.Equal("ada", await reader.SubjectOf(named.TokenFrom(server.Url)));
    }

    [Fact]
    public async Task Knows_a_new_key_without_a_name_after_half_a_minute()
    {
        var (old, made) = (new SigningKey(null), new SigningKey(null));
        await using var server = await KeyServer.StartAsync(old);
        await using var reader = await KeyReader.StartAsync(server);
        server.Publish(old, made);
        await reader.Clock.PassAsync(HalfMinute);

        await Wait.Until("the new key is there", async () => await reader.SubjectOf(made.TokenFrom(server.Url)) == "ada");
    }

    [Theory]
    [InlineData("", "/api/auth/jwks")]
    [InlineData("/", "/api/auth/jwks")]
    [InlineData("//", "/api/auth/jwks")]
    [InlineData("/api/auth", "/api/auth/jwks")]
    [InlineData("/api/auth/", "/api/auth/jwks")]
    [InlineData("/auth", "/auth/jwks")]
    [InlineData("/some/where///", "/some/where/jwks")]
    public async Task Finds_the_set_under_the_path_of_the_address_and_the_claims_in_its_origin(string path, string expected)
    {
        var key = new SigningKey("known");
        await using var server = await KeyServer.StartAsync(key);

        await using var reader = await KeyReader.StartAsync(new AuthSettings { Url = server.Url + path });
        await reader.HasKeys();

        Assert.Equal(expected, Assert.Single(server.Paths));
        Assert.Equal("ada", await reader.SubjectOf(key.TokenFrom(server.Url)));
        Assert.Equal("WRONG_ISSUER", await reader.CodeFor(key.TokenFrom($"{server.Url}/")));
    }

    [Trait("Speed", "slow")]
    [Fact]
    public async Task Takes_the_key_sets_address_the_issuer_the_audience_and_the_subject_from_the_settings()
    {
        var key = new SigningKey("known");
        await using var server = await KeyServer.StartAsync(key);
        await using var api = await ServerProcess.StartAsync(_directory, new()
        {
            ["BETTER_AUTH_URL"] = "https://auth.example",
            ["Auth__JwksUrl"] = $"{server.Url}/.well-known/jwks.json",
            ["Auth__Issuer"] = "the issuer",
            ["Auth__Audience"] = "the audience",
            ["Auth__SubjectClaim"] = "user_id",
        });
        var claims = new Dictionary<string, object>
        {
            ["sub"] = "not-this",
            ["user_id"] = "ada",
            ["exp"] = Token.Now + 900,
            ["iss"] = "the issuer",
            ["aud"] = new[] { "another", "the audience" },
        };
        await Wait.Until("it has the keys", async () => (await api.Client.Get("/health/ready")).StatusCode == HttpStatusCode.OK);

        Assert.Empty(await Get(claims).IsList());
        Assert.Equal("/.well-known/jwks.json", Assert.Single(server.Paths));
        await Get(With("iss", "https://auth.example")).IsProblem(HttpStatusCode.Unauthorized, "WRONG_ISSUER");
        await Get(With("aud", "https://auth.example")).IsProblem(HttpStatusCode.Unauthorized, "WRONG_AUDIENCE");
        await Get(With("aud", new[] { "another", "the audience " })).IsProblem(HttpStatusCode.Unauthorized, "WRONG_AUDIENCE");
        await Get(With("user_id", 5)).IsProblem(HttpStatusCode.Unauthorized, "MALFORMED_TOKEN");
        await Get(With("user_id", "somebody-else")).IsProblem(HttpStatusCode.Forbidden, "NOT_YOUR_URL");

        Dictionary<string, object> With(string claim, object value) => new(claims) { [claim] = value };

        Task<HttpResponseMessage> Get(Dictionary<string, object> said) =>
            api.Client.GetWith("/api/ada/tasks", ("Authorization", $"Bearer {key.Sign(JsonSerializer.Serialize(said))}"));
    }

    [Trait("Speed", "slow")]
    [Fact]
    public async Task The_log_names_the_key_and_the_reason_and_never_a_token()
    {
        var (known, other) = (new SigningKey("known"), new SigningKey("the-other-key"));
        await using var server = await KeyServer.StartAsync(known);
        await using var api = await ServerProcess.StartAsync(_directory, new() { ["BETTER_AUTH_URL"] = server.Url, ["Logging__LogLevel__Default"] = "Trace" });
        await Wait.Until("it has the keys", async () => (await api.Client.Get("/health/ready")).StatusCode == HttpStatusCode.OK);
        string[] tokens =
        [
            known.TokenFrom(server.Url),
            other.TokenFrom(server.Url),
            other.SignAs("known", Payload(server)),
            known.TokenFrom("https://another.example"),
            known.SignAs("a key\nwith a second line", Payload(server)),
            "f4QxPmHWHqY1tq2wQw1mVtPkYhYw5LxK",
        ];

        foreach (var token in tokens)
            await api.Client.GetWith("/api/ada/tasks", ("Authorization", $"Bearer {token}"));

        await Wait.Until("it has logged the last", () => api.Log.Contains("OPAQUE_SESSION_TOKEN", StringComparison.Ordinal));
        var refusals = api.Log.Split('\n').Where(line => line.Contains("Refused a token", StringComparison.Ordinal)).ToArray();
        Assert.Contains(refusals, line => line.Contains("UNKNOWN_KEY, kid the-other-key", StringComparison.Ordinal));
        Assert.Contains(refusals, line => line.Contains("BAD_SIGNATURE, kid known", StringComparison.Ordinal));
        Assert.Contains(refusals, line => line.Contains("WRONG_ISSUER, kid known", StringComparison.Ordinal));
        Assert.All(tokens.SelectMany(token => token.Split('.')), part => Assert.DoesNotContain(part, api.Log, StringComparison.Ordinal));
    }

    [Trait("Speed", "slow")]
    [Fact]
    public async Task A_storm_of_unknown_keys_makes_few_fetches_and_leaves_a_good_caller_alone()
    {
        const int requests = 20_000;
        var key = new SigningKey("known");
        await using var server = await KeyServer.StartAsync(key);
        await using var api = await ServerProcess.StartAsync(_directory, new() { ["BETTER_AUTH_URL"] = server.Url });
        await Wait.Until("it has the keys", async () => (await api.Client.Get("/health/ready")).StatusCode == HttpStatusCode.OK);
        var sinceStart = Stopwatch.StartNew();
        using var stranger = new HttpClient { BaseAddress = api.Client.BaseAddress };
        await MeasureAsync(times => times.Count < 2000, pause: TimeSpan.Zero);

        var set = server.Answer;
        server.Answer = async context =>
        {
            await Task.Delay(250, context.RequestAborted);
            await set(context);
        };
        var quietBefore = await MeasureAsync(times => times.Count < 200);
        var storm = StormAsync(stranger, requests);
        var inStorm = await MeasureAsync(_ => !storm.IsCompleted);
        await storm;
        var asked = server.Asked;
        var quiet = quietBefore.Concat(await MeasureAsync(times => times.Count < 200)).ToArray();

        var measured = $"quiet {Describe(quiet)}; in the storm {Describe(inStorm)}; {asked} fetches within {sinceStart.Elapsed.TotalSeconds:0.0} s";
        TestContext.Current.TestOutputHelper!.WriteLine(measured);
        Assert.InRange(asked, 2, 6 * (1 + (int)sinceStart.Elapsed.TotalMinutes));

        // On a quiet machine it is within twice; this is for a noisy one. Whoever waits for a fetch waits 250 ms.
        Assert.True(Percentile(inStorm, 50) < 2 * Percentile(quiet, 50) + 20, measured);

        // Each request is a token that was never seen before: it needs its key.
        async Task<List<double>> MeasureAsync(Func<List<double>, bool> isActive, TimeSpan? pause = null)
        {
            var times = new List<double>();
            do
            {
                var token = key.TokenFrom(server.Url);
                var watch = Stopwatch.StartNew();
                using (var response = await api.Client.GetWith("/api/ada/tasks", ("Authorization", $"Bearer {token}")))
                    Assert.Equal(HttpStatusCode.OK, response.StatusCode);
                times.Add(watch.Elapsed.TotalMilliseconds);
                await Task.Delay(pause ?? TimeSpan.FromMilliseconds(5), TestContext.Current.CancellationToken);
            }
            while (isActive(times));

            return times;
        }
    }

    private static async Task StormAsync(HttpClient client, int requests)
    {
        await Parallel.ForAsync(0, requests, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (_, _) =>
        {
            using var response = await client.GetWith("/api/ada/tasks", ("Authorization", $"Bearer {WithRandomKeyId()}"));
            Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        });
    }

    private static double Percentile(IEnumerable<double> times, int percent) => times.Order().ElementAt(times.Count() * percent / 100);

    private static string Describe(IReadOnlyCollection<double> times) =>
        $"p50 {Percentile(times, 50):0.00}, p95 {Percentile(times, 95):0.00}, p99 {Percentile(times, 99):0.00} ms of {times.Count}";

    /// <summary>Well made, for all that can be seen without the key.</summary>
    private static string WithRandomKeyId() =>
        $"{Token.Part($$"""{"alg":"ES256","kid":"{{RandomNumberGenerator.GetHexString(32)}}"}""")}.{Token.Part(Token.Claims("ada"))}.{new string('A', 86)}";

    private static string Payload(KeyServer server) => JsonSerializer.Serialize(SigningKey.Claims(server.Url));

    private static void Answer(KeyServer server, string wrong, KeyServer other, params SigningKey[] keys)
    {
        var set = SigningKey.Set(keys);

        switch (wrong)
        {
            case "500":
            case "404":
                server.Answer = context =>
                {
                    context.Response.StatusCode = int.Parse(wrong, System.Globalization.CultureInfo.InvariantCulture);
                    return Task.CompletedTask;
                };
                break;
            case "a good set with status 500":
                server.Answer = context =>
                {
                    context.Response.StatusCode = 500;
                    return context.Response.WriteAsync(set);
                };
                break;
            case "nothing": server.Say(""); break;
            case "HTML": server.Say("<!doctype html><title>Sign in</title>"); break;
            case "half of it": server.Say(set[..^2]); break;
            case "a list": server.Say("[]"); break;
            case "no keys": server.Say("{}"); break;
            case "keys that are no list": server.Say("""{"keys":{"a":1}}"""); break;
            case "101 keys": server.Publish([.. keys, .. Enumerable.Range(keys.Length, KeyLimit + 1 - keys.Length).Select(i => new SigningKey($"{i}"))]); break;
            case "one byte more than 256 KiB": server.Say(set + new string(' ', BodyLimit + 1 - set.Length)); break;
            case "256 KiB without an end":
                server.Answer = async context =>
                {
                    await context.Response.WriteAsync(set, context.RequestAborted);
                    while (!context.RequestAborted.IsCancellationRequested)
                        await context.Response.WriteAsync(new string(' ', 64 * 1024), context.RequestAborted);
                };
                break;
            case "a gzip bomb":
                server.Answer = context =>
                {
                    context.Response.Headers.ContentEncoding = "gzip";
                    return context.Response.Body.WriteAsync(Zip(set + new string(' ', 50_000_000))).AsTask();
                };
                break;
            case "a connection that breaks":
                server.Answer = context =>
                {
                    context.Abort();
                    return Task.CompletedTask;
                };
                break;
            case "a redirect to another host": server.Redirect(302, $"{other.Url}/api/auth/jwks"); break;
            case "a redirect to another name of the host": server.Redirect(307, $"http://localhost:{other.Address.Port}/api/auth/jwks"); break;
            case "a redirect to https": server.Redirect(308, $"https://{server.Address.Authority}/api/auth/jwks"); break;
            case "a redirect without an address": server.Redirect(302, ""); break;
            case "a redirect to nowhere": server.Redirect(302, "http://"); break;
            case "a redirect to no host": server.Redirect(302, "//"); break;
            case "a redirect to a port that can't be": server.Redirect(302, "//127.0.0.1:99999/"); break;
            case "a redirect to a file": server.Redirect(302, "file:///api/auth/jwks"); break;
            case "a redirect to itself": server.Redirect(302, "/api/auth/jwks"); break;
            default: throw new ArgumentOutOfRangeException(nameof(wrong), wrong, "no such answer");
        }
    }

    private static byte[] Zip(string text)
    {
        using var zipped = new MemoryStream();
        using (var zip = new GZipStream(zipped, CompressionLevel.Optimal))
            zip.Write(Encoding.UTF8.GetBytes(text));

        return zipped.ToArray();
    }
}
