using System.Buffers.Text;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;

namespace FastEndpoints.Security
{
    /// <summary>Makes tokens (surface section 13).</summary>
    public static class JwtBearer
    {
        private const int MinimumKeyBytes = 32;

        /// <summary>
        /// A compact JWS (RFC 7515 section 7.1), signed with HS256 over the ASCII bytes of the key, or with RS256. It holds the given claims, then
        /// <c>iss</c> and <c>aud</c> if set, <c>iat</c> at the time of the host's clock, <c>nbf</c> at the machine's, and <c>exp</c> at <see cref="JwtCreationOptions.ExpireAt"/>, in
        /// seconds since 1970 (RFC 7519 section 2).
        /// </summary>
        /// <exception cref="InvalidOperationException">There is no key, or no endpoint has been mapped in this process.</exception>
        /// <exception cref="ArgumentOutOfRangeException">The key for HS256 is shorter than 32 bytes (RFC 7518 section 3.2).</exception>
        /// <exception cref="NotSupportedException">Any other style, algorithm or encoding.</exception>
        public static string CreateToken(Action<JwtCreationOptions> options)
        {
            var creation = new JwtCreationOptions();
            options(creation);

            if (string.IsNullOrEmpty(creation.SigningKey))
                throw new InvalidOperationException("A signing key is required to create a token.");

            return (creation.SigningStyle, creation.SigningAlgorithm, creation.KeyIsPemEncoded) switch
            {
                (TokenSigningStyle.Symmetric, "HS256", false) => WithSecret(creation),
                (TokenSigningStyle.Asymmetric, "RS256", true) => WithRsa(creation),
                _ => throw Required.Unsupported("A token that is neither signed with HS256 nor, by a key as PEM, with RS256,"),
            };
        }

        private static string WithSecret(JwtCreationOptions creation)
        {
            var key = Encoding.ASCII.GetBytes(creation.SigningKey);
            if (key.Length < MinimumKeyBytes)
                throw new ArgumentOutOfRangeException(nameof(creation), $"A key for HS256 has at least {MinimumKeyBytes} bytes.");

            return Sign(new() { ["alg"] = "HS256", ["typ"] = "JWT" }, creation, data => HMACSHA256.HashData(key, data));
        }

        private static string WithRsa(JwtCreationOptions creation)
        {
            using var key = RSA.Create();
            key.ImportFromPem(creation.SigningKey);
            var header = new Dictionary<string, string> { ["alg"] = "RS256", ["typ"] = "JWT" };
            if (creation.AsymmetricKidGenerator is { } generate)
                header["kid"] = generate(key);

            return Sign(header, creation, data => key.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
        }

        private static string Sign(Dictionary<string, string> header, JwtCreationOptions creation, Func<byte[], byte[]> sign)
        {
            var services = MainExtensions.LastServices ?? throw new InvalidOperationException("The endpoints must be mapped before a token can be created.");
            var now = TimeProvider.System.GetUtcNow();
            var payload = creation.User.Claims.GroupBy(claim => claim.Type, Value).ToDictionary(claim => claim.Key, claim => claim.Count() == 1 ? claim.Single() : claim);
            if (creation.Issuer is not null)
                payload["iss"] = creation.Issuer;
            if (creation.Audience is not null)
                payload["aud"] = creation.Audience;
            payload["iat"] = (services.GetService<TimeProvider>() ?? TimeProvider.System).GetUtcNow().ToUnixTimeSeconds();
            payload["nbf"] = now.ToUnixTimeSeconds();
            payload["exp"] = (creation.ExpireAt?.ToUniversalTime() is { } end ? new DateTimeOffset(end) : now.AddMinutes(60)).ToUnixTimeSeconds();

            var signed = $"{Part(header)}.{Part(payload)}";

            return $"{signed}.{Base64Url.EncodeToString(sign(Encoding.ASCII.GetBytes(signed)))}";
        }

        private static object Value(Claim claim) => claim.ValueType switch
        {
            ClaimValueTypes.String => claim.Value,
            ClaimValueTypes.Boolean => bool.Parse(claim.Value),
            _ => throw Required.Unsupported($"A claim of the type {claim.ValueType}"),
        };

        private static string Part(object value) => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(value));
    }

    /// <summary>Whether one key signs and verifies, or a pair does (surface section 13).</summary>
    public enum TokenSigningStyle
    {
        Symmetric = 0,
        Asymmetric = 1,
    }

    /// <summary>What goes into a token, and the key that signs it (surface section 13).</summary>
    public sealed class JwtCreationOptions
    {
        public string SigningKey { get; set; } = "";
        public TokenSigningStyle SigningStyle { get; set; }
        public string SigningAlgorithm { get; set; } = "HS256";
        public bool KeyIsPemEncoded { get; set; }

        /// <summary>Gives the <c>kid</c> of the header; null leaves it out.</summary>
        public Func<RSA, string>? AsymmetricKidGenerator { get; set; }

        public string? Issuer { get; set; }
        public string? Audience { get; set; }
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
