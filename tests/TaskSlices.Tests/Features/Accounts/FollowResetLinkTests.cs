namespace TaskSlices.Tests.Features.Accounts;

[Collection(OneMailingServer.Name)]
public sealed class FollowResetLinkTests(MailingServer server)
{
    [Theory]
    [InlineData("/new", "{0}/new?token={1}")]
    [InlineData("/new?from=mail&token=old#form", "{0}/new?from=mail&token={1}#form")]
    [InlineData("http://localhost:3000/new", "http://localhost:3000/new?token={1}")]
    [InlineData("/n\u00f6u seite", "{0}/n%C3%B6u%20seite?token={1}")]
    public async Task Leads_to_the_page_that_was_named_and_tells_it_the_token(string target, string page)
    {
        var (visitor, link) = await LinkAsync(target);

        var response = await visitor.Get(link.PathAndQuery);

        Assert.Equal(HttpStatusCode.Found, response.StatusCode);
        Assert.Equal(string.Format(System.Globalization.CultureInfo.InvariantCulture, page, server.Origin, link.Segments[^1]), response.Headers.Location?.OriginalString);

        // Looking is not using: a mail server that follows links does no harm.
        Assert.Contains("token=", (await visitor.Get(link.PathAndQuery)).Headers.Location?.Query, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tells_the_page_that_the_link_is_not_good()
    {
        var (visitor, link) = await LinkAsync("/new");
        server.Execute("UPDATE password_resets SET expires_at = $now WHERE user_id = $id", ("$now", Engine.Time(DateTimeOffset.UtcNow)), ("$id", visitor.Id));

        foreach (var path in new[] { link.PathAndQuery, "/api/auth/reset-password/nothing?callbackURL=%2Fnew" })
            Assert.Equal($"{server.Origin}/new?error=INVALID_TOKEN", (await visitor.Get(path)).Headers.Location?.OriginalString);
    }

    [Theory]
    [InlineData("https://evil.example")]
    [InlineData("//evil.example")]
    [InlineData("/%5cevil.example")]
    public async Task Leads_to_no_other_site(string target)
    {
        var (visitor, link) = await LinkAsync("/new");

        await visitor.Get($"{link.AbsolutePath}?callbackURL={Uri.EscapeDataString(target)}").IsRefused(403, "Invalid callbackURL", "INVALID_CALLBACK_URL");
    }

    [Fact]
    public async Task Needs_a_page_to_lead_to()
    {
        var (visitor, link) = await LinkAsync("");

        Assert.Equal($"{server.Origin}/api/auth/error?error=INVALID_TOKEN", (await visitor.Get(link.PathAndQuery)).Headers.Location?.OriginalString);
        await visitor.Get(link.AbsolutePath).IsRefused(400, "[query.callbackURL] Invalid input: expected string, received undefined", "VALIDATION_ERROR");
    }

    private async Task<(Visitor Visitor, Uri Link)> LinkAsync(string target)
    {
        var visitor = await server.SignUpAsync();
        await visitor.Post("/api/auth/request-password-reset", Visitor.Json(new { email = visitor.Email, redirectTo = target })).Is(HttpStatusCode.OK);

        return (visitor, (await server.Mailbox.NextAsync()).Link);
    }
}
