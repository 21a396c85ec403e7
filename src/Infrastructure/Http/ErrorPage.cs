using System.Text;
using Markdig;
using Markdig.Extensions.AutoIdentifiers;

namespace TaskSlices.Infrastructure.Http;

/// <summary>docs/errors.md at <c>/errors</c>: what <see cref="Problem.Type"/> points to. Rendered at the first request, and kept.</summary>
public static class ErrorPage
{
    private const string Path = "/errors";

    private static readonly string Source = Read();

    private static readonly string[] Lines = [.. Source.Split('\n').Select(line => line.TrimEnd())];

    private static readonly HashSet<string> Codes = [.. AllCodes];

    private static readonly Lazy<byte[]> Html = new(Render);

    /// <summary>
    /// The address of a code on the page; <c>about:blank</c> (RFC 9457 section 4.2.1) of one that is not there, such as that of a feature
    /// of one's own. GitHub makes the same anchors.
    /// </summary>
    public static string AddressOf(HttpRequest request, string code) =>
        Codes.Contains(code) ? $"{request.SubPath()}{Path}#{code.ToLowerInvariant()}" : "about:blank";

    /// <summary>Every code that the page explains, in its order.</summary>
    public static IEnumerable<string> AllCodes => Lines.Where(IsCode).Select(line => line[4..]);

    /// <summary>The codes of the section that is headed by this status alone.</summary>
    public static IEnumerable<string> CodesOf(int status) => Lines
        .SkipWhile(line => !line.StartsWith($"## {status}: ", StringComparison.Ordinal)).Skip(1)
        .TakeWhile(line => !line.StartsWith("## ", StringComparison.Ordinal)).Where(IsCode).Select(line => line[4..]);

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

    private static bool IsCode(string line) => line.StartsWith("### ", StringComparison.Ordinal);

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
