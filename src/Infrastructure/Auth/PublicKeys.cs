using System.Security.Cryptography;

namespace TaskSlices.Infrastructure.Auth;

/// <summary>ES256 and ES512 (RFC 7518 section 3.4): the signature is R and S side by side, each as long as the curve's field, and never DER.</summary>
public sealed class EcdsaKey(string algorithm, string? keyId, ECParameters parameters, HashAlgorithmName hash) : VerificationKey(algorithm, keyId)
{
    private readonly ECDsa _key = ECDsa.Create(parameters);
    private readonly int _signatureLength = 2 * parameters.Q.X!.Length;

    public override bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        // An instance is not promised to serve two threads at once.
        lock (_key)
            return signature.Length == _signatureLength && _key.VerifyData(data, signature, hash, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
    }
}

/// <summary>RS256 and PS256 (RFC 7518 sections 3.3 and 3.5).</summary>
public sealed class RsaKey(string algorithm, string? keyId, RSAParameters parameters) : VerificationKey(algorithm, keyId)
{
    private readonly RSA _key = RSA.Create(parameters);
    private readonly RSASignaturePadding _padding = algorithm == "PS256" ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1;

    public override bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        lock (_key)
            return signature.Length == parameters.Modulus!.Length && _key.VerifyData(data, signature, HashAlgorithmName.SHA256, _padding);
    }
}
