using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace TaskSlices.Infrastructure.Auth;

/// <summary>ES256 and ES512 (RFC 7518 section 3.4): a signature is R and S, each as long as the curve's field, and never DER.</summary>
public sealed class EcdsaKey(string algorithm, string? keyId, ECParameters parameters, HashAlgorithmName hash)
    : VerificationKey(algorithm, keyId)
{
    private readonly Instances<ECDsa> _keys = new(() => ECDsa.Create(parameters));
    private readonly int _signatureLength = 2 * parameters.Q.X!.Length;

    public override bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        if (signature.Length != _signatureLength)
            return false;

        var key = _keys.Take();
        var verified = key.VerifyData(data, signature, hash, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        _keys.Return(key);

        return verified;
    }
}

/// <summary>RS256 and PS256 (RFC 7518 sections 3.3 and 3.5).</summary>
public sealed class RsaKey(string algorithm, string? keyId, RSAParameters parameters) : VerificationKey(algorithm, keyId)
{
    private readonly Instances<RSA> _keys = new(() => RSA.Create(parameters));
    private readonly RSASignaturePadding _padding = algorithm == "PS256" ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1;

    public override bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        if (signature.Length != parameters.Modulus!.Length)
            return false;

        var key = _keys.Take();
        var verified = key.VerifyData(data, signature, HashAlgorithmName.SHA256, _padding);
        _keys.Return(key);

        return verified;
    }
}

/// <summary>A pool of instances of one key: .NET does not promise that an instance is thread-safe.</summary>
internal sealed class Instances<T>
{
    private readonly ConcurrentBag<T> _idle;
    private readonly Func<T> _create;

    /// <summary>Makes the first instance, so that invalid parameters throw here.</summary>
    public Instances(Func<T> create)
    {
        _create = create;
        _idle = [create()];
    }

    public T Take() => _idle.TryTake(out var idle) ? idle : _create();

    public void Return(T instance) => _idle.Add(instance);
}
