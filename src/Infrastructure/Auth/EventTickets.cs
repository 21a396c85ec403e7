using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using TaskSlices.Infrastructure.Data;

namespace TaskSlices.Infrastructure.Auth;

/// <summary>
/// Tickets stand in an address for the caller's token, where a browser sends no header (EventSource, HTML Living Standard section 9.2.2).
/// Each is good for one request of that user within <see cref="EventTicket.Lifetime"/>, at any instance, on endpoints that
/// <see cref="TicketEndpoints.TakesTickets">take</see> them; the token is then verified as if it had come in the header. Proxies log
/// addresses: what is found there later opens nothing.
/// </summary>
public sealed class EventTickets(IServiceScopeFactory scopes, TimeProvider clock)
{
    /// <summary>The key of the query string.</summary>
    private const string Parameter = "ticket";

    /// <summary>In bytes; base64url makes 43 characters of them.</summary>
    private const int Length = 32;

    /// <summary>In bytes: of an AES-256 key, and of the tag of AES-GCM (NIST SP 800-38D).</summary>
    private const int KeyLength = 32, TagLength = 16;

    /// <summary>Each key encrypts once.</summary>
    private static readonly byte[] Nonce = new byte[12];

    private static readonly byte[] Purpose = "TaskSlices event ticket"u8.ToArray();

    /// <summary>Makes a ticket for the bearer token of the request, and removes the user's old ones.</summary>
    /// <exception cref="OwnerGoneException">The user was erased, or the session ended, since the request came.</exception>
    public async Task<string> MakeAsync(HttpContext context, string userId, CancellationToken ct)
    {
        var ticket = RandomNumberGenerator.GetBytes(Length);
        var token = context.Request.Headers.Authorization.ToString()[BearerHandler.SchemeName.Length..].Trim(' ');
        var (now, db) = (clock.GetUtcNow(), context.RequestServices.GetRequiredService<AppDb>());

        await db.WriteAsync(
            async () =>
            {
                await RemoveExpiredAsync(db, userId, now, ct);
                db.Add(new EventTicket
                {
                    UserId = userId,
                    Digest = SHA256.HashData(ticket),
                    ProtectedToken = Protect(token, ticket, userId),
                    ExpiresAt = now + EventTicket.Lifetime,
                });

                return await db.SaveChangesAsync(ct);
            },
            ct);

        return Base64Url.EncodeToString(ticket);
    }

    /// <summary>By the save that follows: who gets many tickets keeps few.</summary>
    private static async Task RemoveExpiredAsync(AppDb db, string userId, DateTimeOffset now, CancellationToken ct) => db.RemoveRange(
        await db.Set<EventTicket>().Where(ticket => ticket.UserId == userId && ticket.ExpiresAt <= now).ToListAsync(ct));

    /// <summary>Whether the request comes with a ticket, to an endpoint that takes tickets.</summary>
    internal static bool IsIn(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<Mark>() is not null && context.Request.Query.ContainsKey(Parameter);

    /// <summary>Uses up the ticket of the request, and takes it out of the request's address.</summary>
    /// <returns>The token that it stands for; null if it is not good, or not any more.</returns>
    /// <exception cref="System.Data.Common.DbException">The database can't be used.</exception>
    internal async Task<string?> RedeemAsync(HttpContext context)
    {
        var request = context.Request;
        var (text, userId) = (request.Query[Parameter].ToString(), request.RouteValues[OwnerGuard.RouteValue] as string);
        request.QueryString = QueryString.Create(request.Query.Where(value => value.Key != Parameter));
        if (userId is null || Read(text) is not { } ticket)
            return null;

        await using var scope = scopes.CreateAsyncScope();
        scope.ServiceProvider.GetRequiredService<RowOwner>().Set(userId);
        var (db, digest) = (scope.ServiceProvider.GetRequiredService<AppDb>(), SHA256.HashData(ticket));
        var kept = db.Set<EventTicket>().Where(row => row.UserId == userId && row.Digest == digest);

        // Whoever guesses takes no turn to write.
        if (!await kept.AsNoTracking().AnyAsync(context.RequestAborted))
            return null;

        var used = await db.WriteAsync(
            async () =>
            {
                if (await kept.FirstOrDefaultAsync() is not { } row)
                    return null;

                db.Remove(row);
                await db.SaveChangesAsync();

                return row;
            },
            CancellationToken.None);

        return used is not null && used.ExpiresAt > clock.GetUtcNow() ? Reveal(used.ProtectedToken, ticket, userId) : null;
    }

    private static byte[]? Read(string text)
    {
        var ticket = new byte[Length];

        return text.Length == Base64Url.GetEncodedLength(Length) && Base64Url.IsValid(text)
            && Base64Url.TryDecodeFromChars(text, ticket, out var written) && written == Length ? ticket : null;
    }

    private static byte[] Protect(string token, byte[] ticket, string userId)
    {
        var plain = Encoding.UTF8.GetBytes(token);
        var kept = new byte[plain.Length + TagLength];
        using var cipher = CipherOf(ticket);
        cipher.Encrypt(Nonce, plain, kept.AsSpan(0, plain.Length), kept.AsSpan(plain.Length), Encoding.UTF8.GetBytes(userId));

        return kept;
    }

    private static string Reveal(byte[] kept, byte[] ticket, string userId)
    {
        var plain = new byte[kept.Length - TagLength];
        using var cipher = CipherOf(ticket);
        cipher.Decrypt(Nonce, kept.AsSpan(0, plain.Length), kept.AsSpan(plain.Length), plain, Encoding.UTF8.GetBytes(userId));

        return Encoding.UTF8.GetString(plain);
    }

    /// <summary>HKDF (RFC 5869): the digest, which is kept, says nothing about the key.</summary>
    private static AesGcm CipherOf(byte[] ticket) =>
        new(HKDF.DeriveKey(HashAlgorithmName.SHA256, ticket, KeyLength, info: Purpose), TagLength);

    internal sealed class Mark;
}

/// <summary>What a slice says in Configure.</summary>
public static class TicketEndpoints
{
    /// <summary>The slice lets its caller in by a ticket, as the query's <c>ticket</c>, if there is no Authorization header.</summary>
    public static RouteHandlerBuilder TakesTickets(this RouteHandlerBuilder endpoint) => endpoint.WithMetadata(new EventTickets.Mark());
}
