using System.ComponentModel;
using System.Net;
using Microsoft.Extensions.Options;
using MimeKit;
using TaskSlices.Infrastructure.Hosting;

namespace TaskSlices.Infrastructure.Operations;

/// <summary>The <c>Mail</c> section: the SMTP server that takes this server's mails.</summary>
public sealed class MailSettings
{
    [Description("The SMTP server that sends mails. Empty: none is sent.")]
    public string Host { get; set; } = "";

    // RFC 8314 section 3.3.
    [Description("Its port: 587 for starttls, 465 for tls, mostly.")]
    public int Port { get; set; } = 587;

    [Description("Who signs in there. Empty: it asks nobody to.")]
    public string User { get; set; } = "";

    [Description("The password that goes with Mail:User.")]
    public string Password { get; set; } = "";

    [Description("The sender: tasks@example.com, or Tasks <tasks@example.com>.")]
    public string From { get; set; } = "";

    [Description("How the connection is encrypted: starttls, tls or none. Without encryption no password is sent.")]
    public string Security { get; set; } = "starttls";

    internal static string? FindMistake(MailSettings options) => options switch
    {
        { Port: < 1 or > IPEndPoint.MaxPort } => "Mail:Port must be a number from 1 to 65535.",
        { Security: not ("starttls" or "tls" or "none") } => "Mail:Security must be starttls, tls or none.",
        { Host.Length: 0 } => null,
        _ when !IsSender(options.From) => "Mail:From must be the address that mails come from: tasks@example.com",
        _ when options.User.Length > 0 != options.Password.Length > 0 => "Mail:User and Mail:Password must be set both, or neither.",
        { Security: "none", Password.Length: > 0 } =>
            "Mail:Password is sent over an encrypted connection only. Set Mail:Security to starttls or tls.",
        _ => null,
    };

    private static bool IsSender(string text) => MailboxAddress.TryParse(text, out var sender) && sender.Domain.Length > 0;
}

internal sealed class MailSettingsCheck : IValidateOptions<MailSettings>
{
    public ValidateOptionsResult Validate(string? name, MailSettings options) =>
        MailSettings.FindMistake(options) is { } mistake ? ValidateOptionsResult.Fail(mistake) : ValidateOptionsResult.Success;
}

/// <summary>Sends mails where <c>Mail:Host</c> is set.</summary>
public static class Mailing
{
    public static void AddMail(this IServiceCollection services)
    {
        services.AddSettings<MailSettings>("Mail");
        services.AddSingleton<IValidateOptions<MailSettings>, MailSettingsCheck>();
        services.AddSingleton<Mailer>();
        services.AddHostedService(provider => provider.GetRequiredService<Mailer>());
    }
}
