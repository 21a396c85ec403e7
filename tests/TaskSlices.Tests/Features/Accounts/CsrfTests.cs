namespace TaskSlices.Tests.Features.Accounts;

/// <summary>A page of another site can have a browser send requests here, with the cookies that are kept for here; it can't lie about its origin.</summary>
[Collection(OneAccountServer.Name)]
public sealed class CsrfTests(AccountServer server)
{
    private static readonly string[] Posts =
    [
        "/api/auth/sign-up/email", "/api/auth/sign-in/email", "/api/auth/sign-out", "/api/auth/revoke-sessions", "/api/auth/revoke-session",
        "/api/auth/revoke-other-sessions", "/api/auth/change-password", "/api/auth/change-email", "/api/auth/update-user", "/api/auth/delete-user",
        "/api/auth/request-password-reset", "/api/auth/reset-password",
    ];

    public static TheoryData<string> EachPost => [.. Posts];

    [Fact]
    public void Knows_each_post() =>
        Assert.Equal(Posts.Order(), Directory.EnumerateFiles(Path.Combine(DropIn.Root, "src", "Features"), "*.cs", SearchOption.AllDirectories)
            .SelectMany(path => System.Text.RegularExpressions.Regex.Matches(File.ReadAllText(path), "Post\\(\"(/api/auth/[^\"]+)\"").Select(match => match.Groups[1].Value))
            .Order());

    [Theory]
    [MemberData(nameof(EachPost))]
    public async Task A_browser_with_a_cookie_must_come_from_a_page_that_may(string url)
    {
        var visitor = await server.SignUpAsync();
        var json = Credentials(visitor);

        await visitor.Send("POST", url, json, ("Origin", "https://evil.example")).IsRefused(403, "Invalid origin", "INVALID_ORIGIN");
        await visitor.Send("POST", url, json, ("Referer", "https://evil.example/page")).IsRefused(403, "Invalid origin", "INVALID_ORIGIN");
        await visitor.Send("POST", url, json, ("Origin", $"{server.Origin}.evil.example")).IsRefused(403, "Invalid origin", "INVALID_ORIGIN");
        await visitor.Send("POST", url, json, ("Origin", "null")).IsRefused(403, "Missing or null Origin", "MISSING_OR_NULL_ORIGIN");
        await visitor.Send("POST", url, json).IsRefused(403, "Missing or null Origin", "MISSING_OR_NULL_ORIGIN");
        Assert.NotEqual("null", await visitor.Get("/api/auth/get-session").Text());

        Assert.NotEqual(HttpStatusCode.Forbidden, (await visitor.Send("POST", url, json, ("Origin", server.Origin))).StatusCode);
    }

    [Theory]
    [MemberData(nameof(EachPost))]
    public async Task Pages_of_the_configured_origins_may(string url)
    {
        var visitor = await server.SignUpAsync();

        Assert.NotEqual(HttpStatusCode.Forbidden, (await visitor.Send("POST", url, Credentials(visitor), ("Origin", "http://localhost:3000"))).StatusCode);
    }

    /// <summary>Signing the victim in as the attacker needs no cookie.</summary>
    [Theory]
    [InlineData("/api/auth/sign-up/email")]
    [InlineData("/api/auth/sign-in/email")]
    [InlineData("/api/auth/sign-in/email/")]
    [InlineData("/api/auth/Sign-In/email")]
    public async Task Nobody_is_signed_in_by_another_site(string url)
    {
        var visitor = (await server.SignUpAsync()).Elsewhere();
        var json = Credentials(visitor);

        await visitor.Send("POST", url, json, ("Origin", "https://evil.example")).IsRefused(403, "Invalid origin", "INVALID_ORIGIN");
        await visitor.Send("POST", url, json, ("Sec-Fetch-Mode", "cors")).IsRefused(403, "Missing or null Origin", "MISSING_OR_NULL_ORIGIN");
        await visitor.Send("POST", url, json, ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate"), ("Origin", server.Origin))
            .IsRefused(403, "Cross-site navigation login blocked. This request appears to be a CSRF attack.", "CROSS_SITE_NAVIGATION_LOGIN_BLOCKED");
        Assert.NotEqual(HttpStatusCode.Forbidden, (await visitor.Send("POST", url, json)).StatusCode);
    }

    [Fact]
    public async Task Another_page_reads_no_answer()
    {
        var visitor = await server.SignUpAsync();

        Assert.False((await visitor.Get("/api/auth/get-session", ("Origin", "https://evil.example"))).Headers.Contains("Access-Control-Allow-Origin"));
        var own = await visitor.Get("/api/auth/get-session", ("Origin", "http://localhost:3000"));
        Assert.Equal("http://localhost:3000", Assert.Single(own.Headers.GetValues("Access-Control-Allow-Origin")));
        Assert.Contains("set-auth-jwt", own.Headers.GetValues("Access-Control-Expose-Headers").Single(), StringComparison.Ordinal);
    }

    private static string Credentials(Visitor visitor) => Visitor.Json(new { name = "", email = visitor.Email, password = visitor.Password });
}
