using System.Net.Sockets;
using System.Text.Json;

namespace TaskSlices.Tests.Infrastructure.Operations;

public sealed class TelemetryTests : IDisposable
{
    private const string Ann = "ann.private@example.com";
    private const string Title = "A title that nobody else may read";

    private readonly string _directory = Directory.CreateTempSubdirectory("taskslices-").FullName;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Sends_a_create_with_its_commit_and_the_metrics_and_nothing_personal(bool isGrpc)
    {
        await using var keys = await KeyServer.StartAsync(new SigningKey("known"));
        await using var collector = await OtlpCollector.StartAsync(isGrpc);
        await using var server = await StartAsync(collector, [("BETTER_AUTH_SECRET", Token.Secret), ("BETTER_AUTH_URL", keys.Url), ("Logging__Requests", "true")]);
        var token = Token.Of(Token.Header, JsonSerializer.Serialize(new { sub = Ann, iss = keys.Url, aud = keys.Url, exp = Token.Now + 900 }));
        var client = server.Client;
        (string, string) mine = ("Authorization", $"Bearer {token}"), bad = ("Authorization", $"Bearer {token}x");

        var task = await client.SendWith("POST", $"/api/{Ann}/tasks", JsonSerializer.Serialize(new { title = Title, tags = new[] { Title } }), mine).Is(HttpStatusCode.Created);
        await client.SendWith("POST", $"/api/{Ann}/batch", JsonSerializer.Serialize(new { operations = new[] { new { method = "POST", path = "/tasks", body = new { title = Title } } } }), mine).Is(HttpStatusCode.OK);
        await client.SendWith("PUT", $"/api/{Ann}/tasks/{task.Id()}", JsonSerializer.Serialize(new { title = $"{Title}!" }), mine).Is(HttpStatusCode.OK);
        await client.GetWith($"/api/{Ann}/tasks", bad).IsProblem(HttpStatusCode.Unauthorized);
        await client.GetWith($"/api/{Ann}/nothing/here?title={Title}", mine).IsProblem(HttpStatusCode.NotFound);
        await client.SendWith("POST", $"/api/{Ann}/tasks", $$"""{"title": "{{Title}}""", mine).IsProblem(HttpStatusCode.BadRequest);
        Assert.NotEmpty(await client.GetWith($"/api/{Ann}/tasks?search={Title}", mine).IsList());
        var ticket = (await client.SendWith("POST", $"/api/{Ann}/events/ticket", null, mine).Is(HttpStatusCode.OK))["ticket"]!.GetValue<string>();
        using (await EventReader.OpenAsync(client, $"/api/{Ann}/events?ticket={ticket}"))
            await Wait.Until("all metrics came", () => OwnMetrics.All(collector.Metrics.Contains));

        Assert.Equal(0, (await server.StopAsync()).ExitCode);
        var spans = collector.Spans.ToList();
        var create = Assert.Single(spans, span => span.Name == "POST /api/{user_id}/tasks" && spans.Any(commit => IsCommitOf(commit, span)));
        Assert.Single(spans, commit => IsCommitOf(commit, create));
        Assert.Single(spans, span => span.Name == "POST /api/{user_id}/batch" && spans.Count(commit => IsCommitOf(commit, span)) == 1);
        Assert.Superset(OwnMetrics.ToHashSet(), collector.Metrics.ToHashSet());
        Assert.Superset(new HashSet<string> { "http.server.request.duration", "dotnet.gc.collections", "process.memory.usage" }, collector.Metrics.Select(metric => metric.Name).ToHashSet());
        Assert.Contains(collector.Logs, line => line.StartsWith("POST /api/{user_id}/tasks 201 in ", StringComparison.Ordinal));
        foreach (var personal in new[] { Ann, Uri.EscapeDataString(Ann), Ann.Split('@')[0], Title, Uri.EscapeDataString(Title), token, token.Split('.')[2], ticket, task.Id() })
            Assert.DoesNotContain(personal, collector.Everything, StringComparison.OrdinalIgnoreCase);
    }

    [Trait("Speed", "slow")]
    [Fact]
    public async Task Sends_nothing_of_who_signs_up_and_in()
    {
        await using var collector = await OtlpCollector.StartAsync();
        await using var server = await StartAsync(collector, [("Logging__Requests", "true")]);
        var visitor = new Visitor(server.Client.BaseAddress!) { Email = "Grace.Hopper@navy.example" };
        await visitor.SignUpAsync();
        await visitor.SignInAsync();
        var token = await visitor.TokenAsync();
        await visitor.Tasks(token).IsList();
        await visitor.SignOutAsync();

        Assert.Equal(0, (await server.StopAsync()).ExitCode);
        Assert.Contains(collector.Spans, span => span.Name == "POST /api/auth/sign-up/email");
        foreach (var personal in new[] { "Hopper", "Lovelace", visitor.Password, visitor.Id, token, visitor.Cookies.GetValueOrDefault(Visitor.SessionCookie) ?? "session_token=" })
            Assert.DoesNotContain(personal, collector.Everything, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>The kernel says which files the process has in its memory.</summary>
    [Fact]
    public async Task Loads_nothing_of_OpenTelemetry_while_nobody_asks_for_it()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux lists the files of a process in /proc.");
        await using (var server = await ServerProcess.StartAsync(_directory))
        {
            await server.Client.Get("/health/ready").Is(HttpStatusCode.OK);
            Assert.Contains("FastEndpoints", await LoadedAsync(server), StringComparison.Ordinal);
            Assert.DoesNotContain("OpenTelemetry", await LoadedAsync(server), StringComparison.OrdinalIgnoreCase);
        }

        await using var measured = await ServerProcess.StartAsync(_directory, new() { ["Metrics__Url"] = $"http://127.0.0.1:{FreePort()}" });
        Assert.Contains("OpenTelemetry", await LoadedAsync(measured), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Serves_metrics_at_an_address_of_their_own()
    {
        var url = $"http://127.0.0.1:{FreePort()}";
        await using var server = await ServerProcess.StartAsync(_directory, new() { ["Metrics__Url"] = url, ["BETTER_AUTH_SECRET"] = Token.Secret });
        using var metrics = new HttpClient { BaseAddress = new Uri(url) };
        await server.Client.SendWith("POST", $"/api/{Ann}/tasks", """{"title": "Buy milk"}""", ("Authorization", $"Bearer {Token.For(Ann)}")).Is(HttpStatusCode.Created);

        var text = await metrics.Get("/metrics").Text();

        Assert.Contains("taskslices_commit_duration_seconds_count", text, StringComparison.Ordinal);
        Assert.Contains("taskslices_queue_length", text, StringComparison.Ordinal);
        Assert.Contains("/api/{user_id}/tasks", text, StringComparison.Ordinal);
        Assert.DoesNotContain(Ann, text, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Unauthorized, (await server.Client.Get("/metrics")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await metrics.GetWith("/api/ann/tasks", ("Authorization", $"Bearer {Token.For("ann")}"))).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await metrics.Get("/health/live")).StatusCode);
    }

    [Trait("Speed", "slow")]
    [Fact]
    public async Task Says_when_somebody_else_listens_where_the_metrics_should_be()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();

        var run = await ServerProcess.RunAsync(["--Metrics:Url", $"http://{other.LocalEndpoint}", "--urls", "http://127.0.0.1:0"], _directory);

        run.IsRefused("Metrics:Url", "another address");
    }

    public void Dispose()
    {
        Engine.Drop(_directory);
        Directory.Delete(_directory, recursive: true);
    }

    private static (string Name, string Unit)[] OwnMetrics { get; } =
    [
        ("taskslices.commit.group_size", "{change}"), ("taskslices.commit.duration", "s"), ("taskslices.queue.length", "{change}"),
        ("taskslices.tokens.refused", "{token}"), ("taskslices.keys.age", "s"), ("taskslices.streams.open", "{stream}"),
    ];

    private static bool IsCommitOf((string Name, string Trace, string Id, string Parent) commit, (string Name, string Trace, string Id, string Parent) request) =>
        commit.Name == "commit" && commit.Trace == request.Trace && commit.Parent == request.Id;

    private static Task<string> LoadedAsync(ServerProcess server) =>
        File.ReadAllTextAsync($"/proc/{server.Process.Id}/maps", TestContext.Current.CancellationToken);

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();

        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private Task<ServerProcess> StartAsync(OtlpCollector collector, (string Name, string Value)[] settings)
    {
        var environment = collector.Settings;
        foreach (var (name, value) in settings)
            environment[name] = value;

        return ServerProcess.StartAsync(_directory, environment);
    }
}
