using System.Globalization;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using TaskSlices.Infrastructure.Data;

namespace TaskSlices.Infrastructure.Http;

/// <summary>
/// Entity tags (RFC 9110, section 8.8.3): that of a row is its revision, that of a list the user's last one. They are strong.
/// </summary>
public static class EntityTags
{
    /// <summary>The parameter of a route that names a row.</summary>
    public const string RowId = "id";

    private const string Malformed = "must be * or entity tags in quotes, as the header ETag has them.";

    public static string Of(long revision) => string.Create(CultureInfo.InvariantCulture, $"\"{revision}\"");

    /// <summary>Sets the entity tag of what is answered.</summary>
    public static void SetEntityTag(this HttpContext context, long revision)
    {
        context.Response.Headers.ETag = Of(revision);

        // To be kept by the caller alone, who asks each time whether it is still true.
        if (IsRead(context.Request))
            context.Response.Headers.CacheControl = "private, no-cache";
    }

    /// <summary>Sets the entity tag, and answers 304 to a GET that names it (RFC 9110, section 13.1.2).</summary>
    /// <returns>Whether it has answered.</returns>
    public static bool TryAnswerUnchanged(this HttpContext context, long revision)
    {
        context.SetEntityTag(revision);
        if (!IsRead(context.Request) || !Names(context.Request.Headers.IfNoneMatch, revision))
            return false;

        context.Response.StatusCode = StatusCodes.Status304NotModified;

        return true;
    }

    /// <summary>
    /// What If-Match and If-None-Match demand of the row that a change is for (RFC 9110, section 13.1). What can't be kept is refused, and
    /// not ignored: who sends it relies on it.
    /// </summary>
    /// <param name="request">The request.</param>
    /// <param name="precondition">Null if there is none.</param>
    /// <returns>The header that is refused, and why; null if none is.</returns>
    public static (string Header, string Reason)? ReadPrecondition(HttpRequest request, out Precondition? precondition)
    {
        precondition = null;
        var (match, noneMatch) = (request.Headers.IfMatch, request.Headers.IfNoneMatch);
        if (IsRead(request) || (match.Count == 0 && noneMatch.Count == 0))
            return null;
        if (!IsValid(match))
            return (HeaderNames.IfMatch, Malformed);
        if (!IsValid(noneMatch))
            return (HeaderNames.IfNoneMatch, Malformed);
        if (match.Count > 0 && noneMatch.Count > 0)
            return (HeaderNames.IfMatch, "can't be used together with If-None-Match.");
        if (!request.RouteValues.TryGetValue(RowId, out var value) || !Guid.TryParse(value as string, out var id))
            return (match.Count > 0 ? HeaderNames.IfMatch : HeaderNames.IfNoneMatch, "can't be used here: the address names no row.");

        precondition = new Precondition(
            id, revision => match.Count > 0 ? Names(match, revision, isStrong: true) : !Names(noneMatch, revision));

        return null;
    }

    private static bool IsRead(HttpRequest request) => HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method);

    private static bool IsValid(StringValues header) => header.Count == 0 || EntityTagHeaderValue.TryParseStrictList(header, out _);

    private static bool Names(StringValues header, long revision, bool isStrong = false)
    {
        if (header.Count == 0 || !EntityTagHeaderValue.TryParseList(header, out var tags))
            return false;

        var tag = Of(revision);

        return tags.Any(given => given.Equals(EntityTagHeaderValue.Any) || (given.Tag == tag && !(isStrong && given.IsWeak)));
    }
}
