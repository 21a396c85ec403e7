using Microsoft.AspNetCore.Http;

namespace TaskSlices.Tests.Features.Accounts;

/// <summary>The name by which a browser calls the server.</summary>
[Collection(OneAccountServer.Name)]
public sealed class HostTests(AccountServer server)
{
    private const string InAscii = "xn--bcher-kva.example";

    [Theory]
    [InlineData("xn--e")]
    [InlineData("xn--")]
    public async Task Answers_under_a_name_that_is_no_internationalized_one(string host)
    {
        foreach (var url in new[] { "/api/auth/get-session", "/api/auth/ok" })
            Assert.Equal(HttpStatusCode.OK, (await server.NewVisitor().Get(url, ("Host", host))).StatusCode);

        var visitor = server.NewVisitor();
        Assert.Equal(HttpStatusCode.OK, (await SignUpAsync(visitor, host, $"http://{host}")).StatusCode);
        await visitor.Get("/api/auth/token", ("Host", host)).Is(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Signs_up_a_page_on_an_internationalized_host()
    {
        Assert.Equal(HttpStatusCode.OK, (await SignUpAsync(server.NewVisitor(), InAscii, $"http://{InAscii}")).StatusCode);
        await SignUpAsync(server.NewVisitor(), InAscii, "http://xn--bcher-kva.evil.example").IsRefused(403, "Invalid origin", "INVALID_ORIGIN");
    }

    [Theory]
    [InlineData("HTTP/1.0")]
    [InlineData("HTTP/1.1\nHost: ")]
    public async Task Refuses_a_request_without_a_host(string version)
    {
        foreach (var url in new[] { "/api/auth/get-session", "/api/auth/ok" })
        {
            var (status, text) = await RawHttp.ExchangeAsync(server.Address, $"GET {url} {version}\nConnection: close\n\n");

            Assert.Equal(StatusCodes.Status400BadRequest, status);
            Assert.Contains("""{"message":"Missing Host header","code":"BAD_REQUEST"}""", text, StringComparison.Ordinal);
        }
    }

    internal static Task<HttpResponseMessage> SignUpAsync(Visitor visitor, string host, string origin) => visitor.Send(
        "POST", "/api/auth/sign-up/email", Visitor.Json(new { name = "", email = visitor.Email, password = visitor.Password }), ("Host", host), ("Origin", origin));
}

/// <summary>A server that is told its address.</summary>
[Trait("Speed", "slow")]
public sealed class ConfiguredHostTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("taskslices-").FullName;

    [Theory]
    [InlineData("https://b\u00fccher.example")]
    [InlineData("https://xn--bcher-kva.example/")]
    public async Task Signs_up_a_page_on_an_internationalized_host_however_the_setting_is_written(string url)
    {
        await using var server = await ServerProcess.StartAsync(_directory, new() { ["Accounts__Url"] = url });
        var visitor = new Visitor(server.Client.BaseAddress!);

        Assert.Equal(HttpStatusCode.OK, (await HostTests.SignUpAsync(visitor, "xn--bcher-kva.example", "https://xn--bcher-kva.example")).StatusCode);

        Assert.Equal("https://xn--bcher-kva.example", Visitor.Claims(await visitor.TokenAsync())["iss"]!.GetValue<string>());
        await HostTests.SignUpAsync(new Visitor(server.Client.BaseAddress!), "xn--bcher-kva.example", "https://bucher.example")
            .IsRefused(403, "Invalid origin", "INVALID_ORIGIN");
        Assert.DoesNotContain("Accounts:Url is not set", server.Log, StringComparison.Ordinal);
    }

    /// <summary>Cookies whose name starts with __secure- can be set by any page, also over plain HTTP.</summary>
    [Fact]
    public async Task Takes_no_cookie_whose_name_only_looks_like_a_secure_one()
    {
        await using var server = await ServerProcess.StartAsync(_directory, new() { ["Accounts__Url"] = "https://tasks.example" });
        var visitor = new Visitor(server.Client.BaseAddress!) { Origin = "https://tasks.example" };
        await visitor.SignUpAsync();
        var (name, value) = Assert.Single(visitor.Cookies);
        await visitor.TokenAsync();

        visitor.Cookies.Clear();
        visitor.Cookies[name.Replace("__Secure-", "__secure-", StringComparison.Ordinal)] = value;

        await visitor.Get("/api/auth/token").IsRefused(401, "Unauthorized", "UNAUTHORIZED");
    }

    [Fact]
    public async Task Warns_at_the_start_that_anybody_can_choose_its_name()
    {
        await using (var server = await ServerProcess.StartAsync(_directory, new() { ["Kestrel__Endpoints__All__Url"] = "http://0.0.0.0:0" }))
            await Wait.Until("it warns", () => server.Log.Contains("Accounts:Url is not set", StringComparison.Ordinal));

        await using var local = await ServerProcess.StartAsync(_directory);
        await local.Client.Get("/api/auth/ok").Is(HttpStatusCode.OK);
        Assert.DoesNotContain("Accounts:Url is not set", local.Log, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);
}
