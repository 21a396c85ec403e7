using System.Diagnostics;

namespace TaskSlices.Infrastructure.Http;

/// <summary>
/// The id by which an answer and the log name a request, 32 hexadecimal digits: that of the trace that the caller began (W3C Trace Context,
/// section 3.2.2.3), or a new one. The host would make an activity and a log scope of each request for it, which no one reads without a
/// collector; see docs/decisions/0009-speed.md.
/// </summary>
public static class TraceIds
{
    /// <summary>Must be the first middleware. The id is then the request's <see cref="HttpContext.TraceIdentifier"/>.</summary>
    public static void UseTraceIds(this IApplicationBuilder app) => app.Use(static (context, next) =>
    {
        context.TraceIdentifier = (Activity.Current?.TraceId ?? Received(context) ?? ActivityTraceId.CreateRandom()).ToHexString();

        return next(context);
    });

    private static ActivityTraceId? Received(HttpContext context) =>
        context.Request.Headers.TraceParent is [{ } parent] && ActivityContext.TryParse(parent, null, out var received)
            ? received.TraceId : null;
}
