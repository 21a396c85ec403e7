using System.Text;
using Microsoft.Extensions.Options;

namespace TaskSlices.Infrastructure.Auth;

/// <summary>The <c>Auth</c> section: who may issue tokens, and what they must say.</summary>
public sealed class AuthSettings
{
    /// <summary>The secret shared with Better Auth; its UTF-8 bytes, as they are, are the HS256 key. Empty means none.</summary>
    public string Secret { get; set; } = "";

    /// <summary>The address of a Better Auth server, as its own baseURL has it. Empty means none.</summary>
    public string Url { get; set; } = "";

    /// <summary>Where its key set is, if not at the usual place under <see cref="Url"/>.</summary>
    public string JwksUrl { get; set; } = "";

    /// <summary>What <c>iss</c> must be. Empty means the origin of <see cref="Url"/>; for a shared secret, anything.</summary>
    public string Issuer { get; set; } = "";

    /// <summary>What <c>aud</c> must be or hold. Empty means the origin of <see cref="Url"/>; for a shared secret, anything.</summary>
    public string Audience { get; set; } = "";

    /// <summary>The claim that names the user.</summary>
    public string SubjectClaim { get; set; } = "sub";

    /// <summary>Whether keys may be fetched over plain HTTP from another host than this one.</summary>
    public bool AllowHttp { get; set; }

    /// <summary>Whether somebody else issues the tokens; if not, this server keeps the accounts itself.</summary>
    internal bool IsDelegated => Secret.Length > 0 || Url.Length > 0;

    /// <summary>Better Auth keeps a path of its baseURL as its own base, and stands at /api/auth without one.</summary>
    internal Uri? KeySetUrl =>
        JwksUrl.Length > 0 ? new Uri(JwksUrl)
        : Url.Length == 0 ? null
        : new Uri(Url).AbsolutePath.TrimEnd('/') is { Length: > 0 } path ? new Uri($"{Origin}{path}/jwks")
        : new Uri($"{Origin}/api/auth/jwks");

    internal string? ExpectedIssuer => Issuer.Length > 0 ? Issuer : Origin;

    internal string? ExpectedAudience => Audience.Length > 0 ? Audience : Origin;

    private string? Origin => Url.Length == 0 ? null : new Uri(Url).GetLeftPart(UriPartial.Authority);
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
            ?? FindMistake("Auth:JwksUrl", options.JwksUrl, options.AllowHttp),
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
