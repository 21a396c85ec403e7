using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace FastEndpoints.Security;

/// <summary>Creates tokens in JWS compact serialization (RFC 7515 section 7.1), signed with HS256 or RS256.</summary>
public static class JwtBearer
{
    /// <summary>
    /// Holds the claims of <see cref="JwtCreationOptions.User"/>, <c>iss</c> and <c>aud</c> if set, <c>iat</c> by the host's clock,
    /// <c>nbf</c> by the machine's, and <c>exp</c>, in seconds since 1970 (RFC 7519 section 4.1).
    /// </summary>
    /// <exception cref="InvalidOperationException">There is no key, or no endpoint has been mapped in this process.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The key for HS256 is shorter than 32 bytes (RFC 7518 section 3.2).</exception>
    public static string CreateToken(Action<JwtCreationOptions> options)
    {
        var creation = new JwtCreationOptions();
        options(creation);

        if (string.IsNullOrEmpty(creation.SigningKey))
            throw new InvalidOperationException("A signing key is required to create a token.");

        using var rsa = creation.SigningStyle is TokenSigningStyle.Asymmetric ? RSA.Create() : null;
        var now = TimeProvider.System.GetUtcNow();

        return new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
        {
            Subject = new ClaimsIdentity(creation.User.Claims),
            Issuer = creation.Issuer,
            Audience = creation.Audience,
            IssuedAt = (new Services().TryResolve<TimeProvider>() ?? TimeProvider.System).GetUtcNow().UtcDateTime,
            NotBefore = now.UtcDateTime,
            Expires = creation.ExpireAt?.ToUniversalTime() ?? now.AddMinutes(60).UtcDateTime,
            SigningCredentials = new SigningCredentials(Key(creation, rsa), creation.SigningAlgorithm),
        });
    }

    private static SecurityKey Key(JwtCreationOptions creation, RSA? rsa)
    {
        if (rsa is null)
            return new SymmetricSecurityKey(Encoding.ASCII.GetBytes(creation.SigningKey));

        rsa.ImportFromPem(creation.SigningKey);

        // Not cached: a cached provider would outlive the key.
        return new RsaSecurityKey(rsa)
        {
            KeyId = creation.AsymmetricKidGenerator?.Invoke(rsa),
            CryptoProviderFactory = new CryptoProviderFactory { CacheSignatureProviders = false },
        };
    }

    private sealed class Services : ServiceResolverClient;
}

/// <summary>Whether one key signs and verifies, or a pair does.</summary>
public enum TokenSigningStyle
{
    Symmetric = 0,
    Asymmetric = 1,
}

/// <summary>What goes into a token, and the key that signs it.</summary>
public sealed class JwtCreationOptions
{
    /// <summary>ASCII text for HS256; PEM (RFC 7468) for RS256.</summary>
    public string SigningKey { get; set; } = "";

    public TokenSigningStyle SigningStyle { get; set; }
    public string SigningAlgorithm { get; set; } = SecurityAlgorithms.HmacSha256;

    /// <summary>Must be true for an asymmetric key.</summary>
    public bool KeyIsPemEncoded { get; set; }

    /// <summary>Gives the <c>kid</c> of the header; null leaves it out.</summary>
    public Func<RSA, string>? AsymmetricKidGenerator { get; set; }

    public string? Issuer { get; set; }
    public string? Audience { get; set; }
    public UserPrivileges User { get; } = new();

    /// <summary>Null means 60 minutes from now.</summary>
    public DateTime? ExpireAt { get; set; }
}
