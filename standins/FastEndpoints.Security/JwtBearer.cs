using System.Buffers.Text;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace FastEndpoints.Security
{
    /// <summary>Makes tokens (surface section 13).</summary>
    public static class JwtBearer
    {
        private const int MinimumKeyBytes = 32;

        /// <summary>
        /// A compact JWS (RFC 7515 section 7.1) signed with HS256 over the ASCII bytes of the key. It holds the given claims, then
        /// <c>iat</c> and <c>nbf</c> at now, and <c>exp</c> at <see cref="JwtCreationOptions.ExpireAt"/>, in seconds since 1970 (RFC 7519 section 2).
        /// </summary>
        /// <exception cref="InvalidOperationException">There is no key.</exception>
        /// <exception cref="ArgumentOutOfRangeException">The key is shorter than 32 bytes (RFC 7518 section 3.2).</exception>
        public static string CreateToken(Action<JwtCreationOptions> options)
        {
            var creation = new JwtCreationOptions();
            options(creation);

            if (string.IsNullOrEmpty(creation.SigningKey))
                throw new InvalidOperationException("A signing key is required to create a token.");

            var key = Encoding.ASCII.GetBytes(creation.SigningKey);
            if (key.Length < MinimumKeyBytes)
                throw new ArgumentOutOfRangeException(nameof(options), $"A key for HS256 has at least {MinimumKeyBytes} bytes.");

            var now = TimeProvider.System.GetUtcNow();
            var payload = creation.User.Claims.ToDictionary(claim => claim.Type, object (claim) => claim.Value);
            payload["iat"] = payload["nbf"] = now.ToUnixTimeSeconds();
            payload["exp"] = (creation.ExpireAt?.ToUniversalTime() is { } end ? new DateTimeOffset(end) : now.AddMinutes(60)).ToUnixTimeSeconds();

            var signed = $"{Part(new { alg = "HS256", typ = "JWT" })}.{Part(payload)}";

            return $"{signed}.{Base64Url.EncodeToString(HMACSHA256.HashData(key, Encoding.ASCII.GetBytes(signed)))}";
        }

        private static string Part(object value) => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(value));
    }

    /// <summary>What goes into a token, and the key that signs it (surface section 13).</summary>
    public sealed class JwtCreationOptions
    {
        public string SigningKey { get; set; } = "";
        public UserPrivileges User { get; } = new();

        /// <summary>Null means 60 minutes from now.</summary>
        public DateTime? ExpireAt { get; set; }
    }
}

namespace FastEndpoints
{
    /// <summary>The claims of a token's user (surface section 13).</summary>
    public sealed class UserPrivileges
    {
        public List<Claim> Claims { get; } = [];

        public string this[string claimType]
        {
            set => Claims.Add(new Claim(claimType, value));
        }
    }
}
