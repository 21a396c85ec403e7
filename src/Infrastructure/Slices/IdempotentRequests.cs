using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using FastEndpoints;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using TaskSlices.Infrastructure.Auth;
using TaskSlices.Infrastructure.Data;
using TaskSlices.Infrastructure.Http;

namespace TaskSlices.Infrastructure.Slices;

/// <summary>
/// A POST with an <c>Idempotency-Key</c> on a user's route is carried out once (draft-ietf-httpapi-idempotency-key-header): a retry within
/// <see cref="IdempotencyKey.Lifetime"/> gets the first answer again, with <c>Idempotency-Replayed: true</c>. The slice runs in the unit
/// that keeps its answer, so a POST slice awaits nothing but the database (<see cref="InnerRequest.Limit"/>). An answer that is no success
/// is not kept. FastEndpoints' own Idempotency() is not used: it keys its cache by the Authorization header, which another token changes,
/// and keeps it in memory.
/// </summary>
public static class IdempotentRequests
{
    public const string Header = "Idempotency-Key";
    public const string ReplayedHeader = "Idempotency-Replayed";

    /// <summary>The most characters of a key.</summary>
    public const int KeyLimit = 255;

    private const string Rule = $"{Header} must be one key of 1 to 255 printable ASCII characters, with or without quotes around it.";

    /// <summary>Must stand behind authorization, and be the last before the slices.</summary>
    public static void UseIdempotencyKeys(this IApplicationBuilder app) => app.Use(static (context, next) =>
        HttpMethods.IsPost(context.Request.Method) && context.Request.Headers.TryGetValue(Header, out var header)
        && FindOwner(context) is { } owner ? AnswerAsync(context, owner, header, next) : next(context));

    /// <summary>The user whose slice the caller may use; null leaves the answer to the guard.</summary>
    private static string? FindOwner(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<EndpointDefinition>() is not null
        && context.Request.RouteValues[OwnerGuard.RouteValue] is string { Length: > 0 } owner && !context.User.IsService()
        && context.User.FindFirst(OwnerGuard.SubjectClaim)?.Value == owner ? owner : null;

    private static async Task AnswerAsync(HttpContext context, string owner, StringValues header, RequestDelegate next)
    {
        if (!TryRead(header, out var key))
        {
            await Problem.For(context, 422, detail: Rule, errors: [new FieldError(Header, Rule)]).ExecuteAsync(context);
            return;
        }

        // All of it is here before the unit begins: nobody waits for a slow client.
        var request = context.Request;
        var body = new MemoryStream();
        await request.Body.CopyToAsync(body, context.RequestAborted);

        context.RequestServices.GetRequiredService<RowOwner>().Set(owner);
        var db = context.RequestServices.GetRequiredService<AppDb>();
        var first = new IdempotencyKey
        {
            UserId = owner,
            KeyDigest = SHA256.HashData(Encoding.ASCII.GetBytes(key)),
            RequestDigest = Digest(request, body.GetBuffer().AsSpan(0, (int)body.Length)),
            Status = 0,
            Body = [],
            CreatedAt = context.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow(),
        };

        // A retry that comes later takes no turn to write.
        var (kept, answer) = (await FindAsync(db, first, context.RequestAborted), default(CapturedAnswer));
        if (IsExpired(kept, first))
        {
            try
            {
                (kept, answer) = await db.WriteAsync(
                    () => RunAsync(db, first, context, inner => Copy(context, inner, body), next), context.RequestAborted);
            }
            catch (UndoneException undone)
            {
                answer = undone.Answer;
            }
        }

        if (answer is not null)
            await answer.SendAsync(context);
        else if (kept!.RequestDigest.AsSpan().SequenceEqual(first.RequestDigest))
            await ReplayAsync(kept, context);
        else
        {
            const string reused = $"This {Header} was used for another request before; send a new one.";
            await Problem.For(context, 422, "IDEMPOTENCY_KEY_REUSED", reused).ExecuteAsync(context);
        }
    }

    /// <returns>What was kept before, or the answer that is kept from now on.</returns>
    /// <exception cref="UndoneException">The answer is no success.</exception>
    private static async Task<(IdempotencyKey? Kept, CapturedAnswer? Answer)> RunAsync(
        AppDb db, IdempotencyKey first, HttpContext context, Action<HttpContext> prepare, RequestDelegate next)
    {
        var kept = await FindAsync(db, first, context.RequestAborted);
        if (!IsExpired(kept, first))
            return (kept, null);

        var answer = await InnerRequest.RunAsync(context, prepare, next);
        if (!answer.IsSuccess)
            throw new UndoneException(answer);

        // A secret that is shown once, for example: a retry makes another.
        if (answer.Headers.CacheControl.ToString().Contains("no-store", StringComparison.OrdinalIgnoreCase))
            return (null, answer);

        // What the slice has not saved is not to be saved here.
        db.ChangeTracker.Clear();
        db.Entry(first.With(answer)).State = kept is null ? EntityState.Added : EntityState.Modified;
        await db.SaveChangesAsync(context.RequestAborted);

        return (null, answer);
    }

    private static Task<IdempotencyKey?> FindAsync(AppDb db, IdempotencyKey key, CancellationToken ct) =>
        db.Set<IdempotencyKey>().AsNoTracking()
            .FirstOrDefaultAsync(kept => kept.UserId == key.UserId && kept.KeyDigest == key.KeyDigest, ct);

    private static bool IsExpired([NotNullWhen(false)] IdempotencyKey? kept, IdempotencyKey now) =>
        kept is null || kept.CreatedAt <= now.CreatedAt - IdempotencyKey.Lifetime;

    private static Task ReplayAsync(IdempotencyKey kept, HttpContext context)
    {
        var headers = new HeaderDictionary
        {
            [ReplayedHeader] = "true",
            [HeaderNames.ContentType] = kept.ContentType,
            [HeaderNames.Location] = kept.Location,
            [HeaderNames.ETag] = kept.Etag,
        };

        return new CapturedAnswer(kept.Status, headers, kept.Body).SendAsync(context);
    }

    private static IdempotencyKey With(this IdempotencyKey key, CapturedAnswer answer) => new()
    {
        UserId = key.UserId,
        KeyDigest = key.KeyDigest,
        RequestDigest = key.RequestDigest,
        Status = answer.Status,
        ContentType = answer.Headers.ContentType,
        Location = answer.Headers.Location,
        Etag = answer.Headers.ETag,
        Body = answer.Body,
        CreatedAt = key.CreatedAt,
    };

    /// <summary>Routed and authorized already.</summary>
    private static void Copy(HttpContext context, HttpContext inner, MemoryStream body)
    {
        var (from, to) = (context.Request, inner.Request);
        (to.Method, to.Scheme, to.Protocol) = (from.Method, from.Scheme, from.Protocol);
        (to.PathBase, to.Path, to.QueryString) = (from.PathBase, from.Path, from.QueryString);
        foreach (var (name, values) in from.Headers)
            to.Headers[name] = values;

        to.Body = new MemoryStream(body.GetBuffer(), 0, (int)body.Length, writable: false);
        to.RouteValues = new RouteValueDictionary(from.RouteValues);
        foreach (var (item, value) in context.Items)
            inner.Items[item] = value;

        inner.SetEndpoint(context.GetEndpoint());
        inner.Features.Set(context.Features.Get<BatchPlace>());
    }

    private static byte[] Digest(HttpRequest request, ReadOnlySpan<byte> body)
    {
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        digest.AppendData(Encoding.UTF8.GetBytes($"{request.Method} {request.Path.Value}{request.QueryString.Value}\n"));
        digest.AppendData(body);

        return digest.GetHashAndReset();
    }

    /// <summary>A string of a structured field (RFC 9651 section 3.3.3), or the same without quotes.</summary>
    private static bool TryRead(StringValues header, [NotNullWhen(true)] out string? key)
    {
        key = null;
        if (header is not [{ } text])
            return false;

        if (!text.StartsWith('"'))
            key = text.AsSpan().ContainsAny("\",") ? null : text;
        else if (text.Length > 1 && text.EndsWith('"'))
            key = Unescape(text.AsSpan(1, text.Length - 2));

        return key is { Length: >= 1 and <= KeyLimit } && !key.AsSpan().ContainsAnyExceptInRange(' ', '~');
    }

    private static string? Unescape(ReadOnlySpan<char> quoted)
    {
        var text = new StringBuilder(quoted.Length);
        for (var i = 0; i < quoted.Length; i++)
        {
            if (quoted[i] == '"' || (quoted[i] == '\\' && (++i == quoted.Length || quoted[i] is not ('"' or '\\'))))
                return null;

            text.Append(quoted[i]);
        }

        return text.ToString();
    }
}
