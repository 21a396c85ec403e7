using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using TaskSlices.Infrastructure.Hosting;
using TaskSlices.Infrastructure.Http;

namespace TaskSlices.Features.Accounts.BetterAuth;

/// <summary>
/// Cookies as Better Auth writes them: the token, a dot and its HMAC-SHA256, percent-encoded. Scripts can't read them (HttpOnly), and other
/// sites' forms don't send them (SameSite=Lax). With https, browsers send them over https only (Secure), and let nothing else set them
/// (__Secure-, RFC 6265bis section 4.1.3.1).
/// </summary>
public sealed class SessionCookies(IOptions<AccountSettings> settings, ISecretStore secrets)
{
    /// <summary>Where the key that signs them is kept, in the data directory.</summary>
    public const string FileName = "cookie-secret";

    /// <summary>Of the cookie with the token, where the server is not at https.</summary>
    public const string PlainName = $"{Prefix}{SessionToken}";

    private const string Prefix = "better-auth.";

    private const string SessionToken = "session_token", SessionData = "session_data", DoNotRemember = "dont_remember";

    private const int KeyBytes = 32;

    private readonly Lazy<byte[]> _key = new(() => Kept(secrets));

    /// <summary>Reads the key that signs the cookies, or makes it.</summary>
    /// <exception cref="StartupException">The file is damaged, or can't be written.</exception>
    public void Prepare() => _ = _key.Value;

    /// <summary>The token that the request brings in its cookie; null if there is none, or its signature is wrong.</summary>
    public string? Read(HttpContext context) => Verified(Value(context, SessionToken));

    /// <summary>Whether the session outlives the browser window.</summary>
    public bool IsRemembered(HttpContext context) => Verified(Value(context, DoNotRemember)) != "true";

    /// <summary>In place of what this response has set before.</summary>
    public void Write(HttpContext context, string token, bool remember)
    {
        context.Response.Headers.SetCookie = default;
        Append(context, SessionToken, Signed(token), remember ? (int)Session.Remembered.TotalSeconds : null);

        if (!remember)
            Append(context, DoNotRemember, Signed("true"), null);
    }

    /// <inheritdoc cref="Write"/>
    public void Clear(HttpContext context)
    {
        context.Response.Headers.SetCookie = default;
        foreach (var cookie in new[] { SessionToken, SessionData, DoNotRemember })
            Append(context, cookie, "", 0);
    }

    private static byte[] Kept(ISecretStore secrets)
    {
        var text = secrets.Keep(FileName, () => Convert.ToBase64String(RandomNumberGenerator.GetBytes(KeyBytes)));
        var secret = Encoding.UTF8.GetBytes(text);

        return secret.Length >= KeyBytes
            ? secret
            : throw new StartupException(
                $"The secret in {secrets.PlaceOf(FileName)} is too short. Delete the file to get a new one; "
                + "everybody signs in again then.");
    }

    private void Append(HttpContext context, string cookie, string value, int? maxAge) => context.Response.Headers.Append(
        "Set-Cookie",
        $"{Name(context, cookie)}={value}; {(maxAge is null ? "" : $"Max-Age={maxAge}; ")}Path={Path(context)}; HttpOnly; "
        + $"{(IsSecure(context) ? "Secure; " : "")}SameSite=Lax");

    /// <summary>
    /// By the exact name: Request.Cookies ignores case, and browsers let any page set <c>__secure-</c>. The last one counts, as there.
    /// </summary>
    private string? Value(HttpContext context, string cookie) =>
        CookieHeaderValue.TryParseList(context.Request.Headers.Cookie, out var cookies)
        && cookies.LastOrDefault(sent => sent.Name.Equals(Name(context, cookie), StringComparison.Ordinal)) is { } found
            ? Uri.UnescapeDataString(found.Value.ToString())
            : null;

    private static string Path(HttpContext context) => context.Request.SubPath() is { Length: > 0 } path ? path : "/";

    private string Name(HttpContext context, string cookie) => $"{(IsSecure(context) ? "__Secure-" : "")}{Prefix}{cookie}";

    private bool IsSecure(HttpContext context) => Origins.Own(context, settings.Value).StartsWith("https:", StringComparison.Ordinal);

    private string Signed(string value) => Uri.EscapeDataString($"{value}.{Signature(value)}");

    private string? Verified(string? cookie)
    {
        if (cookie?.Split('.') is not [{ Length: > 0 } value, var signature])
            return null;

        var (sent, expected) = (Encoding.UTF8.GetBytes(signature), Encoding.UTF8.GetBytes(Signature(value)));

        return CryptographicOperations.FixedTimeEquals(sent, expected) ? value : null;
    }

    private string Signature(string value) => Convert.ToBase64String(HMACSHA256.HashData(_key.Value, Encoding.UTF8.GetBytes(value)));
}
