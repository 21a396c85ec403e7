using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace TaskSlices.Tests.Support;

/// <summary>Tokens made by hand, part by part, so that each part can be wrong.</summary>
public static class Token
{
    public const string Secret = "a-secret-made-up-for-these-tests-only";
    public const string Header = """{"alg":"HS256","typ":"JWT"}""";

    public static long Now => DateTimeOffset.UtcNow.ToUnixTimeSeconds();

    public static string For(string user, long lifetime = 900) => Of(Header, Claims(user, lifetime));

    public static string Claims(string user, long lifetime = 900) =>
        JsonSerializer.Serialize(new { sub = user, iat = Now, exp = Now + lifetime });

    public static string Of(string header, string payload, string secret = Secret) => Of(header, Encoding.UTF8.GetBytes(payload), secret);

    public static string Of(string header, byte[] payload, string secret = Secret)
    {
        var signed = $"{Part(header)}.{Base64Url.EncodeToString(payload)}";

        return $"{signed}.{Base64Url.EncodeToString(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.ASCII.GetBytes(signed)))}";
    }

    public static string Part(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));
}
