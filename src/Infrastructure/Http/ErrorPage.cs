using System.Text;
using Markdig;
using Markdig.Extensions.AutoIdentifiers;

namespace TaskSlices.Infrastructure.Http;

/// <summary>docs/errors.md at <c>/errors</c>: what <see cref="Problem.Type"/> points to. Rendered at the first request, and kept.</summary>
public static class ErrorPage
{
    private const string Path = "/errors";

    private static readonly string Source = Read();

    private static readonly HashSet<string> Codes =
        [.. Source.Split('\n').Where(line => line.StartsWith("### ", StringComparison.Ordinal)).Select(line => line[4..].TrimEnd())];

    private static readonly Lazy<byte[]> Html = new(Render);

    /// <summary>
    /// The address of a code on the page; <c>about:blank</c> (RFC 9457 section 4.2.1) of one that is not there, such as that of a feature
    /// of one's own. GitHub makes the same anchors.
    /// </summary>
    public static string AddressOf(HttpRequest request, string code) =>
        Codes.Contains(code) ? $"{request.SubPath()}{Path}#{code.ToLowerInvariant()}" : "about:blank";

    internal static void UseErrorPage(this IApplicationBuilder app) => app.Use(static async (context, next) =>
    {
        if (context.Request.Path != Path || !HttpMethods.IsGet(context.Request.Method))
        {
            await next(context);
            return;
        }

        WebPage.Protect(context.Response.Headers);
        context.Response.ContentType = "text/html; charset=utf-8";
        await context.Response.Body.WriteAsync(Html.Value, context.RequestAborted);
    });

    private static string Read()
    {
        using var source = new StreamReader(typeof(ErrorPage).Assembly.GetManifestResourceStream("errors.md")!);

        return source.ReadToEnd();
    }

    private static byte[] Render()
    {
        var pipeline = new MarkdownPipelineBuilder().UseAutoIdentifiers(AutoIdentifierOptions.GitHub).Build();

        return Encoding.UTF8.GetBytes(
            "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">"
            + "<meta name=\"color-scheme\" content=\"light dark\"><title>Errors</title>\n"
            + Markdown.ToHtml(Source, pipeline));
    }
}
