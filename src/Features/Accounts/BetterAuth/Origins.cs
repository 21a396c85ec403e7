using Microsoft.Extensions.Options;
using TaskSlices.Infrastructure.Http;

namespace TaskSlices.Features.Accounts.BetterAuth;

/// <summary>
/// Which pages may sign people in and out here: this server's own, and those of Cors:Origins. The rules are Better Auth's. They prevent
/// CSRF: another site's page can send a form here with the visitor's cookies, but it can't forge the Origin header.
/// </summary>
public sealed class Origins(IOptions<AccountSettings> settings, IOptions<CorsSettings> cors)
{
    private static readonly string[] FetchMetadata = ["Sec-Fetch-Site", "Sec-Fetch-Mode", "Sec-Fetch-Dest"];

    /// <summary>The configured origins, as they are written and as browsers write them.</summary>
    private readonly HashSet<string> _configured = new(
        cors.Value.List.Append(settings.Value.Url).Where(url => url.Length > 0).Select(url => new Uri(url))
            .SelectMany(uri => new[] { uri.GetLeftPart(UriPartial.Authority), InAscii(uri) }),
        StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// The origin at which browsers see this server: the configured one, or the Host header's own text. (Request.Host decodes
    /// internationalised names, and throws for those that can't be decoded.)
    /// </summary>
    public static string Own(HttpContext context, AccountSettings settings) =>
        settings.Origin ?? $"{context.Request.Scheme}://{context.Request.Headers.Host}";

    /// <summary>The origin of an address, its host in ASCII as browsers write it (RFC 5890 section 2.3.2.1).</summary>
    public static string InAscii(Uri uri) =>
        new UriBuilder(uri.Scheme, uri.IdnHost, uri.IsDefaultPort ? -1 : uri.Port).Uri.GetLeftPart(UriPartial.Authority);

    /// <summary>Null if the page that sends the request may do so.</summary>
    /// <param name="context">The request.</param>
    /// <param name="signsIn">Whether it would sign somebody in, which does harm even without a cookie.</param>
    public BetterAuthError? FindFault(HttpContext context, bool signsIn)
    {
        var headers = context.Request.Headers;
        var (origin, referer) = (headers.Origin.ToString(), headers.Referer.ToString());
        var isOfBrowser = FetchMetadata.Any(headers.ContainsKey);
        var hasCookie = headers.Cookie.Count > 0;

        if (signsIn && !hasCookie && headers["Sec-Fetch-Site"] == "cross-site" && headers["Sec-Fetch-Mode"] == "navigate")
            return BetterAuthError.CrossSiteNavigation;

        if (!hasCookie && !(signsIn && (isOfBrowser || origin.Length > 0 || referer.Length > 0)))
            return null;

        return (origin.Length > 0 ? origin : referer) switch
        {
            "" or "null" => BetterAuthError.MissingOrigin,
            var source when IsTrusted(context, source) => null,
            _ => BetterAuthError.InvalidOrigin,
        };
    }

    /// <summary>Whether a browser may be sent there after signing in.</summary>
    public bool IsTrustedTarget(HttpContext context, string url) =>
        !url.Any(char.IsControl) && (url.StartsWith('/') ? IsPathOfHere(url) : IsTrusted(context, url));

    /// <summary>Browsers take //host and /\host for another host, and a proxy may decode %2f and %5c.</summary>
    private static bool IsPathOfHere(string url) =>
        !url.StartsWith("//", StringComparison.Ordinal) && !url.Contains('\\', StringComparison.Ordinal)
        && !url.Contains("%2f", StringComparison.OrdinalIgnoreCase) && !url.Contains("%5c", StringComparison.OrdinalIgnoreCase);

    private bool IsTrusted(HttpContext context, string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.GetLeftPart(UriPartial.Authority) is var origin
        && (_configured.Contains(origin) || Own(context, settings.Value).Equals(origin, StringComparison.OrdinalIgnoreCase));
}
