using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace TaskSlices.Infrastructure.Auth;

/// <summary>
/// A cache of verified tokens, so that a request costs a lookup and not a signature. An entry is valid until the token expires, for five
/// minutes at most, and until its key is retired. It holds digests (SHA-256), not tokens.
/// </summary>
public sealed class TokenMemory(TimeProvider clock)
{
    /// <summary>The most tokens it holds, at about 400 bytes each.</summary>
    public const int Capacity = 10_000;

    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);

    private readonly ConcurrentDictionary<Digest, Remembered> _tokens = new();

    /// <summary>
    /// The subject of a token that was verified before, whether its session is still active, and its <c>exp</c>; null if there was none.
    /// </summary>
    public (string Subject, Func<bool>? IsActive, DateTimeOffset Expiry)? Recall(string token)
    {
        if (token.Length > Jws.LengthLimit || !_tokens.TryGetValue(Digest.Of(token), out var remembered))
            return null;

        return remembered.Key.IsRetired || clock.GetUtcNow() >= remembered.Until || remembered.IsActive?.Invoke() is false
            ? null
            : (remembered.Subject, remembered.IsActive, remembered.Expiry);
    }

    /// <param name="token">A token that has just been verified.</param>
    /// <param name="subject">The user it names.</param>
    /// <param name="key">The key that verified it.</param>
    /// <param name="expiry">Its <c>exp</c>.</param>
    /// <param name="isActive">Whether its session is still active; null if it has none.</param>
    public void Keep(string token, string subject, VerificationKey key, DateTimeOffset expiry, Func<bool>? isActive = null)
    {
        if (_tokens.Count >= Capacity)
            MakeRoom();

        var latest = clock.GetUtcNow() + Longest;
        _tokens[Digest.Of(token)] = new Remembered(subject, key, expiry < latest ? expiry : latest, isActive, expiry);
    }

    private void MakeRoom()
    {
        var now = clock.GetUtcNow();
        foreach (var (digest, remembered) in _tokens)
        {
            if (remembered.Key.IsRetired || now >= remembered.Until)
                _tokens.TryRemove(digest, out _);
        }

        // All entries are valid: clearing them costs each token one more verification.
        if (_tokens.Count >= Capacity)
            _tokens.Clear();
    }

    private sealed record Remembered(
        string Subject, VerificationKey Key, DateTimeOffset Until, Func<bool>? IsActive, DateTimeOffset Expiry);

    private readonly record struct Digest(UInt128 High, UInt128 Low)
    {
        public static Digest Of(string token)
        {
            Span<byte> text = token.Length <= 1024 ? stackalloc byte[1024] : new byte[token.Length];
            Span<Digest> digest = stackalloc Digest[1];
            SHA256.HashData(text[..Encoding.ASCII.GetBytes(token, text)], MemoryMarshal.AsBytes(digest));

            return digest[0];
        }
    }
}
