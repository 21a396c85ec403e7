using Microsoft.Extensions.FileProviders;

namespace TaskSlices.Infrastructure.Http;

/// <summary>
/// The page at <c>/</c>, and its files from <c>wwwroot</c> beside the program. It is no endpoint: it stands before authentication, since
/// whoever may reach the API may see the page, which holds nothing about anybody and has to ask the API like any other frontend.
/// </summary>
public static class WebPage
{
    /// <summary>CSP level 3: nothing but these files, no inline script or style, no other host, no frame around it, and no text that becomes markup.</summary>
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; " +
        "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

    public static void UsePage(this IApplicationBuilder app)
    {
        var files = new PhysicalFileProvider(Path.Combine(AppContext.BaseDirectory, "wwwroot"));

        // Not for the API: who looks for a file asks the disk.
        app.UseWhen(static context => !context.Request.Path.StartsWithSegments("/api"), page =>
        {
            page.UseDefaultFiles(new DefaultFilesOptions { FileProvider = files, DefaultFileNames = ["index.html"] });
            page.UseStaticFiles(new StaticFileOptions { FileProvider = files, OnPrepareResponse = static file => Protect(file.Context.Response.Headers) });
        });
    }

    private static void Protect(IHeaderDictionary headers)
    {
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "same-origin";

        // Kept by the browser, and asked for again by ETag each time: an update is seen at once, in all files alike.
        headers.CacheControl = "no-cache";
    }
}
