using System.Reflection;
using Microsoft.Extensions.FileProviders;

namespace TaskSlices.Infrastructure.Http;

/// <summary>
/// The page at <c>/</c> and its files, from <c>wwwroot</c> in the program. It comes before authentication: everybody may see the page.
/// It holds no data of a user, and calls the API as any other frontend does.
/// </summary>
public static class WebPage
{
    /// <summary>
    /// Content Security Policy level 3: only these files, no inline script or style, no other host, no frame, no markup from text. The
    /// policy "worker" of Trusted Types makes one address, that of the service worker.
    /// </summary>
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; manifest-src 'self'; connect-src 'self'; " +
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types worker";

    public static void UsePage(this IApplicationBuilder app)
    {
        var program = typeof(WebPage).Assembly;
        var files = new ManifestEmbeddedFileProvider(program, "wwwroot", Written(program));

        // Not for the API, which has no files.
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

    /// <summary>What entity tags are made of. In a single file, an assembly has no place of its own.</summary>
    private static DateTimeOffset Written(Assembly program)
    {
        var file = Path.Combine(AppContext.BaseDirectory, $"{program.GetName().Name}.dll");

        return File.GetLastWriteTimeUtc(File.Exists(file) ? file : Environment.ProcessPath!);
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
