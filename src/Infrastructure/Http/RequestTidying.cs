using Microsoft.AspNetCore.HostFiltering;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Net.Http.Headers;

namespace TaskSlices.Infrastructure.Http;

/// <summary>
/// Puts requests in order before they are routed, so that every slice sees one kind. What about 50 public clients send was measured: many
/// announce JSON on requests that have no body.
/// </summary>
public static class RequestTidying
{
    /// <summary>In bytes. The largest task is 1,200 characters, each 12 bytes at most when escaped; clients send a few members more.</summary>
    public const long BodyLimit = 64 * 1024;

    /// <summary>How long those who are being served may take once the process is told to end; service managers kill after ten seconds.</summary>
    private static readonly TimeSpan LastRequests = TimeSpan.FromSeconds(5);

    private static readonly byte[] EmptyObject = "{}"u8.ToArray();

    public static void AddRequestLimits(this IServiceCollection services)
    {
        services.PostConfigure<ForwardedHeadersOptions>(forwarded =>
        {
            if (forwarded.ForwardedHeaders != ForwardedHeaders.None)
                forwarded.ForwardedHeaders |= ForwardedHeaders.XForwardedPrefix;
        });
        services.Configure<HostFilteringOptions>(hosts => hosts.IncludeFailureMessage = false);
        services.Configure<HostOptions>(host => host.ShutdownTimeout = LastRequests);
        services.Configure<KestrelServerOptions>(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = BodyLimit;
        });
    }

    public static void UseRequestTidying(this IApplicationBuilder app) => app.Use(async (context, next) =>
    {
        if (context.Request.ContentLength > BodyLimit)
        {
            // RFC 9112 section 9.6: whoever will not read on says so, or the client's next request on this connection is lost.
            context.Response.Headers.Connection = "close";
            context.Response.StatusCode = StatusCodes.Status413PayloadTooLarge;
            return;
        }

        if (!await HasBodyAsync(context))
            ReplaceMissingBody(context.Request);
        else if (!IsReadable(context.Request))
        {
            context.Response.StatusCode = StatusCodes.Status415UnsupportedMediaType;
            return;
        }

        await next(context);
    });

    private static async ValueTask<bool> HasBodyAsync(HttpContext context)
    {
        if (context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false })
            return false;

        if (context.Request.ContentLength is not null)
            return context.Request.ContentLength > 0;

        // Announced without a length, it may still turn out to be nothing.
        var start = await context.Request.BodyReader.ReadAsync(context.RequestAborted);
        context.Request.BodyReader.AdvanceTo(start.Buffer.Start);

        return !start.Buffer.IsEmpty;
    }

    /// <summary>Where a body is expected, none is the empty object; elsewhere, a Content-Type without a body says nothing.</summary>
    private static void ReplaceMissingBody(HttpRequest request)
    {
        request.ContentType = null;

        if (HttpMethods.IsPost(request.Method) || HttpMethods.IsPut(request.Method) || HttpMethods.IsPatch(request.Method))
        {
            request.ContentType = "application/json";
            request.ContentLength = EmptyObject.Length;
            request.Body = new MemoryStream(EmptyObject, writable: false);
        }
    }

    private static bool IsReadable(HttpRequest request)
    {
        if (!request.Headers.ContentEncoding.All(e => string.Equals(e, "identity", StringComparison.OrdinalIgnoreCase)))
            return false;

        // RFC 9110 section 8.3: what is not announced may be taken as octets, which routing then refuses like any other wrong type.
        request.ContentType ??= "application/octet-stream";

        // RFC 8259 section 8.1: JSON is UTF-8, and a charset says nothing. Left there, it would be transcoded, or thrown over, further in.
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type) || !type.Charset.HasValue)
            return true;

        var isUtf8 = HeaderUtilities.RemoveQuotes(type.Charset).Equals("utf-8", StringComparison.OrdinalIgnoreCase);
        type.Charset = default;
        request.ContentType = type.ToString();

        return isUtf8;
    }
}
