using System.Numerics;
using Org.BouncyCastle.Math.EC.Rfc8032;

namespace TaskSlices.Infrastructure.Auth;

/// <summary>
/// Ed25519 (RFC 8032 section 5.1) by BouncyCastle, since .NET does not have it; no other class uses BouncyCastle. Tokens call the algorithm
/// <c>EdDSA</c> (RFC 8037 section 3.1) or <c>Ed25519</c> (RFC 9864 section 2.2).
/// </summary>
public sealed class Ed25519Key(string? keyId, byte[] publicKey) : VerificationKey("EdDSA", keyId)
{
    public const int KeyLength = 32;
    public const int SignatureLength = 64;

    /// <summary>The y of the points of order 4, 1, 2 and 8.</summary>
    private static readonly byte[][] SmallOrder =
    [
        new byte[KeyLength],
        [1, .. new byte[KeyLength - 1]],
        Convert.FromHexString("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
        Convert.FromHexString("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
        Convert.FromHexString("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
    ];

    private static readonly BigInteger P = BigInteger.Pow(2, 255) - 19;

    public override bool Accepts(string algorithm) => algorithm is "EdDSA" or "Ed25519";

    public override bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature) =>
        signature.Length == SignatureLength && !IsOfSmallOrder(signature[..KeyLength]) && Ed25519.Verify(signature, publicKey, data);

    /// <summary>
    /// Whether the point is one of the eight of small order, by its y alone. No signer makes such an R; RFC 8032 section 5.1.7 allows both
    /// to accept and to refuse it, BouncyCastle 2.7 accepts it, and this class refuses it.
    /// </summary>
    private static bool IsOfSmallOrder(ReadOnlySpan<byte> point)
    {
        Span<byte> y = stackalloc byte[KeyLength];
        point.CopyTo(y);
        y[^1] &= 0x7F;

        foreach (var small in SmallOrder)
        {
            if (y.SequenceEqual(small))
                return true;
        }

        return false;
    }

    /// <summary>
    /// Why the bytes are no key to be trusted, or null. A key must be the canonical encoding of a point on the curve (RFC 8032 section
    /// 5.1.3) whose order is not small: anybody can make signatures that a key of small order verifies. BouncyCastle's partial validation
    /// checks that. Its full validation also refuses keys outside the subgroup of prime order, but only their owner can sign with these.
    /// </summary>
    public static string? FindWeakness(ReadOnlySpan<byte> publicKey) =>
        publicKey.Length != KeyLength ? $"an Ed25519 key has {KeyLength} bytes"
        : Ed25519.ValidatePublicKeyPartial(publicKey) ? null
        : !IsCanonical(publicKey) ? "it is not the canonical encoding of a point"
        : IsOfSmallOrder(publicKey) ? "it is a point of small order"
        : "it is not a point on the curve";

    /// <summary>RFC 8032 section 5.1.3: y is less than p, and an x of 0, which y = 1 and y = -1 have, has no sign.</summary>
    private static bool IsCanonical(ReadOnlySpan<byte> point)
    {
        Span<byte> bytes = stackalloc byte[KeyLength];
        point.CopyTo(bytes);
        bytes[^1] &= 0x7F;
        var y = new BigInteger(bytes, isUnsigned: true);

        return y < P && (point[^1] == bytes[^1] || !(y.IsOne || y == P - 1));
    }
}
