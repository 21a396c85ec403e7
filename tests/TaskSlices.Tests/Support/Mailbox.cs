using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.RegularExpressions;
using System.Threading.Channels;
using MimeKit;

namespace TaskSlices.Tests.Support;

/// <summary>A mail with its envelope, and the credentials that the sender gave (RFC 4616), if any.</summary>
public sealed record ReceivedMail(string Sender, string[] Recipients, string Source, string? Credentials)
{
    public MimeMessage Message => MimeMessage.Load(new MemoryStream(Encoding.Latin1.GetBytes(Source)), TestContext.Current.CancellationToken);

    /// <summary>The one address in its text.</summary>
    public Uri Link => new(Assert.Single(Regex.Matches(Message.TextBody ?? "", @"https?://\S+")).Value);
}

/// <summary>An SMTP server (RFC 5321) that keeps what it gets. With a certificate, it takes mails from whoever signs in after STARTTLS only.</summary>
public sealed class Mailbox : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Channel<ReceivedMail> _mails = Channel.CreateUnbounded<ReceivedMail>();
    private readonly X509Certificate2? _certificate;
    private readonly Task _serving;

    public Mailbox(X509Certificate2? certificate = null)
    {
        _certificate = certificate;
        _listener.Start();
        _serving = ServeAsync();
    }

    /// <summary>What the server answers to a recipient: a refusal has it fail.</summary>
    public string RecipientAnswer { get; set; } = "250 OK";

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public Dictionary<string, string> Settings => new()
    {
        ["Mail__Host"] = "127.0.0.1",
        ["Mail__Port"] = $"{Port}",
        ["Mail__From"] = "Tasks <tasks@example.com>",
        ["Mail__Security"] = "none",
    };

    /// <summary>The next mail; fails after the time given, 20 seconds if none is.</summary>
    public async Task<ReceivedMail> NextAsync(TimeSpan? patience = null)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(patience ?? TimeSpan.FromSeconds(20));

        return await _mails.Reader.ReadAsync(limit.Token);
    }

    /// <summary>Those that have come, and were not taken out yet.</summary>
    public int Count => _mails.Reader.Count;

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            using var client = await _listener.AcceptTcpClientAsync();
            await TalkAsync(client.GetStream()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task TalkAsync(Stream plain)
    {
        var (stream, reader) = (plain, new StreamReader(plain, Encoding.Latin1));
        var (sender, recipients, credentials) = ("", new List<string>(), default(string));
        await SayAsync("220 mailbox");
        while (await reader.ReadLineAsync() is { } line)
        {
            switch (line.Split(' ')[0].ToUpperInvariant())
            {
                case "EHLO":
                    await SayAsync(_certificate is null ? "250 mailbox" : stream is SslStream ? "250-mailbox\r\n250 AUTH PLAIN" : "250-mailbox\r\n250 STARTTLS");
                    break;
                case "STARTTLS":
                    await SayAsync("220 go on");
                    var secure = new SslStream(plain);
                    await secure.AuthenticateAsServerAsync(_certificate!);
                    (stream, reader) = (secure, new StreamReader(secure, Encoding.Latin1));
                    break;
                case "AUTH":
                    credentials = Encoding.UTF8.GetString(Convert.FromBase64String(line.Split(' ')[2]));
                    await SayAsync("235 welcome");
                    break;
                case "MAIL":
                    sender = AddressOf(line);
                    await SayAsync(_certificate is null || credentials is not null ? "250 OK" : "530 sign in first");
                    break;
                case "RCPT":
                    recipients.Add(AddressOf(line));
                    await SayAsync(RecipientAnswer);
                    break;
                case "DATA":
                    await SayAsync("354 go on");
                    var source = new StringBuilder();
                    while (await reader.ReadLineAsync() is { } text and not ".")
                        source.Append(text.StartsWith('.') ? text[1..] : text).Append("\r\n");
                    await _mails.Writer.WriteAsync(new(sender, [.. recipients], $"{source}", credentials));
                    await SayAsync("250 OK");
                    (sender, recipients) = ("", []);
                    break;
                case "QUIT":
                    await SayAsync("221 bye");
                    return;
                default:
                    await SayAsync("250 OK");
                    break;
            }
        }

        Task SayAsync(string answer) => stream.WriteAsync(Encoding.Latin1.GetBytes($"{answer}\r\n")).AsTask();
    }

    private static string AddressOf(string line) => line[(line.IndexOf('<', StringComparison.Ordinal) + 1)..line.IndexOf('>', StringComparison.Ordinal)];
}

/// <summary>A server that keeps accounts, at a known address, and sends mails to a mailbox.</summary>
public class MailingServer : AccountServer
{
    public Mailbox Mailbox { get; } = new();

    protected override int Port { get; } = FreePort();

    protected override Dictionary<string, string> Settings => new(Mailbox.Settings) { ["Accounts__Url"] = $"http://127.0.0.1:{Port}" };

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await Mailbox.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();

        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}

/// <summary>The classes that share one such server, and run one after the other.</summary>
[CollectionDefinition(Name)]
public sealed class OneMailingServer : ICollectionFixture<MailingServer>
{
    public const string Name = nameof(OneMailingServer);
}
