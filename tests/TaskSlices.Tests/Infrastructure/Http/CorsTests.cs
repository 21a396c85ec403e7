using FastEndpoints.Testing;

namespace TaskSlices.Tests.Infrastructure.Http;

public sealed class CorsTests(App app, FaultyApp faulty) : TestBase<App>, IClassFixture<FaultyApp>
{
    private const string Page = "http://localhost:3000";
    private readonly string _ann = App.NewUser();

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    [InlineData("PUT")]
    [InlineData("PATCH")]
    [InlineData("DELETE")]
    public async Task Lets_the_page_call_with_every_method_and_any_header(string method)
    {
        var response = await PreflightAsync(Page, method, "authorization,content-type,if-match,x-whatever");

        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        Assert.Equal(Page, Header(response, "Access-Control-Allow-Origin"));
        Assert.Equal("true", Header(response, "Access-Control-Allow-Credentials"));
        Assert.Contains(method, Header(response, "Access-Control-Allow-Methods"), StringComparison.Ordinal);
        foreach (var header in new[] { "authorization", "content-type", "if-match", "x-whatever" })
            Assert.Contains(header, Header(response, "Access-Control-Allow-Headers"), StringComparison.OrdinalIgnoreCase);
        Assert.NotNull(Header(response, "Access-Control-Max-Age"));
    }

    [Theory]
    [InlineData("http://localhost:3001")]
    [InlineData("http://localhost")]
    [InlineData("https://localhost:3000")]
    [InlineData("http://localhost:3000.example.com")]
    [InlineData("http://localhost:30000")]
    [InlineData("http://127.0.0.1:3000")]
    [InlineData("http://localhost:3000/")]
    [InlineData("http://localhost:3000,http://example.com")]
    [InlineData("https://example.com")]
    [InlineData("null")]
    [InlineData("*")]
    [InlineData("")]
    public async Task Lets_no_other_page_call(string origin)
    {
        var preflight = await PreflightAsync(origin, "GET", "authorization");
        var request = await app.As(_ann).GetWith($"/api/{_ann}/tasks", ("Origin", origin));

        foreach (var response in new[] { preflight, request })
            Assert.DoesNotContain(response.Headers, header => header.Key.StartsWith("Access-Control-", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task Shows_the_page_the_answer_and_the_headers_that_it_needs()
    {
        var response = await app.As(_ann).SendWith("POST", $"/api/{_ann}/tasks", """{"title":"t"}""", ("Origin", Page));

        await response.Is(HttpStatusCode.Created);
        IsShown(response);
        var exposed = Header(response, "Access-Control-Expose-Headers")!.Split(',', StringSplitOptions.TrimEntries);
        Assert.Empty(new[] { "Location", "Link", "ETag", "X-Total-Count" }.Except(exposed));
        Assert.DoesNotContain("*", exposed);
    }

    [Fact]
    public async Task Shows_the_page_every_refusal()
    {
        var ann = app.As(_ann);

        await IsShown(HttpStatusCode.Unauthorized, app.Anonymous().GetWith($"/api/{_ann}/tasks", ("Origin", Page)));
        await IsShown(HttpStatusCode.Forbidden, ann.GetWith("/api/bob/tasks", ("Origin", Page)));
        await IsShown(HttpStatusCode.NotFound, ann.GetWith($"/api/{_ann}/tasks/{Guid.NewGuid()}", ("Origin", Page)));
        await IsShown(HttpStatusCode.NotFound, ann.GetWith("/nothing", ("Origin", Page)));
        await IsShown(HttpStatusCode.MethodNotAllowed, ann.SendWith("DELETE", $"/api/{_ann}/tasks", null, ("Origin", Page)));
        await IsShown(HttpStatusCode.BadRequest, ann.SendWith("POST", $"/api/{_ann}/tasks", "{", ("Origin", Page)));
        await IsShown(HttpStatusCode.UnprocessableEntity, ann.SendWith("POST", $"/api/{_ann}/tasks", "{}", ("Origin", Page)));
        await IsShown(HttpStatusCode.InternalServerError, faulty.As(_ann).GetWith($"/api/{_ann}/tasks", ("Origin", Page)));
    }

    [Fact]
    public async Task Shows_the_page_a_refusal_by_the_server_itself()
    {
        await using var server = new Server();
        await server.InitializeAsync();

        await IsShown(HttpStatusCode.RequestEntityTooLarge, server.As(_ann).SendWith("POST", $"/api/{_ann}/tasks", new string(' ', 70_000), ("Origin", Page)));

        var request = new HttpRequestMessage(HttpMethod.Post, $"/api/{_ann}/tasks") { Content = new StringContent("x") };
        request.Headers.Add("Origin", Page);
        await IsShown(HttpStatusCode.UnsupportedMediaType, server.As(_ann).SendAsync(request, Cancellation));
    }

    [Fact]
    public async Task Says_nothing_of_origins_to_a_caller_that_is_no_page()
    {
        var response = await app.As(_ann).Get($"/api/{_ann}/tasks");

        Assert.DoesNotContain(response.Headers, header => header.Key.StartsWith("Access-Control-", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task Lets_the_pages_of_the_usual_development_servers_call()
    {
        foreach (var origin in new[] { Page, "http://localhost:5173" })
            Assert.Equal(origin, Header(await PreflightAsync(origin, "GET", "authorization"), "Access-Control-Allow-Origin"));
    }

    [Fact]
    public async Task Says_in_the_log_who_may_call_and_once_who_may_not()
    {
        await using var server = new Server();
        await server.InitializeAsync();

        foreach (var origin in new[] { "https://app.example", "https://app.example", "http://127.0.0.1:3000", Page, server.Address.GetLeftPart(UriPartial.Authority), "no origin" })
            await server.Anonymous().GetWith("/health/live", ("Origin", origin));
        await server.Anonymous().GetWith("/health/live", ("Origin", "https://own.example"), ("Sec-Fetch-Site", "same-origin"));
        for (var i = 0; i < 200; i++)
            await server.Anonymous().GetWith("/health/live", ("Origin", $"https://flood{i}.example"));

        var (_, log) = await server.Process.StopAsync();
        Assert.Contains("(Cors:Origins): http://localhost:3000,http://localhost:5173\n", log, StringComparison.Ordinal);
        var refused = log.Split('\n').Where(line => line.Contains("may not call this API from a browser", StringComparison.Ordinal)).ToArray();
        Assert.Contains("https://app.example ", refused[0], StringComparison.Ordinal);
        Assert.Contains("Cors:Origins (CORS_ORIGINS)", refused[0], StringComparison.Ordinal);
        Assert.Contains("http://127.0.0.1:3000 ", refused[1], StringComparison.Ordinal);
        Assert.Equal(100, refused.Length);
        Assert.All(refused[2..], line => Assert.Contains("https://flood", line, StringComparison.Ordinal));
    }

    private static async Task IsShown(HttpStatusCode status, Task<HttpResponseMessage> request)
    {
        using var response = await request;

        await response.IsProblem(status);
        IsShown(response);
    }

    private static void IsShown(HttpResponseMessage response)
    {
        Assert.Equal(Page, Header(response, "Access-Control-Allow-Origin"));
        Assert.Equal("true", Header(response, "Access-Control-Allow-Credentials"));
    }

    private static string? Header(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out var values) ? string.Join(", ", values) : null;

    private Task<HttpResponseMessage> PreflightAsync(string origin, string method, string headers) => app.Anonymous().SendWith(
        "OPTIONS", $"/api/{_ann}/tasks", null, ("Origin", origin), ("Access-Control-Request-Method", method), ("Access-Control-Request-Headers", headers));
}
