using System.ComponentModel;
using System.Text;
using Microsoft.Extensions.Options;

namespace TaskSlices.Features.Accounts;

/// <summary>The <c>Accounts</c> section: the accounts that are kept here while no Better Auth server is configured.</summary>
public sealed class AccountSettings
{
    public static readonly TimeSpan LongestTokenLifetime = TimeSpan.FromDays(7);

    private static readonly TimeSpan ShortestTokenLifetime = TimeSpan.FromMinutes(1);

    [Description("How long a token is valid: one minute (00:01:00) to seven days (7.00:00:00). Tokens that are out follow it.")]
    public TimeSpan TokenLifetime { get; set; } = TimeSpan.FromMinutes(15);

    [Description("The address at which browsers see this server. Empty: that of each request.")]
    public string Url { get; set; } = "";

    [Description(
        "Who may make an account: open (or true): anybody; invited: whoever has an invitation; closed (or false): nobody. "
        + "Those who have one sign in either way.")]
    public string SignUp { get; set; } = "open";

    internal bool IsOpen => Is("open") || Is("true");
    internal bool NeedsInvitation => Is("invited");
    internal bool IsClosed => Is("closed") || Is("false");

    [Description("How often a minute one address may try to sign up or in.")]
    public int AttemptsPerAddress { get; set; } = 30;

    [Description("How many wrong passwords one account takes in a quarter of an hour.")]
    public int FailuresPerAccount { get; set; } = 10;

    [Description("A server with this key, 32 bytes at least, may export and erase any user. Empty: none may.")]
    public string ServiceKey { get; set; } = "";

    /// <summary>The origin of <see cref="Url"/> as browsers write it, in ASCII; null if it is empty.</summary>
    internal string? Origin => Url.Length == 0 ? null : BetterAuth.Origins.InAscii(new Uri(Url));

    /// <summary>What addresses of this server begin with, without a slash at the end; null if <see cref="Url"/> is empty.</summary>
    internal string? Base(IConfiguration configuration) => Origin is null ? null : $"{Origin}{configuration["PathBase"]?.TrimEnd('/')}";

    internal static string? FindMistake(AccountSettings options) => options switch
    {
        _ when options.TokenLifetime < ShortestTokenLifetime || options.TokenLifetime > LongestTokenLifetime =>
            "Accounts:TokenLifetime must be from one minute (00:01:00) to seven days (7.00:00:00).",
        { Url.Length: > 0 } when !IsOrigin(options.Url) =>
            "Accounts:Url must be the address at which browsers see this server, without a path: https://tasks.example",
        { IsOpen: false, NeedsInvitation: false, IsClosed: false } => "Accounts:SignUp must be open, invited or closed.",
        { AttemptsPerAddress: < 1 } or { FailuresPerAccount: < 1 } =>
            "Accounts:AttemptsPerAddress and Accounts:FailuresPerAccount must be 1 at least.",
        { ServiceKey.Length: > 0 } when Encoding.UTF8.GetByteCount(options.ServiceKey) < Infrastructure.Auth.ServiceKey.MinimumBytes =>
            $"Accounts:ServiceKey is shorter than {Infrastructure.Auth.ServiceKey.MinimumBytes} bytes. "
            + "Set a longer one: openssl rand -base64 32",
        _ => null,
    };

    private bool Is(string word) => SignUp.Equals(word, StringComparison.OrdinalIgnoreCase);

    private static bool IsOrigin(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
        && uri is { PathAndQuery: "/", Fragment: "", UserInfo: "" };
}

internal sealed class AccountSettingsCheck(IConfiguration configuration) : IValidateOptions<AccountSettings>
{
    public ValidateOptionsResult Validate(string? name, AccountSettings options) =>
        (AccountSettings.FindMistake(options) ?? FindMissing(options)) is { } mistake
            ? ValidateOptionsResult.Fail(mistake)
            : ValidateOptionsResult.Success;

    private string? FindMissing(AccountSettings options) =>
        options.Url.Length == 0 && !string.IsNullOrEmpty(configuration["Mail:Host"])
            ? "Accounts:Url must be set where Mail:Host is: links in mails begin with it, whatever the Host header of a request says."
            : null;
}
