using System.ComponentModel;
using System.Text;
using Microsoft.Extensions.Options;

namespace TaskSlices.Infrastructure.Auth;

/// <summary>The <c>Auth</c> section: who may issue tokens, and what they must say.</summary>
public sealed class AuthSettings
{
    [Description("The secret shared with Better Auth: its UTF-8 bytes, 32 at least, are the HS256 key. Empty: none.")]
    public string Secret { get; set; } = "";

    [Description("The address of a Better Auth server; a path in it is the place of its endpoints, instead of /api/auth. Empty: none.")]
    public string Url { get; set; } = "";

    [Description("For development: a Better Auth server on this machine, beside the accounts here. Set by dotnet run.")]
    public string DevelopmentUrl { get; set; } = "";

    [Description("Where the key set is, if not at the usual place under Auth:Url.")]
    public string JwksUrl { get; set; } = "";

    [Description("What iss must be. Empty: the origin of Auth:Url; for a shared secret, anything.")]
    public string Issuer { get; set; } = "";

    [Description("What aud must be or hold. Empty: the origin of Auth:Url; for a shared secret, anything.")]
    public string Audience { get; set; } = "";

    [Description("The claim that names the user.")]
    public string SubjectClaim { get; set; } = "sub";

    [Description("Whether keys may be fetched over plain HTTP from another host.")]
    public bool AllowHttp { get; set; }

    /// <summary>Whether somebody else issues the tokens; if not, this server keeps the accounts itself.</summary>
    internal bool IsDelegated => Secret.Length > 0 || Url.Length > 0;

    /// <summary>
    /// Whether the key set is that of <see cref="DevelopmentUrl"/>, which need not be there. By another claim than the id, its users could
    /// not be told from those with an account here.
    /// </summary>
    internal bool IsDevelopment => !IsDelegated && SubjectClaim == "sub" && DevelopmentUrl.Length > 0;

    /// <summary>Better Auth keeps a path of its baseURL as its own base, and stands at /api/auth without one.</summary>
    internal Uri? KeySetUrl =>
        JwksUrl.Length > 0 ? new Uri(JwksUrl)
        : Issuing.Length == 0 ? null
        : new Uri(Issuing).AbsolutePath.TrimEnd('/') is { Length: > 0 } path ? new Uri($"{Origin}{path}/jwks")
        : new Uri($"{Origin}/api/auth/jwks");

    internal string? ExpectedIssuer => Issuer.Length > 0 ? Issuer : Origin;

    internal string? ExpectedAudience => Audience.Length > 0 ? Audience : Origin;

    private string Issuing => IsDevelopment ? DevelopmentUrl : Url;

    private string? Origin => Issuing.Length == 0 ? null : new Uri(Issuing).GetLeftPart(UriPartial.Authority);
}

internal sealed class AuthSettingsCheck : IValidateOptions<AuthSettings>
{
    /// <summary>What Better Auth uses when nobody sets a secret: published, so that anybody can sign with it.</summary>
    private const string PublicDefault = "better-auth-secret-12345678901234567890";

    public ValidateOptionsResult Validate(string? name, AuthSettings options) =>
        FindMistake(options) is { } mistake ? ValidateOptionsResult.Fail(mistake) : ValidateOptionsResult.Success;

    private static string? FindMistake(AuthSettings options) => options switch
    {
        { Secret: PublicDefault } =>
            "Auth:Secret (BETTER_AUTH_SECRET) is Better Auth's public default, which anybody can sign with. "
            + "Set a random one, here and there: openssl rand -base64 32",
        { Secret.Length: > 0 } when Encoding.UTF8.GetByteCount(options.Secret) < SharedSecret.MinimumBytes =>
            $"Auth:Secret (BETTER_AUTH_SECRET) is shorter than {SharedSecret.MinimumBytes} bytes. "
            + "Set a longer one, here and in Better Auth: openssl rand -base64 32",
        { SubjectClaim: "" } => "Auth:SubjectClaim is empty. Set it to the claim that names the user, or remove it: sub",
        { Secret.Length: > 0, SubjectClaim: "email" or "updateTo" or "version" } =>
            $"Auth:SubjectClaim is {options.SubjectClaim}, which Better Auth also writes into tokens for other purposes, signed with the "
            + "same secret (Auth:Secret). Remove one of the two.",
        { Secret: "", Url: "" } when options.Issuer.Length > 0 || options.Audience.Length > 0 =>
            "Auth:Issuer or Auth:Audience is set, and nobody who writes them may issue tokens. "
            + "Set Auth:Url (BETTER_AUTH_URL) or Auth:Secret (BETTER_AUTH_SECRET), or remove them.",
        { JwksUrl.Length: > 0, Url: "" } =>
            "Auth:JwksUrl is set without Auth:Url (BETTER_AUTH_URL). Set that too: it says who issues the tokens.",
        _ => FindMistake("Auth:Url (BETTER_AUTH_URL)", options.Url, options.AllowHttp)
            ?? FindMistake("Auth:JwksUrl", options.JwksUrl, options.AllowHttp)
            ?? FindMistake("Auth:DevelopmentUrl", options.DevelopmentUrl, allowHttp: true)
            ?? (options.DevelopmentUrl.Length == 0 || new Uri(options.DevelopmentUrl).IsLoopback ? null
                : "Auth:DevelopmentUrl is not on this machine. Set Auth:Url (BETTER_AUTH_URL) in its place."),
    };

    private static string? FindMistake(string setting, string url, bool allowHttp)
    {
        if (url.Length == 0)
            return null;

        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https")
            || uri is not { Query: "", Fragment: "", UserInfo: "" })
            return $"{setting} is no address. Write it as https://app.example, without user, query and fragment.";

        return uri.Scheme == "http" && !uri.IsLoopback && !allowHttp
            ? $"{setting} is plain HTTP to another host, where anybody in between could put their own keys. "
                + "Use https, or set Auth:AllowHttp to true if the network is yours."
            : null;
    }
}
