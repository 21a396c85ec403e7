using System.Text;
using System.Text.Json.Nodes;
using FastEndpoints.Testing;

namespace TaskSlices.Tests.Infrastructure.Http;

[Collection(OneServer.Name)]
public sealed class ProblemTests(Server server, FaultyApp faulty, FragileApp unusable)
    : TestBase<FaultyApp>, IClassFixture<FragileApp>
{
    /// <summary>Sent in bodies, queries and headers; it must not come back.</summary>
    private const string Marker = "do-not-echo-me";

    private static readonly string[] Members = ["type", "title", "status", "detail", "instance", "trace_id", "code", "errors"];

    private static readonly Dictionary<string, (int Status, string Code, string Method, string Path, string? Body)> Kinds = new()
    {
        ["malformed"] = (400, "MALFORMED_JSON", "POST", "/api/{ann}/tasks", $"{{\"title\":\"{Marker}"),
        ["no token"] = (401, "TOKEN_MISSING", "GET", "/api/{ann}/tasks", null),
        ["a bad token"] = (401, "MALFORMED_TOKEN", "GET", "/api/{ann}/tasks", null),
        ["another user"] = (403, "NOT_YOUR_URL", "POST", "/api/bob/tasks", $$"""{"title":"{{Marker}}"}"""),
        ["no such address"] = (404, "NOT_FOUND", "GET", "/api/{ann}/nothing", null),
        ["no UUID"] = (404, "NOT_FOUND", "GET", "/api/{ann}/tasks/7", null),
        ["no such task"] = (404, "TASK_NOT_FOUND", "GET", "/api/{ann}/tasks/01a1fcf0-0000-7000-8000-000000000000", null),
        ["wrong method"] = (405, "METHOD_NOT_ALLOWED", "PATCH", "/api/{ann}/tasks", $$"""{"title":"{{Marker}}"}"""),
        ["too large"] = (413, "BODY_TOO_LARGE", "POST", "/api/{ann}/tasks", $"{{\"title\":\"{Marker}{new string('x', 70_000)}\"}}"),
        ["wrong type"] = (415, "UNSUPPORTED_MEDIA_TYPE", "POST", "/api/{ann}/tasks", $$"""{"title":"{{Marker}}"}"""),
        ["not allowed"] = (422, "VALIDATION_FAILED", "POST", "/api/{ann}/tasks", $$"""{"title":"{{Marker}}{{new string('x', 300)}}","description":["{{Marker}}"]}"""),
        ["too long"] = (422, "VALIDATION_FAILED", "POST", "/api/{ann}/tasks", $$"""{"title":"{{Marker}}{{new string('x', 300)}}"}"""),
        ["wrong page"] = (422, "VALIDATION_FAILED", "GET", $"/api/{{ann}}/tasks?limit={Marker}&after={Marker}", null),
        ["a mistake here, reading"] = (500, "INTERNAL_ERROR", "GET", "/api/{ann}/tasks", null),
        ["a mistake here, writing"] = (500, "INTERNAL_ERROR", "POST", "/api/{ann}/tasks", $$"""{"title":"{{Marker}}"}"""),
        ["no database, writing"] = (503, "UNAVAILABLE", "POST", "/api/{ann}/tasks", $$"""{"title":"{{Marker}}"}"""),
    };

    private readonly string _ann = App.NewUser();

    public static TheoryData<string> All => [.. Kinds.Keys];

    [Theory]
    [MemberData(nameof(All))]
    public async Task Is_whole_and_plain_and_gives_nothing_away(string kind)
    {
        var (status, code, _, path, _) = Kinds[kind];

        using var response = await ProvokeAsync(kind);
        var problem = await response.IsProblem((HttpStatusCode)status, code);

        Assert.Empty(problem.Select(member => member.Key).Except(Members));
        Assert.Equal(path.Replace("{ann}", _ann, StringComparison.Ordinal).Split('?')[0], problem["instance"]!.GetValue<string>());
        Assert.Matches("^[0-9a-f]{32}$", problem["trace_id"]!.GetValue<string>());
        Assert.Matches(@"^[A-Za-z][^\n{}]*[.]$", problem["detail"]!.GetValue<string>());
        Assert.Equal(code == "VALIDATION_FAILED", problem.ContainsKey("errors"));
        Assert.Equal($"/errors#{code.ToLowerInvariant()}", problem["type"]!.GetValue<string>());

        var everything = await response.Everything();
        foreach (var secret in new[] { Marker, "   at ", "Exception", ".cs", "SELECT ", "INSERT ", "sqlite", "elsewhere", "taskslices", "/tmp", Token.Secret, "Kestrel" })
            Assert.DoesNotContain(secret, everything, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task Is_a_problem_whatever_the_client_would_rather_have(string kind)
    {
        foreach (var accept in new[] { "text/html", "image/png", "text/plain;q=1, application/json;q=0", "application/xml", "*/*;q=0", "garbage" })
            Assert.Null(await ProvokeAsync(kind, accept).ProblemWith(Kinds[kind].Status));
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task Has_a_trace_id_of_its_own(string kind)
    {
        var first = JsonNode.Parse(await ProvokeAsync(kind).Text())!;
        var second = JsonNode.Parse(await ProvokeAsync(kind).Text())!;

        Assert.NotEqual(first["trace_id"]!.GetValue<string>(), second["trace_id"]!.GetValue<string>());
    }

    [Fact]
    public async Task Is_found_in_the_log_under_its_trace_id()
    {
        await using var server = new Server();
        await server.InitializeAsync();
        server.Execute("ALTER TABLE tasks RENAME TO elsewhere");

        var problem = await server.As("ann").Get("/api/ann/tasks").IsProblem(HttpStatusCode.InternalServerError, "INTERNAL_ERROR");

        // The log is written behind the answer.
        await server.Process.StopAsync();
        Assert.Contains(server.Process.Log.Split('\n'), line => line.Contains("fail:", StringComparison.Ordinal) && line.Contains(problem["trace_id"]!.GetValue<string>(), StringComparison.Ordinal));
    }

    [Fact]
    public async Task Keeps_the_trace_id_that_the_caller_brings()
    {
        const string trace = "4bf92f3577b34da6a3ce929d0e0e4736";

        var response = await server.Anonymous().GetWith("/api/ann/tasks", ("traceparent", $"00-{trace}-00f067aa0ba902b7-01"));

        Assert.Equal(trace, (await response.IsProblem(HttpStatusCode.Unauthorized))["trace_id"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("DELETE", "/api/{ann}/tasks", "GET, HEAD, POST")]
    [InlineData("PATCH", "/api/{ann}/tasks", "GET, HEAD, POST")]
    [InlineData("POST", "/api/{ann}/tasks/01a1fcf0-0000-7000-8000-000000000000", "DELETE, GET, HEAD, PATCH, PUT")]
    [InlineData("POST", "/api/{ann}/tasks/01a1fcf0-0000-7000-8000-000000000000/complete", "PATCH")]
    public async Task Names_the_methods_that_an_address_takes(string method, string path, string allowed)
    {
        var response = await server.As(_ann).Send(method, path.Replace("{ann}", _ann, StringComparison.Ordinal), "{}");

        await response.IsProblem(HttpStatusCode.MethodNotAllowed, "METHOD_NOT_ALLOWED");
        Assert.Equal(allowed, string.Join(", ", response.Content.Headers.Allow.Order(StringComparer.Ordinal)));
    }

    [Fact]
    public async Task Says_when_to_come_back_when_the_database_is_unusable() =>
        Assert.NotNull((await ProvokeAsync("no database, writing")).Headers.RetryAfter?.Delta);

    [Fact]
    public async Task Names_the_path_as_it_can_be_asked_for_again()
    {
        var response = await server.As("ann \u00f6").SendAsWritten("GET", "/api/ann%20%C3%B6/tasks/7?x=1");

        Assert.Equal("/api/ann%20%C3%B6/tasks/7", (await response.IsProblem(HttpStatusCode.NotFound))["instance"]!.GetValue<string>());
    }

    [Fact]
    public async Task Names_each_field_once_for_each_rule()
    {
        var response = await server.As(_ann).Post($"/api/{_ann}/tasks", $$"""{"title":"","description":"{{new string('x', 1001)}}"}""");

        var problem = await response.IsProblem(HttpStatusCode.UnprocessableEntity, "VALIDATION_FAILED");
        Assert.Equal(["title", "description"], problem["errors"]!.AsArray().Select(error => error!["field"]!.GetValue<string>()));
        foreach (var error in problem["errors"]!.AsArray())
            Assert.Contains(error!["message"]!.GetValue<string>(), problem["detail"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Says_the_status_without_a_body_to_HEAD()
    {
        var response = await server.Anonymous().Send("HEAD", $"/api/{_ann}/tasks");

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Empty(await response.Content.ReadAsByteArrayAsync(Cancellation));
    }

    private async Task<HttpResponseMessage> ProvokeAsync(string kind, string? accept = null)
    {
        var (status, _, method, path, body) = Kinds[kind];
        var address = path.Replace("{ann}", _ann, StringComparison.Ordinal);
        var request = new HttpRequestMessage(new HttpMethod(method), $"{address}{(address.Contains('?', StringComparison.Ordinal) ? '&' : '?')}q={Marker}");
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, kind == "wrong type" ? "text/plain" : "application/json");
        if (kind == "a bad token")
            request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {Marker}.{Marker}.{Marker}");
        else if (kind != "no token")
            request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {Token.For(_ann)}");
        request.Headers.TryAddWithoutValidation("X-Marker", Marker);
        request.Headers.TryAddWithoutValidation("User-Agent", Marker);
        request.Headers.TryAddWithoutValidation("X-Request-Id", Marker);
        request.Headers.TryAddWithoutValidation("Cookie", $"session={Marker}");
        if (accept is not null)
            request.Headers.TryAddWithoutValidation("Accept", accept);

        return await Client(status).SendAsync(request, Cancellation);
    }

    private HttpClient Client(int status)
    {
        if (status == 503 && !unusable.IsDatabaseGone)
            unusable.TakeDatabaseAway();

        return status switch
        {
            500 => faulty.Anonymous(),
            503 => unusable.Anonymous(),
            _ => server.Anonymous(),
        };
    }
}
