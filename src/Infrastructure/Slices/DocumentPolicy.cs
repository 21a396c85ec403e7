using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace TaskSlices.Infrastructure.Slices;

/// <summary>
/// Security headers for the pages under /swagger. NSwag writes inline scripts into them, which change with its version: they are allowed by
/// hash (CSP level 3), computed from each page.
/// </summary>
internal static partial class DocumentPolicy
{
    public static void UseDocumentPolicy(this IApplicationBuilder app) => app.Use(async (context, next) =>
    {
        var headers = context.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "same-origin";
        headers.ContentSecurityPolicy = Policy("");

        if (!context.Request.Path.Value!.EndsWith(".html", StringComparison.OrdinalIgnoreCase))
        {
            await next(context);
            return;
        }

        var (body, page) = (context.Response.Body, new MemoryStream());
        context.Response.Body = page;
        try
        {
            await next(context);
        }
        finally
        {
            context.Response.Body = body;
        }

        headers.ContentSecurityPolicy = Policy(Encoding.UTF8.GetString(page.GetBuffer(), 0, (int)page.Length));
        page.Position = 0;
        await page.CopyToAsync(body, context.RequestAborted);
    });

    // Swagger UI writes style attributes, which no hash can allow, and its icons are data: addresses.
    private static string Policy(string page) =>
        $"default-src 'none'; script-src 'self'{Hashes(page)}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        + "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private static string Hashes(string page) =>
        string.Concat(InlineScript().Matches(page).Select(script => $" 'sha256-{Digest(script.Groups[1].Value)}'"));

    // A browser reads every line break of a page as \n before it hashes (HTML section 13.2.3.5).
    private static string Digest(string text) =>
        Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text.Replace("\r\n", "\n", StringComparison.Ordinal))));

    [GeneratedRegex("<script>(.+?)</script>", RegexOptions.Singleline)]
    private static partial Regex InlineScript();
}
