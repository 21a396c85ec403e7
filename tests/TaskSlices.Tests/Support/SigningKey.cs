using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace TaskSlices.Tests.Support;

/// <summary>A key pair of an issuer that a test plays: ES256, as a Better Auth server has it. No two of its tokens are the same.</summary>
public sealed class SigningKey(string? keyId)
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    /// <summary>The public half (RFC 7517), with the members that Better Auth writes.</summary>
    public JsonObject Public
    {
        get
        {
            var point = _key.ExportParameters(includePrivateParameters: false).Q;
            var key = new JsonObject
            {
                ["alg"] = "ES256",
                ["kty"] = "EC",
                ["crv"] = "P-256",
                ["x"] = Base64Url.EncodeToString(point.X),
                ["y"] = Base64Url.EncodeToString(point.Y),
            };
            if (keyId is not null)
                key["kid"] = keyId;

            return key;
        }
    }

    public static string Set(params IEnumerable<SigningKey> keys) => new JsonObject { ["keys"] = new JsonArray([.. keys.Select(key => key.Public)]) }.ToJsonString();

    /// <summary>A good token for a quarter of an hour.</summary>
    /// <param name="origin">Both the issuer and the audience, as by default.</param>
    /// <param name="user">The subject.</param>
    public string TokenFrom(string origin, string user = "ada") => Sign(JsonSerializer.Serialize(Claims(origin, user)));

    public static Dictionary<string, object> Claims(string origin, string user = "ada") => new()
    {
        ["sub"] = user,
        ["iat"] = Token.Now,
        ["exp"] = Token.Now + 900,
        ["iss"] = origin,
        ["aud"] = origin,
    };

    public string Sign(string payload) => SignAs(keyId, payload);

    /// <param name="name">What the token's header says that the key is called, or null.</param>
    /// <param name="payload">As JSON.</param>
    public string SignAs(string? name, string payload)
    {
        var header = new JsonObject { ["alg"] = "ES256" };
        if (name is not null)
            header["kid"] = name;
        var signed = $"{Token.Part(header.ToJsonString())}.{Token.Part(payload)}";

        return $"{signed}.{Base64Url.EncodeToString(_key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256))}";
    }
}
