using Microsoft.AspNetCore.HostFiltering;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace TaskSlices.Infrastructure.Http;

/// <summary>Checks and normalizes requests before routing, so that the slices see one kind.</summary>
public static class RequestTidying
{
    /// <summary>In bytes. The largest task has 1,200 characters of at most 12 bytes, when escaped; clients send more members.</summary>
    public const long BodyLimit = 64 * 1024;

    /// <summary>
    /// In bytes. What the server reads of a body that is refused, for 5 s at most, before it closes the connection. If it closed while the
    /// client sends, the connection would be reset, and the client would lose the answer.
    /// </summary>
    private const long DiscardLimit = 16 * 1024 * 1024;

    /// <summary>What is left of the time to stop when bodies that are still incomplete get their 503.</summary>
    private static readonly TimeSpan LastCall = TimeSpan.FromSeconds(2);

    private static readonly byte[] EmptyObject = "{}"u8.ToArray();

    public static void AddRequestLimits(this IServiceCollection services)
    {
        services.PostConfigure<ForwardedHeadersOptions>(forwarded =>
        {
            if (forwarded.ForwardedHeaders != ForwardedHeaders.None)
                forwarded.ForwardedHeaders |= ForwardedHeaders.XForwardedPrefix;
        });
        services.Configure<HostFilteringOptions>(hosts => hosts.IncludeFailureMessage = false);
        services.Configure<KestrelServerOptions>(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = DiscardLimit;
        });
    }

    public static void UseRequestTidying(this WebApplication app)
    {
        var lastCall = LastCallOf(app);

        app.Use(async (context, next) =>
        {
            var request = context.Request;
            if (HasDotSegment(context.Features.Get<IHttpRequestFeature>()!.RawTarget))
            {
                await Problem.For(context, 400, detail: "The path must not have . or .. as a segment.").ExecuteAsync(context);
                return;
            }

            // RFC 9110 section 9.3.2: HEAD is GET without the content. The server sends no content to HEAD, whatever the method says here.
            if (HttpMethods.IsHead(request.Method))
            {
                request.Method = HttpMethods.Get;
                context.Features.Set(new HeadRequest());
            }

            if (context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false })
            {
                ReplaceMissingBody(request);
                await next(context);
                return;
            }

            if (request.ContentLength > BodyLimit)
            {
                // RFC 9112 section 9.6: a server that will close the connection says so, or the client loses its next request.
                context.Response.Headers.Connection = "close";
                context.Response.StatusCode = StatusCodes.Status413PayloadTooLarge;
            }
            else if (await TidyBodyAsync(request, new RequestBody(request.BodyReader, BodyLimit, lastCall)))
                await next(context);
            else
                context.Response.StatusCode = StatusCodes.Status415UnsupportedMediaType;
        });
    }

    /// <summary>Whether only the head of the answer is asked for: an answer without an end must stop there.</summary>
    internal static bool IsHead(this HttpContext context) => context.Features.Get<HeadRequest>() is not null;

    /// <summary>In the path as it was sent. The server resolves dot segments: DELETE /api/ann/tasks/.. would be DELETE /api/ann.</summary>
    private static bool HasDotSegment(string target)
    {
        if (!target.Contains("/.", StringComparison.Ordinal) && !target.Contains("/%2e", StringComparison.OrdinalIgnoreCase))
            return false;

        var path = target.Split('?')[0].Replace("%2e", ".", StringComparison.OrdinalIgnoreCase);

        return path.Split('/').Any(segment => segment is "." or "..");
    }

    private static CancellationToken LastCallOf(WebApplication app)
    {
        var source = new CancellationTokenSource();
        var timeout = app.Services.GetRequiredService<IOptions<HostOptions>>().Value.ShutdownTimeout;
        app.Lifetime.ApplicationStopping.Register(() => source.CancelAfter(timeout > LastCall ? timeout - LastCall : TimeSpan.Zero));

        return source.Token;
    }

    /// <summary>False for a body that is not JSON.</summary>
    private static async ValueTask<bool> TidyBodyAsync(HttpRequest request, RequestBody body)
    {
        if (await IsEmptyAsync(request, body))
        {
            ReplaceMissingBody(request);
            return true;
        }

        request.Body = body.AsStream(leaveOpen: true);

        return IsReadable(request);
    }

    private static async ValueTask<bool> IsEmptyAsync(HttpRequest request, RequestBody body)
    {
        if (request.ContentLength is { } length)
            return length == 0;

        // A body without a length may be empty.
        var start = await body.ReadAsync(request.HttpContext.RequestAborted);
        body.AdvanceTo(start.Buffer.Start);

        return start.Buffer.IsEmpty;
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

    private sealed class HeadRequest;
}
