using System.Diagnostics;

namespace TaskSlices.Tests.Features.Accounts;

[Collection(OneMailingServer.Name)]
public sealed class RequestPasswordResetTests(MailingServer server)
{
    private const string Url = "/api/auth/request-password-reset";
    private const string Answer = """{"status":true,"message":"If this email exists in our system, check your email for the reset link"}""";

    [Fact]
    public async Task Mails_a_link_to_the_address_of_the_account()
    {
        var visitor = await server.SignUpAsync();

        var answer = await visitor.Elsewhere().Post(Url, Visitor.Json(new { email = visitor.Email.ToUpperInvariant(), redirectTo = "/new?a=1#b" })).Is(HttpStatusCode.OK);

        Assert.Equal(Answer, answer.ToJsonString());
        var mail = await server.Mailbox.NextAsync();
        Assert.Equal(("tasks@example.com", visitor.Email), (mail.Sender, Assert.Single(mail.Recipients)));
        Assert.Equal(("\"Tasks\" <tasks@example.com>", visitor.Email), ($"{mail.Message.From}", $"{mail.Message.To}"));
        Assert.Equal("auto-generated", mail.Message.Headers["Auto-Submitted"]);
        Assert.EndsWith("@example.com", mail.Message.MessageId, StringComparison.Ordinal);
        Assert.Matches($@"^{server.Origin}/api/auth/reset-password/[a-zA-Z0-9]{{32}}\?callbackURL=%2Fnew%3Fa%3D1%23b$", mail.Link.OriginalString);
    }

    /// <summary>The row has the digest of the token: a copy of the database sets no password.</summary>
    [Fact]
    public async Task Keeps_no_token()
    {
        var visitor = await server.SignUpAsync();
        await visitor.Post(Url, Visitor.Json(new { email = visitor.Email, redirectTo = "/" })).Is(HttpStatusCode.OK);
        var token = (await server.Mailbox.NextAsync()).Link.Segments[^1];

        using var database = server.OpenDatabase();
        var stored = (byte[])database.Scalar("SELECT token_hash FROM password_resets WHERE user_id = $id", ("$id", visitor.Id))!;

        Assert.Equal(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(token)), stored);
        var export = await visitor.WithToken(await visitor.TokenAsync(), "GET", $"/api/{visitor.Id}/export").Text();
        Assert.Contains("password_resets", export, StringComparison.Ordinal);
        Assert.DoesNotContain("hash", export, StringComparison.Ordinal);
        Assert.DoesNotContain(token, server.Process.Log, StringComparison.Ordinal);
    }

    /// <summary>Neither the text nor the status nor the cookies, and no mail: the next one is for somebody who is there.</summary>
    [Fact]
    public async Task Says_the_same_of_an_address_without_an_account()
    {
        var (visitor, nobody) = (await server.SignUpAsync(), server.NewVisitor());

        var unknown = await nobody.Post(Url, Visitor.Json(new { email = nobody.Email, redirectTo = "/" }));
        var known = await nobody.Post(Url, Visitor.Json(new { email = visitor.Email, redirectTo = "/" }));

        Assert.Equal(WithoutDate(await known.Everything()), WithoutDate(await unknown.Everything()));
        Assert.Equal(visitor.Email, Assert.Single((await server.Mailbox.NextAsync()).Recipients));
        Assert.Equal(0, server.Mailbox.Count);
    }

    /// <summary>The account is looked for, the token stored and the mail sent after the answer.</summary>
    [Fact]
    public async Task Takes_the_same_time_for_an_address_without_an_account()
    {
        const int tries = 15;
        var visitors = await Task.WhenAll(Enumerable.Range(0, tries).Select(_ => server.SignUpAsync()));
        var (known, unknown) = (new List<TimeSpan>(), new List<TimeSpan>());
        for (var i = 0; i < tries; i++)
        {
            known.Add(await TimeAsync(visitors[i].Email));
            unknown.Add(await TimeAsync(server.NewVisitor().Email));
        }

        for (var i = 0; i < tries; i++)
            await server.Mailbox.NextAsync();
        var (one, other) = (Median(known), Median(unknown));
        TestContext.Current.SendDiagnosticMessage($"Known {one.TotalMilliseconds:0.0} ms, unknown {other.TotalMilliseconds:0.0} ms.");
        Assert.InRange(one - other, TimeSpan.FromMilliseconds(-20), TimeSpan.FromMilliseconds(20));
    }

    /// <summary>Whoever asks chooses the Host header, and the name of an account that has somebody else's address.</summary>
    [Fact]
    public async Task Puts_nothing_into_the_mail_that_a_stranger_chooses()
    {
        var visitor = server.NewVisitor();
        await visitor.Post("/api/auth/sign-up/email", Visitor.Json(new { name = "Win!\r\nBcc: evil@example.com\r\n\r\nhttps://evil.example", email = visitor.Email, password = visitor.Password })).Is(HttpStatusCode.OK);

        await visitor.Elsewhere().Send("POST", Url, Visitor.Json(new { email = visitor.Email, redirectTo = "/new\"><a href=x>" }), ("Host", "evil.example"), ("X-Forwarded-Host", "evil.example"), ("X-Forwarded-Prefix", "/evil")).Is(HttpStatusCode.OK);

        var mail = await server.Mailbox.NextAsync();
        Assert.Equal([visitor.Email], mail.Recipients);
        Assert.DoesNotContain("evil", mail.Source, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("Win!", mail.Message.TextBody, StringComparison.Ordinal);
        Assert.StartsWith($"{server.Origin}/api/auth/reset-password/", mail.Link.OriginalString, StringComparison.Ordinal);
        Assert.EndsWith("?callbackURL=%2Fnew%22%3E%3Ca%20href%3Dx%3E", mail.Link.OriginalString, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://evil.example/new")]
    [InlineData("//evil.example")]
    [InlineData("/\\\\evil.example")]
    [InlineData("/%2fevil.example")]
    [InlineData("javascript:alert(1)")]
    [InlineData("/new\\r\\nX: y")]
    public async Task Leads_to_no_page_of_another_site(string target)
    {
        var visitor = await server.SignUpAsync();

        await visitor.Elsewhere().Post(Url, $$"""{"email":"{{visitor.Email}}","redirectTo":"{{target}}"}""").IsRefused(403, "Invalid redirectURL", "INVALID_REDIRECT_URL");

        Assert.Equal(0, server.Mailbox.Count);
    }

    [Fact]
    public async Task Leads_to_a_page_of_a_configured_origin()
    {
        var visitor = await server.SignUpAsync();

        await visitor.Elsewhere().Post(Url, Visitor.Json(new { email = visitor.Email, redirectTo = "http://localhost:3000/new" })).Is(HttpStatusCode.OK);

        Assert.EndsWith("?callbackURL=http%3A%2F%2Flocalhost%3A3000%2Fnew", (await server.Mailbox.NextAsync()).Link.OriginalString, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{}", "[body.email] Invalid input: expected string, received undefined", "VALIDATION_ERROR")]
    [InlineData("""{"email":"nobody"}""", "[body.email] Invalid email address", "VALIDATION_ERROR")]
    [InlineData("""{"email":"a@example.com\r\nBcc: b@example.com"}""", "[body.email] Invalid email address", "VALIDATION_ERROR")]
    [InlineData("""{"email":"a@example.com","redirectTo":null}""", "[body.redirectTo] Invalid input: expected string, received null", "VALIDATION_ERROR")]
    [InlineData("""{"email":"a@example.com","redirectTo":5}""", "Invalid redirectURL: expected a string", null)]
    public async Task Refuses_what_Better_Auth_refuses_in_its_words(string json, string message, string? code) =>
        await server.NewVisitor().Post(Url, json).IsRefused(400, message, code);

    /// <summary>Whether or not there is such an account, and without a word to its sign-ins.</summary>
    [Fact]
    public async Task Sends_three_mails_to_an_address_in_a_quarter_of_an_hour()
    {
        var (visitor, nobody) = (await server.SignUpAsync(), server.NewVisitor());
        foreach (var email in new[] { visitor.Email, nobody.Email })
        {
            for (var i = 0; i < 3; i++)
                await nobody.Post(Url, Visitor.Json(new { email, redirectTo = "/" })).Is(HttpStatusCode.OK);

            var refused = await nobody.Post(Url, Visitor.Json(new { email = email.ToUpperInvariant(), redirectTo = "/" }));

            await refused.IsRefused(429, "Too many requests. Please try again later.", null);
            Assert.InRange(int.Parse(Assert.Single(refused.Headers.GetValues("X-Retry-After")), System.Globalization.CultureInfo.InvariantCulture), 1, 900);
        }

        for (var i = 0; i < 3; i++)
            Assert.Equal([visitor.Email], (await server.Mailbox.NextAsync()).Recipients);
        Assert.Equal(0, server.Mailbox.Count);
        await visitor.Elsewhere().SignInAsync();
    }

    private async Task<TimeSpan> TimeAsync(string email)
    {
        var started = Stopwatch.GetTimestamp();
        await server.NewVisitor().Post(Url, Visitor.Json(new { email, redirectTo = "/" })).Is(HttpStatusCode.OK);

        return Stopwatch.GetElapsedTime(started);
    }

    private static TimeSpan Median(List<TimeSpan> times) => times.Order().ElementAt(times.Count / 2);

    private static string WithoutDate(string answer) => System.Text.RegularExpressions.Regex.Replace(answer, "(?m)^Date: .*$", "");
}

/// <summary>A server that sends no mails, as a new installation does.</summary>
[Collection(OneAccountServer.Name)]
public sealed class NoMailTests(AccountServer server)
{
    [Fact]
    public async Task Answers_as_Better_Auth_does_that_has_no_way_to_send_a_mail()
    {
        var visitor = await server.SignUpAsync();

        await visitor.Elsewhere().Post("/api/auth/request-password-reset", Visitor.Json(new { email = visitor.Email })).IsRefused(400, "Reset password isn't enabled", "RESET_PASSWORD_DISABLED");
        await visitor.Elsewhere().Post("/api/auth/request-password-reset", """{"email":"nobody"}""").IsRefused(400, "[body.email] Invalid email address", "VALIDATION_ERROR");
        await visitor.Elsewhere().Post("/api/auth/reset-password", """{"newPassword":"battery staple","token":"nothing"}""").IsRefused(400, "Invalid token", "INVALID_TOKEN");
    }
}
