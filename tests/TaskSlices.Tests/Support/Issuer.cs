using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Org.BouncyCastle.Math.EC.Rfc8032;

namespace TaskSlices.Tests.Support;

/// <summary>An issuer of the test's own: a key for each algorithm, named after it, the set that it publishes, and tokens made with them.</summary>
public sealed class Issuer : IDisposable
{
    public static readonly string[] Algorithms = ["EdDSA", "ES256", "ES512", "RS256", "PS256"];

    public Issuer()
    {
        Ed25519.GeneratePublicKey(Seed, 0, PublicKey, 0);
    }

    /// <summary>What its tokens say in <c>iss</c> and <c>aud</c>.</summary>
    public string Origin { get; set; } = "https://app.example";

    /// <summary>The private half of the Ed25519 key (RFC 8032 section 5.1.5), and the public one.</summary>
    public byte[] Seed { get; } = RandomNumberGenerator.GetBytes(Ed25519.SecretKeySize);

    public byte[] PublicKey { get; } = new byte[Ed25519.PublicKeySize];

    public ECDsa P256 { get; } = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    public ECDsa P521 { get; } = ECDsa.Create(ECCurve.NamedCurves.nistP521);
    public RSA Rsa { get; } = RSA.Create(2048);
    public RSA Pss { get; } = RSA.Create(2048);

    /// <summary>Keys to publish besides its own.</summary>
    public List<string> MoreKeys { get; } = [];

    public string KeySet => $$"""{"keys":[{{string.Join(',', Algorithms.Select(algorithm => Jwk(algorithm)).Concat(MoreKeys))}}]}""";

    /// <summary>The key as Better Auth publishes it, with members added or, as null, left out.</summary>
    public string Jwk(string algorithm, params (string Name, string? Json)[] changes)
    {
        (string, string?)[] members = algorithm switch
        {
            "EdDSA" => [("crv", "\"Ed25519\""), ("x", Quoted(PublicKey)), ("kty", "\"OKP\"")],
            "ES256" => [("crv", "\"P-256\""), ("kty", "\"EC\""), ("x", Quoted(P256.ExportParameters(false).Q.X!)), ("y", Quoted(P256.ExportParameters(false).Q.Y!))],
            "ES512" => [("crv", "\"P-521\""), ("kty", "\"EC\""), ("x", Quoted(P521.ExportParameters(false).Q.X!)), ("y", Quoted(P521.ExportParameters(false).Q.Y!))],
            _ => [("kty", "\"RSA\""), ("n", Quoted(RsaOf(algorithm).ExportParameters(false).Modulus!)), ("e", "\"AQAB\"")],
        };

        return Json([("alg", $"\"{algorithm}\""), .. members, ("kid", $"\"{algorithm}\"")], changes);
    }

    /// <summary>Good claims for the user ann, with members changed or, as null, left out.</summary>
    public string Claims(params (string Name, string? Json)[] changes) =>
        Json([("iat", $"{Token.Now}"), ("sub", "\"ann\""), ("exp", $"{Token.Now + 900}"), ("iss", $"\"{Origin}\""), ("aud", $"\"{Origin}\"")], changes);

    /// <summary>A header as Better Auth writes it, with members changed or, as null, left out.</summary>
    public static string Header(string algorithm, params (string Name, string? Json)[] changes) =>
        Json([("alg", $"\"{algorithm}\""), ("kid", $"\"{algorithm}\"")], changes);

    /// <summary>A token; good, if nothing is said.</summary>
    public string Sign(string algorithm, string? header = null, string? payload = null) =>
        SignParts(algorithm, Token.Part(header ?? Header(algorithm)), Token.Part(payload ?? Claims()));

    /// <summary>A token of two parts as they are, each of which may be wrong, with a signature that is right.</summary>
    public string SignParts(string algorithm, string header, string payload) =>
        $"{header}.{payload}.{Base64Url.EncodeToString(SignData(algorithm, Encoding.Latin1.GetBytes($"{header}.{payload}")))}";

    public byte[] SignData(string algorithm, byte[] data)
    {
        switch (algorithm)
        {
            case "EdDSA":
                var signature = new byte[Ed25519.SignatureSize];
                Ed25519.Sign(Seed, 0, data, 0, data.Length, signature, 0);

                return signature;
            case "ES256":
                return P256.SignData(data, HashAlgorithmName.SHA256);
            case "ES512":
                return P521.SignData(data, HashAlgorithmName.SHA512);
            case "RS256":
                return Rsa.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
            case "PS256":
                return Pss.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pss);
            case "HS256":
                return HMACSHA256.HashData(Encoding.UTF8.GetBytes(Token.Secret), data);
            default:
                throw new ArgumentException(algorithm, nameof(algorithm));
        }
    }

    public RSA RsaOf(string algorithm) => algorithm == "PS256" ? Pss : Rsa;

    public void Dispose()
    {
        P256.Dispose();
        P521.Dispose();
        Rsa.Dispose();
        Pss.Dispose();
    }

    private static string Quoted(byte[] bytes) => $"\"{Base64Url.EncodeToString(bytes)}\"";

    private static string Json(IEnumerable<(string Name, string? Json)> members, (string Name, string? Json)[] changes)
    {
        var kept = members.Where(member => changes.All(change => change.Name != member.Name)).Concat(changes).Where(member => member.Json is not null);

        return $"{{{string.Join(',', kept.Select(member => $"\"{member.Name}\":{member.Json}"))}}}";
    }
}
