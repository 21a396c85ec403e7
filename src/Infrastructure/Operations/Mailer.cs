using System.Threading.Channels;
using MailKit.Net.Smtp;
using MailKit.Security;
using Microsoft.Extensions.Options;
using MimeKit;
using MimeKit.Utils;

namespace TaskSlices.Infrastructure.Operations;

/// <summary>A mail from this server, in plain text.</summary>
/// <param name="To">The address alone, without a name.</param>
/// <param name="Subject">Is sent as it is: put nothing into it that a stranger has chosen.</param>
/// <param name="Text">Its lines.</param>
public sealed record Mail(string To, string Subject, string Text);

/// <summary>
/// Writes mails and sends them by SMTP (RFC 5321), one after the other, after the requests that asked for them were answered. Each is tried
/// once; one that fails is logged, without its address. A stop sends what is queued; after a kill, it is lost.
/// </summary>
public sealed partial class Mailer(IOptions<MailSettings> settings, IServiceScopeFactory scopes, ILogger<Mailer> log) : BackgroundService
{
    /// <summary>The most that wait.</summary>
    private const int QueueLimit = 1_000;

    /// <summary>How long one may take, so that a server which does not answer does not hold up the others for ever.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Channel<Func<IServiceProvider, CancellationToken, Task<Mail?>>> _queue =
        Channel.CreateBounded<Func<IServiceProvider, CancellationToken, Task<Mail?>>>(QueueLimit);

    /// <summary>Whether there is a server to send by.</summary>
    public bool IsOn => settings.Value.Host.Length > 0;

    /// <summary>Has a mail written and sent.</summary>
    /// <param name="write">Runs later, with the services of a scope of its own; null: there is nothing to send.</param>
    /// <returns>False if too many wait, or the server stops.</returns>
    public bool TryQueue(Func<IServiceProvider, CancellationToken, Task<Mail?>> write) => _queue.Writer.TryWrite(write);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await using var end = stoppingToken.Register(() => _queue.Writer.TryComplete());
        await foreach (var write in _queue.Reader.ReadAllAsync(CancellationToken.None))
        {
            try
            {
                await SendAsync(write);
            }
            catch (Exception e)
            {
                // An exception that leaves this method ends the process.
                LogFailure(ReasonOf(e));
            }
        }
    }

    private async Task SendAsync(Func<IServiceProvider, CancellationToken, Task<Mail?>> write)
    {
        using var patience = new CancellationTokenSource(Patience);
        await using var scope = scopes.CreateAsyncScope();
        if (await write(scope.ServiceProvider, patience.Token) is not { } mail)
            return;

        using var message = MessageOf(mail);
        using var client = new SmtpClient();
        var security = settings.Value.Security switch
        {
            "tls" => SecureSocketOptions.SslOnConnect,
            "none" => SecureSocketOptions.None,
            _ => SecureSocketOptions.StartTls,
        };
        await client.ConnectAsync(settings.Value.Host, settings.Value.Port, security, patience.Token);
        if (settings.Value.User.Length > 0)
            await client.AuthenticateAsync(settings.Value.User, settings.Value.Password, patience.Token);

        await client.SendAsync(message, patience.Token);
        await client.DisconnectAsync(quit: true, patience.Token);
    }

    private MimeMessage MessageOf(Mail mail)
    {
        var from = MailboxAddress.Parse(settings.Value.From);

        // Without a domain, the id would name this machine.
        var message = new MimeMessage { Subject = mail.Subject, MessageId = MimeUtils.GenerateMessageId(from.Domain) };
        message.From.Add(from);
        message.To.Add(new MailboxAddress("", mail.To));

        // No out-of-office answer comes back (RFC 3834 section 5).
        message.Headers.Add("Auto-Submitted", "auto-generated");
        message.Body = new TextPart("plain") { Text = mail.Text };

        return message;
    }

    /// <summary>The text of a server's refusal may have the address in it.</summary>
    private static string ReasonOf(Exception exception) => exception switch
    {
        SmtpCommandException refusal => $"the server answers {(int)refusal.StatusCode}",
        OperationCanceledException => $"it took more than {Patience.TotalSeconds:0} s",
        _ => exception.Message,
    };

    [LoggerMessage(LogLevel.Error, "A mail could not be sent: {Reason}. Check the Mail settings; whoever waits for it has to ask again")]
    private partial void LogFailure(string reason);
}
