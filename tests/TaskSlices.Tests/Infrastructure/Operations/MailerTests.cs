using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace TaskSlices.Tests.Infrastructure.Operations;

[Trait("Speed", "slow")]
public sealed class MailerTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("taskslices-").FullName;

    [Fact]
    public async Task Signs_in_at_the_server_after_STARTTLS_and_not_before()
    {
        using var certificate = Certificate();
        var file = Path.Combine(_directory, "root.pem");
        await File.WriteAllTextAsync(file, certificate.ExportCertificatePem(), TestContext.Current.CancellationToken);
        await using var mailbox = new Mailbox(certificate);
        var settings = Secure(mailbox);

        await using (var trusting = await StartAsync(new(settings) { ["SSL_CERT_FILE"] = file }))
        {
            await AskAsync(trusting);
            Assert.Equal("\0tasks\0mail password", (await mailbox.NextAsync()).Credentials);
            Assert.DoesNotContain("mail password", (await trusting.StopAsync()).Log, StringComparison.Ordinal);
        }

        // Whoever stands between shows a certificate that nobody trusts.
        await using var server = await StartAsync(settings);
        await AskAsync(server);
        await Wait.Until("it says so", () => server.Log.Contains("A mail could not be sent", StringComparison.Ordinal), TimeSpan.FromSeconds(40));
        Assert.Equal(0, mailbox.Count);
    }

    [Fact]
    public async Task Sends_nothing_in_clear_text_unless_told_to()
    {
        await using var mailbox = new Mailbox();
        await using var server = await StartAsync(Secure(mailbox));

        await AskAsync(server);

        await Wait.Until("it says so", () => server.Log.Contains("A mail could not be sent", StringComparison.Ordinal), TimeSpan.FromSeconds(40));
        Assert.Equal(0, mailbox.Count);
    }

    [Fact]
    public async Task Says_why_a_mail_was_refused_but_not_to_whom_and_sends_the_next()
    {
        await using var mailbox = new Mailbox { RecipientAnswer = "550 no such user ann@example.com" };
        await using var server = await StartAsync(mailbox.Settings);

        var email = await AskAsync(server);
        await Wait.Until("it says so", () => server.Log.Contains("the server answers 550", StringComparison.Ordinal));
        mailbox.RecipientAnswer = "250 OK";
        var next = await AskAsync(server);

        Assert.Equal([next], (await mailbox.NextAsync()).Recipients);
        Assert.DoesNotContain(email, server.Log, StringComparison.Ordinal);
        Assert.DoesNotContain("ann@example.com", server.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sends_what_is_queued_before_it_stops()
    {
        await using var mailbox = new Mailbox();
        await using var server = await StartAsync(mailbox.Settings);
        for (var i = 0; i < 5; i++)
            await AskAsync(server);

        var (exitCode, log) = await server.StopAsync();

        Assert.True(exitCode == 0, log);
        Assert.Equal(5, mailbox.Count);
    }

    [Theory]
    [InlineData("Mail__Port", "0", "Mail:Port must be")]
    [InlineData("Mail__Security", "ssl", "Mail:Security must be starttls, tls or none")]
    [InlineData("Mail__From", "", "Mail:From must be")]
    [InlineData("Mail__From", "tasks", "Mail:From must be")]
    [InlineData("Mail__From", "a@example.com\nBcc: b@example.com", "Mail:From must be")]
    [InlineData("Mail__User", "tasks", "Mail:User and Mail:Password must be set both, or neither")]
    [InlineData("Mail__Passwort", "x", "Mail:Passwort is no setting")]
    [InlineData("Accounts__Url", "", "Accounts:Url must be set where Mail:Host is")]
    public void Does_not_start_with_a_setting_that_is_wrong(string name, string value, string mend) =>
        InProcess.Refuses(
            _directory,
            [("Mail__Host", "mail.example"), ("Mail__From", "tasks@example.com"), ("Accounts__Url", "https://tasks.example"), (name, value)], mend);

    [Fact]
    public void Sends_no_password_in_clear_text()
    {
        (string, string)[] settings =
        [
            ("Mail__Host", "mail.example"), ("Mail__From", "tasks@example.com"), ("Accounts__Url", "https://tasks.example"),
            ("Mail__User", "tasks"), ("Mail__Password", "mail password"), ("Mail__Security", "none"),
        ];

        Assert.DoesNotContain("mail password", InProcess.Refuses(_directory, settings, "Mail:Password is sent over an encrypted connection only"), StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private Task<ServerProcess> StartAsync(Dictionary<string, string> settings) =>
        ServerProcess.StartAsync(_directory, new(settings) { ["Accounts__Url"] = "http://tasks.example" });

    private static Dictionary<string, string> Secure(Mailbox mailbox) => new(mailbox.Settings)
    {
        ["Mail__Security"] = "starttls",
        ["Mail__Host"] = "localhost",
        ["Mail__User"] = "tasks",
        ["Mail__Password"] = "mail password",
    };

    /// <summary>Somebody signs up, and has forgotten the password.</summary>
    private static async Task<string> AskAsync(ServerProcess server)
    {
        var visitor = new Visitor(server.Client.BaseAddress!) { Origin = "http://tasks.example" };
        await visitor.SignUpAsync();
        await visitor.Post("/api/auth/request-password-reset", Visitor.Json(new { email = visitor.Email, redirectTo = "/" })).Is(HttpStatusCode.OK);

        return visitor.Email;
    }

    private static X509Certificate2 Certificate()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));

        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }
}
