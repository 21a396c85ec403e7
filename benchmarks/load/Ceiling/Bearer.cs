using System.Buffers;
using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace TaskSlices.Load.Ceiling;

/// <summary>
/// HS256 tokens, verified at first sight and then remembered by their SHA-256, as the product does it. Of the product's rules it has those
/// that a token of this benchmark can break: the form, the algorithm, the signature, the expiry.
/// </summary>
public sealed class Bearer(string secret)
{
    private const string Scheme = "Bearer ";
    private const int LengthLimit = 8192;
    private const int SignatureLength = 43;

    /// <summary>In milliseconds; the product's longest, too.</summary>
    private const long Longest = 5 * 60 * 1000;

    private readonly byte[] _secret = Encoding.UTF8.GetBytes(secret);
    private readonly ConcurrentDictionary<Digest, Remembered> _tokens = new();

    /// <summary>The header that was last found to say HS256: all tokens of one issuer have the same.</summary>
    private byte[] _knownHeader = [];

    public Refusal? Verify(string? credentials, out Caller? caller)
    {
        caller = null;
        if (credentials is null || !credentials.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
            return Refusal.TokenMissing;

        if (credentials.Length > LengthLimit)
            return Refusal.MalformedToken;

        Span<byte> buffer = stackalloc byte[credentials.Length <= 1024 ? 1024 : LengthLimit];
        if (Ascii.FromUtf16(credentials.AsSpan(Scheme.Length), buffer, out var length) is not OperationStatus.Done)
            return Refusal.MalformedToken;

        ReadOnlySpan<byte> token = buffer[..length];
        Span<Digest> digest = stackalloc Digest[1];
        SHA256.HashData(token, MemoryMarshal.AsBytes(digest));

        if (_tokens.TryGetValue(digest[0], out var remembered) && Environment.TickCount64 < remembered.Until)
        {
            caller = remembered.Caller;
            return null;
        }

        return VerifyAnew(token, digest[0], out caller);
    }

    private Refusal? VerifyAnew(ReadOnlySpan<byte> token, Digest digest, out Caller? caller)
    {
        caller = null;
        var first = token.IndexOf((byte)'.');
        var last = token.LastIndexOf((byte)'.');
        if (first <= 0 || first == last || token[(first + 1)..last].Contains((byte)'.') || token.Length - last - 1 != SignatureLength || !IsHs256(token[..first]))
            return Refusal.MalformedToken;

        Span<byte> signature = stackalloc byte[HMACSHA256.HashSizeInBytes];
        if (Base64Url.DecodeFromUtf8(token[(last + 1)..], signature, out _, out var written) is not OperationStatus.Done || written != signature.Length)
            return Refusal.MalformedToken;

        Span<byte> expected = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_secret, token[..last], expected);
        if (!CryptographicOperations.FixedTimeEquals(expected, signature))
            return Refusal.BadSignature;

        return Judge(token[(first + 1)..last], digest, out caller);
    }

    private bool IsHs256(ReadOnlySpan<byte> header)
    {
        if (header.SequenceEqual(_knownHeader))
            return true;

        try
        {
            using var json = JsonDocument.Parse(Base64Url.DecodeFromUtf8(header));
            if (json.RootElement.ValueKind is not JsonValueKind.Object || !json.RootElement.TryGetProperty("alg", out var algorithm) || !algorithm.ValueEquals("HS256"u8))
                return false;
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException)
        {
            return false;
        }

        _knownHeader = header.ToArray();

        return true;
    }

    private Refusal? Judge(ReadOnlySpan<byte> payload, Digest digest, out Caller? caller)
    {
        using var claims = JsonDocument.Parse(Base64Url.DecodeFromUtf8(payload));
        var left = (claims.RootElement.GetProperty("exp").GetInt64() - DateTimeOffset.UtcNow.ToUnixTimeSeconds()) * 1000;
        caller = new Caller(claims.RootElement.GetProperty("sub").GetString()!);

        if (left <= 0)
            return Refusal.TokenExpired;

        _tokens[digest] = new Remembered(caller, Environment.TickCount64 + Math.Min(left, Longest));

        return null;
    }

    private sealed record Remembered(Caller Caller, long Until);

    private readonly record struct Digest(ulong A, ulong B, ulong C, ulong D)
    {
        // Any bits of a digest are as good as all of them.
        public override int GetHashCode() => (int)A;
    }
}
