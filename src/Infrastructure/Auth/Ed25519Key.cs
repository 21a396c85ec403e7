using System.Numerics;
using Org.BouncyCastle.Math.EC.Rfc8032;

namespace TaskSlices.Infrastructure.Auth;

/// <summary>
/// Ed25519 (RFC 8032 section 5.1), which .NET does not have: the arithmetic is BouncyCastle's, and this class is all that knows it. Tokens
/// call it <c>EdDSA</c> (RFC 8037 section 3.1) or <c>Ed25519</c> (RFC 9864 section 2.2).
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
    private static readonly BigInteger D = Modulo(-121665 * Inverse(121666));

    public override bool Accepts(string algorithm) => algorithm is "EdDSA" or "Ed25519";

    public override bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature) =>
        signature.Length == SignatureLength && !IsOfSmallOrder(signature[..KeyLength]) && Ed25519.Verify(signature.ToArray(), 0, publicKey, 0, data.ToArray(), 0, data.Length);

    /// <summary>
    /// Whether the R of a signature is one of the eight points of small order, by its y and whatever the sign of its x. Nobody gets one by
    /// signing; RFC 8032 section 5.1.7 leaves open whether to accept it, and versions of BouncyCastle differ.
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
    /// Why the bytes are no key to be trusted, or null. They must be the one encoding of a point on the curve (RFC 8032 section 5.1.3), and not
    /// one of the eight points of small order: anybody can make a signature that such a key takes for its own.
    /// </summary>
    public static string? FindWeakness(ReadOnlySpan<byte> publicKey)
    {
        if (publicKey.Length != KeyLength)
            return $"an Ed25519 key has {KeyLength} bytes";

        Span<byte> bytes = stackalloc byte[KeyLength];
        publicKey.CopyTo(bytes);
        var sign = bytes[^1] >> 7;
        bytes[^1] &= 0x7F;
        var y = new BigInteger(bytes, isUnsigned: true);

        if (y >= P)
            return "it is not the canonical encoding of a point";

        // x^2 = (y^2 - 1) / (d y^2 + 1)
        var x2 = Modulo((y * y - 1) * Inverse(D * y * y + 1));
        if (!x2.IsZero && BigInteger.ModPow(x2, (P - 1) / 2, P) != 1)
            return "it is not a point on the curve";

        if (x2.IsZero && sign == 1)
            return "it is not the canonical encoding of a point";

        return HasSmallOrder(x2, y) ? "it is a point of small order" : null;
    }

    /// <summary>
    /// Doubles the point three times, in squares of x and in y alone: with e = d x^2 y^2, doubling gives y' = (y^2 + x^2) / (1 - e) and
    /// x'^2 = 4 x^2 y^2 / (1 + e)^2 (RFC 8032 section 5.1.4, with a = -1). Eight times a point of small order is the neutral one, (0, 1).
    /// </summary>
    private static bool HasSmallOrder(BigInteger x2, BigInteger y)
    {
        for (var i = 0; i < 3; i++)
        {
            var y2 = Modulo(y * y);
            var e = Modulo(D * x2 * y2);
            var denominator = Inverse(1 + e);
            (x2, y) = (Modulo(4 * x2 * y2 * denominator * denominator), Modulo((y2 + x2) * Inverse(1 - e)));
        }

        return x2.IsZero && y.IsOne;
    }

    private static BigInteger Modulo(BigInteger value) => (value % P + P) % P;

    private static BigInteger Inverse(BigInteger value) => BigInteger.ModPow(Modulo(value), P - 2, P);
}
