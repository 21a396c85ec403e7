using System.Net.Http.Headers;
using System.Text.RegularExpressions;
using FastEndpoints.Testing;

namespace TaskSlices.Tests.Page;

public sealed partial class FilesTests(App app) : TestBase<App>
{
    /// <summary>In bytes, for all files together and not compressed.</summary>
    private const long SizeLimit = 102_400;

    private static readonly string Folder = Path.Combine(DropIn.Root, "src", "wwwroot");

    public static TheoryData<string, string> Files =>
    [
        ("/", "text/html"), ("/index.html", "text/html"), ("/style.css", "text/css"), ("/icon.svg", "image/svg+xml"),
        ("/icon.png", "image/png"), ("/manifest.webmanifest", "application/manifest+json"),
        .. Directory.EnumerateFiles(Folder, "*.js").Select(file => ($"/{Path.GetFileName(file)}", "text/javascript")),
    ];

    [Theory]
    [MemberData(nameof(Files))]
    public async Task Are_served_to_everybody_and_kept_until_they_change(string path, string type)
    {
        var client = app.Anonymous();
        var response = await client.Get(path);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(type, response.Content.Headers.ContentType!.MediaType);
        Assert.True(response.Headers.CacheControl!.NoCache);
        Assert.Equal(await File.ReadAllBytesAsync(Path.Combine(Folder, path == "/" ? "index.html" : path[1..]), Cancellation), await response.Content.ReadAsByteArrayAsync(Cancellation));

        var again = new HttpRequestMessage(HttpMethod.Get, path);
        again.Headers.IfNoneMatch.Add(response.Headers.ETag!);
        Assert.Equal(HttpStatusCode.NotModified, (await client.SendAsync(again, Cancellation)).StatusCode);
        again = new HttpRequestMessage(HttpMethod.Get, path);
        again.Headers.IfNoneMatch.Add(new EntityTagHeaderValue("\"another\""));
        Assert.Equal(HttpStatusCode.OK, (await client.SendAsync(again, Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await client.Send("HEAD", path)).StatusCode);
    }

    [Theory]
    [MemberData(nameof(Files))]
    public async Task Let_the_browser_do_nothing_that_they_do_not_need(string path, string type)
    {
        var response = await app.Anonymous().Get(path);
        var policy = response.Headers.GetValues("Content-Security-Policy").Single().Split("; ");

        Assert.NotNull(type);
        foreach (var rule in new[] { "default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "manifest-src 'self'", "require-trusted-types-for 'script'", "trusted-types worker", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'" })
            Assert.Contains(rule, policy);
        Assert.DoesNotContain(policy, rule => rule.Contains("unsafe", StringComparison.Ordinal) || rule.Contains('*', StringComparison.Ordinal) || rule.Contains("http", StringComparison.Ordinal));
        Assert.Equal("nosniff", response.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.Equal("same-origin", response.Headers.GetValues("Referrer-Policy").Single());
    }

    [Theory]
    [InlineData("POST", "/")]
    [InlineData("GET", "/nothing.js")]
    [InlineData("GET", "/wwwroot/app.js")]
    [InlineData("GET", "/appsettings.json")]
    [InlineData("GET", "/..%2fappsettings.json")]
    [InlineData("GET", "/%2e%2e/TaskSlices.dll")]
    [InlineData("GET", "/index.html/")]
    public async Task Leave_everything_else_as_it_was(string method, string path) =>
        await app.Anonymous().Send(method, path).IsProblem(HttpStatusCode.Unauthorized, "TOKEN_MISSING");

    [Fact]
    public void Are_small() =>
        Assert.InRange(Directory.EnumerateFiles(Folder, "*", SearchOption.AllDirectories).Sum(file => new FileInfo(file).Length), 10_000, SizeLimit);

    [Fact]
    public void Name_no_other_host_and_make_no_markup_of_text() =>
        Assert.All(Directory.EnumerateFiles(Folder), file =>
        {
            var text = File.ReadAllText(file).Replace("http://www.w3.org/2000/svg", "", StringComparison.Ordinal);
            Assert.DoesNotMatch(@"https?:|[""'(]//", text);
            Assert.DoesNotMatch(@"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|<style|\bstyle=|\son\w+=""|javascript:", text);
        });

    [Fact]
    public void Are_all_fetched_at_once()
    {
        // The service worker is no module of the page.
        var modules = Directory.EnumerateFiles(Folder, "*.js").Select(file => Path.GetFileName(file)!).Where(file => file != "worker.js").Order(StringComparer.Ordinal).ToArray();
        var named = Module().Matches(File.ReadAllText(Path.Combine(Folder, "index.html"))).Select(match => match.Groups[1].Value);

        Assert.Equal(modules, named.Order(StringComparer.Ordinal));
        Assert.All(modules, file => Assert.DoesNotMatch(@"\bimport\b|\bfrom\s*[""']", File.ReadAllText(Path.Combine(Folder, file))));
    }

    [GeneratedRegex("module\" src=\"([a-z]+\\.js)\"")]
    private static partial Regex Module();
}
