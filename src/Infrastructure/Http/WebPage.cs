using Microsoft.Extensions.FileProviders;

namespace TaskSlices.Infrastructure.Http;

/// <summary>
/// The page at <c>/</c> and its files, from <c>wwwroot</c> beside the program. It comes before authentication: everybody may see the page.
/// It holds no data of a user, and calls the API as any other frontend does.
/// </summary>
public static class WebPage
{
    /// <summary>
    /// Content Security Policy level 3: only these files, no inline script or style, no other host, no frame, no markup from text.
    /// </summary>
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; " +
        "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

    public static void UsePage(this IApplicationBuilder app)
    {
        var files = new PhysicalFileProvider(Path.Combine(AppContext.BaseDirectory, "wwwroot"));

        // Not for the API: looking for a file costs a call to the disk.
        app.UseWhen(static context => !context.Request.Path.StartsWithSegments("/api"), page =>
        {
            page.UseErrorPage();
            page.UseDefaultFiles(new DefaultFilesOptions { FileProvider = files, DefaultFileNames = ["index.html"] });
            page.UseStaticFiles(new StaticFileOptions
            {
                FileProvider = files,
                OnPrepareResponse = static file => Protect(file.Context.Response.Headers),
            });
        });
    }

    internal static void Protect(IHeaderDictionary headers)
    {
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "same-origin";

        // The browser keeps the files and revalidates them each time by ETag, so that an update reaches all files at once.
        headers.CacheControl = "no-cache";
    }
}
