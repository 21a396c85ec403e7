using TaskSlices.Infrastructure.Slices;

namespace TaskSlices.Tests.Infrastructure.Http;

/// <summary>RFC 9110 section 9.3.2, on Kestrel: what is on the wire, to the byte.</summary>
[Collection(OneServer.Name)]
public sealed class HeadTests(Server server)
{
    /// <summary>Those of the moment, and those that frame a body.</summary>
    private static readonly string[] Exempt = ["Date", "Transfer-Encoding", "Content-Length"];

    [Theory]
    [InlineData("/", 200)]
    [InlineData("/app.js", 200)]
    [InlineData("/swagger", 302)]
    [InlineData("/swagger/index.html", 200)]
    [InlineData(Document.Path, 200)]
    [InlineData("/health/live", 200)]
    [InlineData("/health/ready", 200)]
    [InlineData("/api/ann/tasks", 200)]
    [InlineData("/api/ann/tasks?limit=1", 200)]
    [InlineData("/api/ann/tasks/{id}", 200)]
    [InlineData("/api/ann/export", 200)]
    [InlineData("/api/ann/tasks?limit=0", 422)]
    [InlineData("/api/ann/tasks/01a1fcf0-0000-7000-8000-000000000000", 404)]
    [InlineData("/api/ann/nothing", 404)]
    [InlineData("/api/bob/tasks", 403)]
    [InlineData("/api/ann/tasks/{id}/complete", 405)]
    public async Task Has_the_status_and_the_headers_of_GET_and_no_body(string path, int status)
    {
        using var client = server.As("ann");
        await client.CreateTask("ann");
        var task = await client.CreateTask("ann");
        path = path.Replace("{id}", task.Id(), StringComparison.Ordinal);

        var (got, text) = await SendAsync("GET", path);
        var (asked, head) = await SendAsync("HEAD", path);

        Assert.Equal((status, status), (got, asked));
        Assert.EndsWith("\r\n\r\n", head, StringComparison.Ordinal);
        Assert.Equal(Headers(text).Where(h => !Exempt.Contains(h.Key)), Headers(head).Where(h => !Exempt.Contains(h.Key)));
        if (Headers(head).TryGetValue("Content-Length", out var length))
            Assert.Equal(Headers(text)["Content-Length"], length);
    }

    [Fact]
    public async Task Needs_the_token_that_GET_needs()
    {
        foreach (var path in new[] { "/api/ann/tasks", "/api/ann/export" })
            Assert.Equal(HttpStatusCode.Unauthorized, (await server.Anonymous().Send("HEAD", path)).StatusCode);
    }

    private static SortedDictionary<string, string> Headers(string text) => new(
        text.Split("\r\n\r\n")[0].Split("\r\n")[1..].Select(line => line.Split(": ", 2)).ToDictionary(line => line[0], line => line[1]), StringComparer.Ordinal);

    private Task<(int Status, string Text)> SendAsync(string method, string path) => RawHttp.ExchangeAsync(
        server.Address, $"{method} {path} HTTP/1.1\nHost: {server.Address.Authority}\nAuthorization: Bearer {Token.For("ann")}\nConnection: close\n\n");
}
