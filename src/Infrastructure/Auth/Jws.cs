using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace TaskSlices.Infrastructure.Auth;

/// <summary>
/// The three parts of a token in JWS compact serialization (RFC 7515 section 7.1), read strictly: base64url without padding or stray bits
/// (RFC 8725 section 3.11 asks for one reading only), UTF-8, JSON objects without a member named twice (RFC 7515 section 4).
/// </summary>
public sealed class Jws
{
    /// <summary>Of the whole token, in characters; a token of Better Auth has about 600, 1,200 with a large RSA key.</summary>
    public const int LengthLimit = 8192;

    private static readonly SearchValues<char> Base64UrlAlphabet =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 16 };

    private readonly byte[] _payload;

    private Jws(JsonElement header, byte[] payload, byte[] signedData, byte[] signature)
    {
        Header = header;
        _payload = payload;
        SignedData = signedData;
        Signature = signature;
    }

    public JsonElement Header { get; }
    public byte[] SignedData { get; }
    public byte[] Signature { get; }

    /// <summary>Null for anything that is not exactly a JWS with a JSON header. The payload is not parsed.</summary>
    public static Jws? Read(string token)
    {
        if (token.Length > LengthLimit || token.Split('.') is not [var header, var payload, var signature])
            return null;

        if (Decode(header) is not { } headerBytes || Decode(payload) is not { } payloadBytes || Decode(signature) is not { } signatureBytes)
            return null;

        return Parse(headerBytes) is { } headerElement
            ? new Jws(headerElement, payloadBytes, Encoding.ASCII.GetBytes(token, 0, header.Length + 1 + payload.Length), signatureBytes)
            : null;
    }

    /// <summary>The claims; call it after the signature is verified. Null if they are no JSON object.</summary>
    public JsonElement? ReadClaims() => Parse(_payload);

    /// <summary>Base64url in its one strict spelling (RFC 7515 section 2), or null.</summary>
    public static byte[]? Decode(string part)
    {
        if (part.AsSpan().ContainsAnyExcept(Base64UrlAlphabet) || part.Length % 4 == 1)
            return null;

        var bytes = new byte[Base64Url.GetMaxDecodedLength(part.Length)];

        // Not done means that the last character carries bits that decode to nothing: a second spelling of the same bytes.
        return Base64Url.DecodeFromChars(part, bytes, out _, out var written) is OperationStatus.Done ? bytes[..written] : null;
    }

    private static JsonElement? Parse(byte[] utf8)
    {
        if (!Utf8.IsValid(utf8))
            return null;

        try
        {
            using var document = JsonDocument.Parse(utf8, Strict);
            return document.RootElement.ValueKind is JsonValueKind.Object ? document.RootElement.Clone() : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a name with a lone surrogate.
            return null;
        }
    }
}
