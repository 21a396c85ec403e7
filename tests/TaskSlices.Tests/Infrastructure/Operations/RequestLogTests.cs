using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace TaskSlices.Tests.Infrastructure.Operations;

public sealed partial class RequestLogTests : IDisposable
{
    private const string Ann = "ann.private";
    private const string Title = "A title that nobody else may read";

    private readonly string _directory = Directory.CreateTempSubdirectory("taskslices-").FullName;

    [Fact]
    public async Task Has_a_line_for_each_request_and_nothing_that_the_caller_has_sent()
    {
        await using var server = await StartAsync("simple");
        var (token, trace) = await CallAsync(server);
        var (_, log) = await server.StopAsync();

        var lines = Line().Matches(log).Select(match => match.Groups.Values.Skip(1).Select(group => group.Value).ToArray()).ToList();
        Assert.Equal(
            ["POST /api/{user_id}/tasks 201", "GET /api/{user_id}/tasks 401", "HEAD /api/{user_id}/tasks 200", "_OTHER - 404", "GET /api/{user_id}/tasks/{id:guid} 403"],
            lines.Select(line => line[0]));
        Assert.Equal("-", lines[1][1]);
        Assert.Equal(trace, lines[1][2]);
        Assert.Equal(lines[0][1], lines[2][1]);
        Assert.NotEqual(lines[0][1], lines[4][1]);
        Assert.Matches("^[0-9a-f]{16}$", lines[0][1]);
        Assert.All(log.Split('\n').Where(line => line.Contains("RequestLog", StringComparison.Ordinal)), line => IsImpersonal(line, token));
        IsSecretless(log, token);
    }

    [Fact]
    public async Task Writes_an_object_on_each_line_if_told_so_and_the_same_digest_after_a_restart()
    {
        var users = new List<string>();
        for (var start = 0; start < 2; start++)
        {
            await using var server = await StartAsync("json");
            var (token, _) = await CallAsync(server);
            var (_, log) = await server.StopAsync();

            var objects = log.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!.AsObject()).ToList();
            var requests = objects.Where(line => line["Category"]!.GetValue<string>().EndsWith("RequestLog", StringComparison.Ordinal)).ToList();
            Assert.Equal(5, requests.Count);
            Assert.Equal("/api/{user_id}/tasks", requests[0]["State"]!["Route"]!.GetValue<string>());
            Assert.Equal(201, requests[0]["State"]!["Status"]!.GetValue<int>());
            Assert.All(requests, line => IsImpersonal(line.ToJsonString(), token));
            IsSecretless(log, token);
            users.Add(requests[0]["State"]!["User"]!.GetValue<string>());
        }

        Assert.Single(users.Distinct());
    }

    [Fact]
    public async Task Has_no_line_unless_it_is_asked_for()
    {
        await using var server = await ServerProcess.StartAsync(_directory, new() { ["BETTER_AUTH_SECRET"] = Token.Secret });
        await CallAsync(server);

        Assert.DoesNotContain("{user_id}", (await server.StopAsync()).Log, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        Engine.Drop(_directory);
        Directory.Delete(_directory, recursive: true);
    }

    private static void IsImpersonal(string line, string token)
    {
        Assert.DoesNotContain(Ann, line, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("api/bob", line, StringComparison.OrdinalIgnoreCase);
        IsSecretless(line, token);
    }

    private static void IsSecretless(string text, string token)
    {
        Assert.DoesNotContain(Title, text, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(token, text, StringComparison.Ordinal);
        Assert.DoesNotContain("BREW", text, StringComparison.Ordinal);
        Assert.DoesNotContain("not-a-ticket", text, StringComparison.Ordinal);
    }

    /// <summary>Five requests; gives the token of the first, and the trace id that the answer to the second has.</summary>
    private static async Task<(string Token, string Trace)> CallAsync(ServerProcess server)
    {
        var token = Token.For(Ann);
        (string, string) mine = ("Authorization", $"Bearer {token}");
        var client = server.Client;
        await client.SendWith("POST", $"/api/{Ann}/tasks", $$"""{"title": "{{Title}}"}""", mine).Is(HttpStatusCode.Created);
        var refused = await client.GetWith($"/api/{Ann}/tasks?ticket=not-a-ticket", ("Authorization", $"Bearer {token}x")).IsProblem(HttpStatusCode.Unauthorized);
        Assert.Equal(HttpStatusCode.OK, (await client.SendWith("HEAD", $"/api/{Ann}/tasks", null, mine)).StatusCode);
        await client.SendWith("BREW", "/nowhere", null, mine).IsProblem(HttpStatusCode.NotFound);
        await client.GetWith($"/api/{Ann}/tasks/{Guid.Empty}", ("Authorization", $"Bearer {Token.For("bob")}")).IsProblem(HttpStatusCode.Forbidden);

        return (token, refused["trace_id"]!.GetValue<string>());
    }

    private Task<ServerProcess> StartAsync(string format) => ServerProcess.StartAsync(_directory, new()
    {
        ["BETTER_AUTH_SECRET"] = Token.Secret,
        ["Logging__Requests"] = "true",
        ["Logging__Format"] = format,
    });

    [GeneratedRegex(@"RequestLog\[\d+\] (\S+ \S+ \d+) in [\d.]+ ms, user (\S+), trace (\S+)")]
    private static partial Regex Line();
}
