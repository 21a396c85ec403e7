using System.Buffers.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Mvc.Testing;

namespace TaskSlices.Tests.Infrastructure.Auth;

/// <summary>With a real Better Auth and its own client: each algorithm that it has, each way to share a secret, rotation, and outage.</summary>
[Trait("Speed", "slow")]
public sealed class BetterAuthTests(BetterAuthServers servers) : IClassFixture<BetterAuthServers>, IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("taskslices-").FullName;

    [Theory]
    [InlineData("EdDSA")]
    [InlineData("ES256")]
    [InlineData("ES512")]
    [InlineData("RS256")]
    [InlineData("PS256")]
    [InlineData("HS256-A")]
    [InlineData("HS256-B")]
    [InlineData("HS256-C")]
    public async Task Serves_whoever_signed_up_there_and_nobody_else(string algorithm)
    {
        var (auth, user) = await servers.GetAsync(algorithm);
        await using var server = Start(auth, algorithm);
        using var client = server.CreateClient();
        Assert.Equal(algorithm.Split('-')[0], Header(user.Token)["alg"]!.GetValue<string>());

        await UsesAllEndpoints(client, user);

        await Get(client, user.Token, "somebody-else").IsProblem(HttpStatusCode.Forbidden, "NOT_YOUR_URL");
        await Get(client, user.SessionToken, user.UserId).IsProblem(HttpStatusCode.Unauthorized, "OPAQUE_SESSION_TOKEN");
    }

    [Theory]
    [InlineData("EdDSA", "Auth__Audience", "WRONG_AUDIENCE")]
    [InlineData("EdDSA", "Auth__Issuer", "WRONG_ISSUER")]
    [InlineData("HS256-A", "Auth__Audience", "WRONG_AUDIENCE")]
    [InlineData("HS256-B", "Auth__Audience", "WRONG_AUDIENCE")]
    [InlineData("HS256-C", "Auth__Issuer", "WRONG_ISSUER")]
    public async Task Refuses_tokens_that_were_made_for_another_API_or_by_another_issuer(string algorithm, string setting, string code)
    {
        var (auth, user) = await servers.GetAsync(algorithm);
        await using var server = Start(auth, algorithm, (setting, "https://another.example"));
        using var client = server.CreateClient();

        await Get(client, user).IsProblem(HttpStatusCode.Unauthorized, code);
    }

    [Fact]
    public async Task Accepts_a_token_of_a_key_that_was_made_a_moment_ago_on_its_first_request()
    {
        await using var auth = await BetterAuthServer.StartAsync("EdDSA", rotation: 1);
        await using var server = Start(auth, "EdDSA");
        using var client = server.CreateClient();
        var users = new List<BetterAuthUser> { await auth.SignUpAsync() };
        Assert.Empty(await Get(client, users[0]).IsList());

        for (var rotations = 0; rotations < 2; rotations++)
        {
            BetterAuthUser? next = null;
            await Wait.Until("there is a new key", async () => KeyId(next = await auth.SignUpAsync()) != KeyId(users[^1]));
            users.Add(next!);

            Assert.Empty(await Get(client, next!).IsList());
        }

        Assert.Equal(3, users.DistinctBy(KeyId).Count());
        foreach (var user in users)
            Assert.Empty(await Get(client, user).IsList());
    }

    [Fact]
    public async Task Goes_on_with_the_keys_it_has_when_the_auth_server_is_gone()
    {
        await using var auth = await BetterAuthServer.StartAsync("EdDSA");
        await using var server = Start(auth, "EdDSA");
        using var client = server.CreateClient();
        var (known, unseen) = (await auth.SignUpAsync(), await auth.SignUpAsync());
        Assert.Empty(await Get(client, known).IsList());

        await auth.KillAsync();

        Assert.Empty(await Get(client, known).IsList());
        Assert.Empty(await Get(client, unseen).IsList());
        await Get(client, WithAnotherKeyId(unseen.Token), unseen.UserId).IsProblem(HttpStatusCode.Unauthorized, "UNKNOWN_KEY");
        Assert.Empty(await Get(client, unseen).IsList());
        Assert.Equal(HttpStatusCode.OK, (await client.Get("/health/ready")).StatusCode);
    }

    [Fact]
    public async Task Says_that_it_has_no_keys_yet_and_recovers_by_itself_within_15_seconds_of_the_auth_servers_return()
    {
        var auth = await BetterAuthServer.StartAsync("EdDSA");
        var lost = await auth.SignUpAsync();
        await auth.DisposeAsync();
        await using var server = await ServerProcess.StartAsync(_directory, new() { ["BETTER_AUTH_URL"] = auth.Url });
        await Wait.Until("it has asked in vain", () => server.Log.Contains("were not fetched", StringComparison.Ordinal));

        var refusal = await Get(server.Client, lost);
        await refusal.IsProblem(HttpStatusCode.ServiceUnavailable, "KEYS_UNAVAILABLE");
        Assert.InRange(refusal.Headers.RetryAfter?.Delta ?? default, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30));
        await server.Client.Get("/health/ready").IsProblem(HttpStatusCode.ServiceUnavailable, "NOT_READY");
        Assert.Equal(HttpStatusCode.OK, (await server.Client.Get("/health/live")).StatusCode);

        await using var back = await BetterAuthServer.StartAsync("EdDSA", auth.Port);
        var recovery = Wait.Until(
            "it has the keys", async () => (await server.Client.Get("/health/ready")).StatusCode == HttpStatusCode.OK, TimeSpan.FromSeconds(15));
        var user = await back.SignUpAsync();

        TestContext.Current.SendDiagnosticMessage($"Recovered {(await recovery).TotalSeconds:0.0} s after the auth server's return.");
        Assert.Empty(await Get(server.Client, user).IsList());

        // The keys went with the memory of the server that was lost.
        await Get(server.Client, lost).IsProblem(HttpStatusCode.Unauthorized, "UNKNOWN_KEY");
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    /// <summary>One setting, as docs/better-auth.md has it.</summary>
    private WebApplicationFactory<Program> Start(BetterAuthServer auth, string algorithm, params (string Name, string Value)[] more) =>
        InProcess.Start(_directory, [.. more, Setting(auth, algorithm)]);

    private static (string Name, string Value) Setting(BetterAuthServer auth, string algorithm) =>
        algorithm.StartsWith("HS256", StringComparison.Ordinal) ? ("BETTER_AUTH_SECRET", BetterAuthServer.Secret) : ("BETTER_AUTH_URL", auth.Url);

    private static Task<HttpResponseMessage> Get(HttpClient client, BetterAuthUser user) => Get(client, user.Token, user.UserId);

    private static Task<HttpResponseMessage> Get(HttpClient client, string token, string user) =>
        client.GetWith($"/api/{user}/tasks", ("Authorization", $"Bearer {token}"));

    private static async Task UsesAllEndpoints(HttpClient client, BetterAuthUser user)
    {
        var tasks = $"/api/{user.UserId}/tasks";

        var created = await Send("POST", tasks, """{"title":"Buy milk"}""").Is(HttpStatusCode.Created);
        Assert.Equal(user.UserId, created.Text("user_id"));
        var task = $"{tasks}/{created.Id()}";

        Assert.Equal(created.Id(), Assert.Single((await Send("GET", tasks).IsList()).Ids()));
        Assert.Equal("Buy milk", (await Send("GET", task).Is(HttpStatusCode.OK)).Text("title"));
        Assert.Equal("Buy bread", (await Send("PUT", task, """{"title":"Buy bread"}""").Is(HttpStatusCode.OK)).Text("title"));
        Assert.True((await Send("PATCH", $"{task}/complete").Is(HttpStatusCode.OK))["completed"]!.GetValue<bool>());
        await Send("DELETE", task).Is(HttpStatusCode.OK);
        Assert.Empty(await Send("GET", tasks).IsList());

        Task<HttpResponseMessage> Send(string method, string url, string? json = null) =>
            client.SendWith(method, url, json, ("Authorization", $"Bearer {user.Token}"));
    }

    private static JsonObject Header(string token) => JsonNode.Parse(Base64Url.DecodeFromChars(token.Split('.')[0]))!.AsObject();

    private static string KeyId(BetterAuthUser user) => Header(user.Token)["kid"]!.GetValue<string>();

    private static string WithAnotherKeyId(string token)
    {
        var header = Header(token);
        header["kid"] = "a-key-that-never-was";

        return $"{Token.Part(header.ToJsonString())}{token[token.IndexOf('.', StringComparison.Ordinal)..]}";
    }
}

/// <summary>One Better Auth server for each algorithm that is asked for, and a user who signed up there.</summary>
public sealed class BetterAuthServers : IAsyncDisposable
{
    private readonly Dictionary<string, (BetterAuthServer Server, BetterAuthUser User)> _started = [];

    public async Task<(BetterAuthServer Server, BetterAuthUser User)> GetAsync(string algorithm)
    {
        if (_started.TryGetValue(algorithm, out var known))
            return known;

        var server = await BetterAuthServer.StartAsync(algorithm);

        return _started[algorithm] = (server, await server.SignUpAsync());
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var (server, _) in _started.Values)
            await server.DisposeAsync();
    }
}
