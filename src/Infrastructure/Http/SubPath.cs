using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.Options;
using TaskSlices.Infrastructure.Hosting;

namespace TaskSlices.Infrastructure.Http;

/// <summary>
/// Serves under a sub-path of a host. The setting <c>PathBase</c> names it; or the proxy does, in X-Forwarded-Prefix, if forwarded headers
/// are enabled (ASPNETCORE_FORWARDEDHEADERS_ENABLED). The proxy may remove a sub-path that is set, or leave it in the requests.
/// </summary>
public static class SubPath
{
    /// <summary>Must be the first middleware: the others route by the path, and write addresses.</summary>
    /// <exception cref="StartupException">PathBase is no path.</exception>
    public static void UseSubPath(this WebApplication app)
    {
        var setting = (app.Configuration["PathBase"] ?? "").TrimEnd('/');
        var forwarded = app.Services.GetRequiredService<IOptions<ForwardedHeadersOptions>>().Value.ForwardedHeaders;
        if (setting.Length == 0 && !forwarded.HasFlag(ForwardedHeaders.XForwardedPrefix))
            return;

        if (setting.Length > 0 && !IsPath(setting))
            throw new StartupException($"PathBase has '{setting}', which is no path. Write it as /tasks.");

        // Not UsePathBase, which routes at once: the request is not normalized yet.
        app.Use((context, next) =>
        {
            var request = context.Request;
            if (setting.Length > 0 && request.Path.StartsWithSegments(setting, out var rest))
                request.Path = rest;
            if (!request.PathBase.HasValue)
                request.PathBase = setting;

            if (request.PathBase.HasValue && !IsPath(request.PathBase.Value))
            {
                // As the start of an address, // names another host.
                context.Response.StatusCode = StatusCodes.Status400BadRequest;
                return Task.CompletedTask;
            }

            if (!request.Path.HasValue && (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method)))
            {
                // Relative addresses in the page count from the last slash.
                context.Response.Redirect($"{request.SubPath()}/{request.QueryString}", permanent: false, preserveMethod: true);
                return Task.CompletedTask;
            }

            return next(context);
        });
    }

    private static bool IsPath(string text) => text.StartsWith('/') && !text.StartsWith("//", StringComparison.Ordinal);
}
