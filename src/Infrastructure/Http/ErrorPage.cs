using System.Text;
using Markdig;
using Markdig.Extensions.AutoIdentifiers;

namespace TaskSlices.Infrastructure.Http;

/// <summary>docs/errors.md at <c>/errors</c>: what <see cref="Problem.Type"/> points to. Rendered at the first request, and kept.</summary>
public static class ErrorPage
{
    private const string Path = "/errors";

    private static readonly Lazy<byte[]> Html = new(Render);

    /// <summary>The address of a code on the page. GitHub makes the same anchors.</summary>
    public static string AddressOf(HttpRequest request, string code) => $"{request.SubPath()}{Path}#{code.ToLowerInvariant()}";

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

    private static byte[] Render()
    {
        using var source = new StreamReader(typeof(ErrorPage).Assembly.GetManifestResourceStream("errors.md")!);
        var pipeline = new MarkdownPipelineBuilder().UseAutoIdentifiers(AutoIdentifierOptions.GitHub).Build();

        return Encoding.UTF8.GetBytes(
            "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">"
            + "<meta name=\"color-scheme\" content=\"light dark\"><title>Errors</title>\n"
            + Markdown.ToHtml(source.ReadToEnd(), pipeline));
    }
}
