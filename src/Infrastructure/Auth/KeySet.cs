using System.Numerics;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Unicode;

namespace TaskSlices.Infrastructure.Auth;

/// <summary>A document that is no key set. The message is fit for the log.</summary>
public sealed class KeySetException(string message) : Exception(message);

/// <summary>
/// The public keys of an issuer, as a JSON Web Key Set has them (RFC 7517 section 5). A key that can't be used, or must not be, is left out
/// with a reason; it never spoils the others (RFC 7517 section 5 asks for that).
/// </summary>
public sealed class KeySet
{
    /// <summary>The most keys that a set may have.</summary>
    public const int KeyLimit = 100;

    private const string PublishedPrivateHalf = "its private half is published; replace it at once";

    private const int SmallestModulus = 2048;
    private const int LargestModulus = 4096;

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 16 };

    private readonly Dictionary<string, VerificationKey> _keys;

    private KeySet(Dictionary<string, VerificationKey> keys, IReadOnlyList<string> leftOut)
    {
        _keys = keys;
        LeftOut = leftOut;
    }

    /// <summary>A line for each key that was left out: its <c>kid</c>, and why.</summary>
    public IReadOnlyList<string> LeftOut { get; }

    public int Count => _keys.Count;

    /// <summary>
    /// Reads a set. A key that the previous set has too stays the same object, so that tokens it verified stay remembered. Keys that are
    /// gone are retired.
    /// </summary>
    /// <exception cref="KeySetException">
    /// The document is no key set, has more than <see cref="KeyLimit"/> keys, or would replace a set with usable keys by one without. A set
    /// that publishes a private half may do that: its key must not be trusted any longer. Nothing is retired.
    /// </exception>
    public static KeySet Read(ReadOnlyMemory<byte> json, KeySet? previous = null)
    {
        using var document = Parse(json);
        var list = ListOf(document.RootElement);

        if (list.GetArrayLength() > KeyLimit)
            throw new KeySetException($"The set has more than {KeyLimit} keys.");

        var keys = new Dictionary<string, VerificationKey>();
        var leftOut = new List<string>();

        foreach (var element in list.EnumerateArray())
        {
            try
            {
                var identity = element.GetRawText();
                keys[identity] = previous?._keys.GetValueOrDefault(identity) ?? ReadKey(identity);
            }
            catch (Exception e) when (e is KeySetException or CryptographicException or InvalidOperationException or JsonException)
            {
                var reason = e is JsonException or InvalidOperationException ? "it is not well-formed" : e.Message;
                leftOut.Add($"{NameOf(element)}: {reason}");
            }
        }

        if (keys.Count == 0 && previous is { Count: > 0 }
            && !leftOut.Exists(line => line.EndsWith(PublishedPrivateHalf, StringComparison.Ordinal)))
            throw new KeySetException("the set has no usable key");

        foreach (var gone in previous?._keys.Where(key => !keys.ContainsKey(key.Key)) ?? [])
            gone.Value.Retire();

        return new KeySet(keys, leftOut);
    }

    /// <summary>A <c>kid</c> as it may stand in a log: short, and on one line.</summary>
    public static string Printable(string? keyId) =>
        keyId is null
            ? "(no kid)"
            : string.Concat(keyId.Take(64).Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' ? c : '?'));

    /// <summary>Whether a key has just that id and algorithm, or, for a token that names none, the algorithm.</summary>
    public bool Has(string algorithm, string? keyId) =>
        _keys.Values.Any(key => key.Accepts(algorithm) && (keyId is null || key.KeyId == keyId));

    /// <summary>The keys of that id and algorithm; those without an id can be meant by any, and a token without one can mean any.</summary>
    public IReadOnlyList<VerificationKey> Find(string algorithm, string? keyId) =>
        [.. _keys.Values.Where(key => key.Accepts(algorithm) && (keyId is null || key.KeyId is null || key.KeyId == keyId))];

    private static JsonElement ListOf(JsonElement root)
    {
        try
        {
            if (root.ValueKind is JsonValueKind.Object && root.EnumerateObject().Count(member => member.NameEquals("keys")) == 1
                && root.GetProperty("keys") is { ValueKind: JsonValueKind.Array } list)
                return list;
        }
        catch (InvalidOperationException)
        {
            // A name with a lone surrogate.
        }

        throw new KeySetException("The document has no list of keys, or more than one.");
    }

    private static JsonDocument Parse(ReadOnlyMemory<byte> json)
    {
        if (!Utf8.IsValid(json.Span))
            throw new KeySetException("The document is not UTF-8.");

        try
        {
            // A key with a duplicate member is left out when it is read; the set is still good.
            return JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = Strict.MaxDepth });
        }
        catch (JsonException)
        {
            throw new KeySetException("The document is not well-formed JSON.");
        }
    }

    private static string NameOf(JsonElement key)
    {
        try
        {
            return Printable(Text(key, "kid"));
        }
        catch (Exception e) when (e is KeySetException or InvalidOperationException)
        {
            return Printable(null);
        }
    }

    private static VerificationKey ReadKey(string json)
    {
        using var document = JsonDocument.Parse(json, Strict);
        var key = document.RootElement;

        if (key.ValueKind is not JsonValueKind.Object)
            throw new KeySetException("it is no object");

        // RFC 7517 sections 4.2 and 4.3: absent says nothing, and Better Auth never writes them.
        if (Text(key, "use") is not (null or "sig"))
            throw new KeySetException("it is not for signatures");

        if (key.TryGetProperty("key_ops", out var operations) && !operations.EnumerateArray().Any(o => o.ValueEquals("verify")))
            throw new KeySetException("it is not for verifying");

        if (key.TryGetProperty("d", out _))
            throw new KeySetException(PublishedPrivateHalf);

        var keyId = Text(key, "kid");

        return (Text(key, "kty"), Text(key, "crv"), Text(key, "alg")) switch
        {
            ("OKP", "Ed25519", null or "EdDSA" or "Ed25519") => ReadEd25519(key, keyId),
            ("EC", "P-256", null or "ES256") => ReadEcdsa(key, keyId, "ES256", ECCurve.NamedCurves.nistP256, 32, HashAlgorithmName.SHA256),
            ("EC", "P-521", null or "ES512") => ReadEcdsa(key, keyId, "ES512", ECCurve.NamedCurves.nistP521, 66, HashAlgorithmName.SHA512),
            ("RSA", null, null or "RS256") => ReadRsa(key, keyId, "RS256"),
            ("RSA", null, "PS256") => ReadRsa(key, keyId, "PS256"),
            _ => throw new KeySetException("its kind, curve and algorithm are none that are accepted together"),
        };
    }

    private static Ed25519Key ReadEd25519(JsonElement key, string? keyId)
    {
        var x = Bytes(key, "x");

        return Ed25519Key.FindWeakness(x) is { } weakness ? throw new KeySetException(weakness) : new Ed25519Key(keyId, x);
    }

    private static EcdsaKey ReadEcdsa(JsonElement key, string? keyId, string algorithm, ECCurve curve, int length, HashAlgorithmName hash)
    {
        var point = new ECPoint { X = Bytes(key, "x"), Y = Bytes(key, "y") };
        if (point.X.Length != length || point.Y.Length != length)
            throw new KeySetException($"a coordinate of its curve has {length} bytes");

        // .NET checks that the point is on the curve.
        return new EcdsaKey(algorithm, keyId, new ECParameters { Curve = curve, Q = point }, hash);
    }

    private static RsaKey ReadRsa(JsonElement key, string? keyId, string algorithm)
    {
        var (modulus, exponent) = (Bytes(key, "n"), Bytes(key, "e"));
        var n = new BigInteger(modulus, isUnsigned: true, isBigEndian: true);
        var e = new BigInteger(exponent, isUnsigned: true, isBigEndian: true);

        if (n.GetBitLength() is < SmallestModulus or > LargestModulus || n.IsEven)
            throw new KeySetException($"its modulus must be odd and have {SmallestModulus} to {LargestModulus} bits");

        if (e < 3 || e.IsEven || e > uint.MaxValue)
            throw new KeySetException("its exponent must be odd, 3 at least, and fit into 32 bits");

        // Without the zeros that may stand before the modulus.
        return new RsaKey(
            algorithm, keyId, new RSAParameters { Modulus = n.ToByteArray(isUnsigned: true, isBigEndian: true), Exponent = exponent });
    }

    private static byte[] Bytes(JsonElement key, string name) =>
        Text(key, name) is { } text && Jws.Decode(text) is { Length: > 0 } bytes
            ? bytes
            : throw new KeySetException($"its {name} is not base64url");

    private static string? Text(JsonElement element, string name) =>
        !element.TryGetProperty(name, out var value) || value.ValueKind is JsonValueKind.Null ? null
        : value.ValueKind is JsonValueKind.String ? value.GetString()
        : throw new KeySetException($"its {name} is no text");
}
