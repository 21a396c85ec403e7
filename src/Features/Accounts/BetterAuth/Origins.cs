using Microsoft.Extensions.Options;
using TaskSlices.Infrastructure.Http;

namespace TaskSlices.Features.Accounts.BetterAuth;

/// <summary>
/// Which pages may sign people in and out here: this server's own, and those of Cors:Origins. The rules are Better Auth's (CSRF: a page
/// elsewhere can send a form here with the cookies of whoever looks at it, but can't lie in Origin).
/// </summary>
public sealed class Origins(IOptions<AccountSettings> settings, IOptions<CorsSettings> cors)
{
    /// <summary>The origin at which this server is seen: as it is configured, or else as the request has it.</summary>
    public static string Own(HttpContext context, AccountSettings settings) => settings.Origin ?? $"{context.Request.Scheme}://{context.Request.Host.Value}";

    /// <summary>Null if the request may come from where it comes from.</summary>
    /// <param name="context">The request.</param>
    /// <param name="signsIn">Whether it would sign somebody in: then it needs no cookie to do harm.</param>
    public BetterAuthError? FindFault(HttpContext context, bool signsIn)
    {
        var headers = context.Request.Headers;
        var (origin, referer) = (headers.Origin.ToString(), headers.Referer.ToString());
        var isOfBrowser = headers.ContainsKey("Sec-Fetch-Site") || headers.ContainsKey("Sec-Fetch-Mode") || headers.ContainsKey("Sec-Fetch-Dest");
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

    /// <summary>Browsers read //host, and a backslash for a slash, as another host; a proxy may decode what is encoded.</summary>
    private static bool IsPathOfHere(string url) =>
        !url.StartsWith("//", StringComparison.Ordinal) && !url.Contains('\\', StringComparison.Ordinal)
        && !url.Contains("%2f", StringComparison.OrdinalIgnoreCase) && !url.Contains("%5c", StringComparison.OrdinalIgnoreCase);

    private bool IsTrusted(HttpContext context, string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.GetLeftPart(UriPartial.Authority) is var origin
        && (Own(context, settings.Value).Equals(origin, StringComparison.OrdinalIgnoreCase) || cors.Value.List.Contains(origin, StringComparer.OrdinalIgnoreCase));
}
