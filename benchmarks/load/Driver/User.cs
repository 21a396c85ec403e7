using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace TaskSlices.Load.Driver;

/// <summary>One user: a name as Better Auth makes them, and the ids of the tasks, oldest first.</summary>
public sealed class User
{
    private const string Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    public string Name { get; init; } = RandomNumberGenerator.GetString(Letters, 32);

    public List<Guid> Tasks { get; } = [];

    /// <summary>HS256, with the claims that Better Auth writes by default, about 600 characters.</summary>
    public string Token(string secret)
    {
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var claims = new
        {
            iat = now,
            name = "Ada Lovelace",
            email = "ada@example.com",
            emailVerified = false,
            createdAt = "2026-11-20T10:29:24.469Z",
            updatedAt = "2026-11-20T10:29:24.469Z",
            id = Name,
            sub = Name,
            exp = now + 86400,
            iss = "http://localhost:3000",
            aud = "http://localhost:3000",
            jti = RandomNumberGenerator.GetString(Letters, 16),
        };
        var signed = $"{Part(new { alg = "HS256", typ = "JWT" })}.{Part(claims)}";

        return $"{signed}.{Base64Url.EncodeToString(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.ASCII.GetBytes(signed)))}";
    }

    private static string Part(object value) => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(value));
}
