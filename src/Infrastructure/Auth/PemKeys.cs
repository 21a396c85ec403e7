using System.Security.Cryptography;
using TaskSlices.Infrastructure.Hosting;

namespace TaskSlices.Infrastructure.Auth;

/// <summary>Private keys from files.</summary>
public static class PemKeys
{
    private const int SmallestModulus = 2048;

    /// <summary>An RSA key as PEM (RFC 7468): PKCS#8 or PKCS#1, not encrypted.</summary>
    /// <exception cref="StartupException">The file holds no private key, or one of less than 2,048 bits.</exception>
    public static RSA ReadRsa(string path, string pem)
    {
        var key = RSA.Create();
        try
        {
            key.ImportFromPem(pem);
            _ = key.ExportRSAPrivateKey();
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            key.Dispose();
            throw new StartupException(
                $"{path} is not a private RSA key. Move it away; a new one is made if there is no other: openssl genrsa -out {path} 2048");
        }

        return key.KeySize >= SmallestModulus
            ? key
            : throw new StartupException(
                $"The key in {path} has less than {SmallestModulus} bits. Move it away; a new one is made if there is no other.");
    }
}
