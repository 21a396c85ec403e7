using System.Buffers.Text;
using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using FastEndpoints.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Org.BouncyCastle.Crypto.Digests;
using Org.BouncyCastle.Crypto.Engines;
using Org.BouncyCastle.Crypto.Signers;
using Org.BouncyCastle.Security;
using TaskSlices.Infrastructure.Auth;

namespace TaskSlices.Tests.Infrastructure.Auth;

/// <summary>Attacks on a server that knows a shared secret and a key set with a key of every kind.</summary>
public sealed class AttackTests(AttackTests.TargetApp app) : TestBase<AttackTests.TargetApp>
{
    private const string Malformed = "MALFORMED_TOKEN";
    private const string Opaque = "OPAQUE_SESSION_TOKEN";
    private const string Algorithm = "ALGORITHM_NOT_CONFIGURED";
    private const string Signature = "BAD_SIGNATURE";
    private const string Unknown = "UNKNOWN_KEY";
    private const string Expired = "TOKEN_EXPIRED";
    private const string TooEarly = "TOKEN_NOT_YET_VALID";
    private const string OtherPurpose = "NOT_AN_ACCESS_TOKEN";
    private const string WrongIssuer = "WRONG_ISSUER";
    private const string WrongAudience = "WRONG_AUDIENCE";

    private const string Cube = "a key with the exponent 3";

    /// <summary>The orders of the base points of P-256 (FIPS 186-4 section D.1.2.3) and of Ed25519 (RFC 8032 section 5.1).</summary>
    private static readonly byte[] P256Order = Convert.FromHexString("FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551");
    private static readonly BigInteger Ed25519Order = BigInteger.Pow(2, 252) + BigInteger.Parse("27742317777372353535851937790883648493", CultureInfo.InvariantCulture);

    private static readonly string[] NonCanonicalIdentities =
    [
        "0100000000000000000000000000000000000000000000000000000000000080",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    ];

    /// <summary>Whoever attacks: the same names for other keys.</summary>
    private static readonly Issuer Mallory = new();

    private static readonly AttackTable Attacks = new()
    {
        // Algorithms: a key that anybody can read, used as the secret.
        { "HS256 with the RSA key's PEM as the secret", Signature, i => Macs(i, "RS256", Pem(i.Rsa.ExportSubjectPublicKeyInfoPem())) },
        { "HS256 with the RSA key's PKCS#1 PEM as the secret", Signature, i => Macs(i, "RS256", Pem(i.Rsa.ExportRSAPublicKeyPem())) },
        { "HS256 with the RSA key's DER as the secret", Signature, i => Macs(i, "RS256", i.Rsa.ExportSubjectPublicKeyInfo(), i.Rsa.ExportRSAPublicKey()) },
        { "HS256 with the RSA modulus as the secret", Signature, i => Macs(i, "RS256", i.Rsa.ExportParameters(false).Modulus!, Utf8(Base64Url.EncodeToString(i.Rsa.ExportParameters(false).Modulus!))) },
        { "HS256 with the RSA key's JWK as the secret", Signature, i => Macs(i, "RS256", Utf8(i.Jwk("RS256"))) },
        { "HS256 with the P-256 key's PEM as the secret", Signature, i => Macs(i, "ES256", Pem(i.P256.ExportSubjectPublicKeyInfoPem())) },
        { "HS256 with the P-256 key's DER as the secret", Signature, i => Macs(i, "ES256", i.P256.ExportSubjectPublicKeyInfo()) },
        { "HS256 with the P-256 point as the secret", Signature, i => Macs(i, "ES256", Point(i.P256), Point(i.P256)[1..], i.P256.ExportParameters(false).Q.X!) },
        { "HS256 with the P-256 key's JWK as the secret", Signature, i => Macs(i, "ES256", Utf8(i.Jwk("ES256"))) },
        { "HS256 with the P-521 key's PEM, DER, point or JWK as the secret", Signature, i => Macs(i, "ES512", Utf8(i.P521.ExportSubjectPublicKeyInfoPem()), i.P521.ExportSubjectPublicKeyInfo(), Point(i.P521), Utf8(i.Jwk("ES512"))) },
        { "HS256 with the Ed25519 key's bytes as the secret", Signature, i => Macs(i, "EdDSA", i.PublicKey, Utf8(Base64Url.EncodeToString(i.PublicKey)), Utf8(Convert.ToHexStringLower(i.PublicKey))) },
        { "HS256 with the Ed25519 key's DER, PEM or JWK as the secret", Signature, i => Macs(i, "EdDSA", Spki(i.PublicKey), Utf8(PemEncoding.WriteString("PUBLIC KEY", Spki(i.PublicKey))), Utf8(i.Jwk("EdDSA"))) },
        { "HS256 with the whole key set as the secret", Signature, i => Macs(i, "RS256", Utf8(i.KeySet)) },
        { "HS256 with the kid of each public key and a secret of the attacker's", Signature, i => Issuer.Algorithms.SelectMany(kid => Macs(i, kid, "attacker"u8.ToArray())) },
        { "HS256 with an empty secret", Signature, i => Macs(i, "HS256", Array.Empty<byte>(), new byte[1]) },
        { "HS256 with a secret of zeros", Signature, i => Macs(i, "HS256", new byte[32], new byte[64]) },
        { "HS256 with the secret decoded, hashed, or with a newline", Signature, i => Macs(i, "HS256", SHA256.HashData(Utf8(Token.Secret)), Utf8(Token.Secret + "\n"), Utf8($"\"{Token.Secret}\"")) },
        { "the algorithm of a public key over a signature of the secret", Signature, i => Issuer.Algorithms.Select(algorithm => i.Sign("HS256", Issuer.Header(algorithm))) },
        { "the secret's algorithm over a signature of a public key", Signature, i => Issuer.Algorithms.Select(algorithm => i.Sign(algorithm, Issuer.Header("HS256", ("kid", $"\"{algorithm}\"")))) },

        // Algorithms: one key for the other.
        { "RS256 by another RSA key, under the kid of ours", Signature, i => [Mallory.Sign("RS256", payload: i.Claims())] },
        { "RS256 by another RSA key, without a kid", Signature, i => [Mallory.Sign("RS256", NoKid("RS256"), i.Claims())] },
        { "RS256 by another RSA key, under its own kid", Unknown, i => [Mallory.Sign("RS256", Issuer.Header("RS256", ("kid", "\"mallory\"")), i.Claims())] },
        { "every algorithm by other keys, under the kids of ours", Signature, i => Issuer.Algorithms.Select(algorithm => Mallory.Sign(algorithm, payload: i.Claims())) },
        { "every algorithm by other keys, without a kid", Signature, i => Issuer.Algorithms.Select(algorithm => Mallory.Sign(algorithm, NoKid(algorithm), i.Claims())) },
        { "a PS256 signature under an RS256 header", Signature, i => [Signed("RS256", i, data => i.Rsa.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pss))] },
        { "an RS256 signature under a PS256 header", Signature, i => [Signed("PS256", i, data => i.Pss.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))] },
        { "PS256 with the key that is for RS256, and the other way round", Unknown, i => [i.Sign("RS256", Issuer.Header("PS256", ("kid", "\"RS256\""))), i.Sign("PS256", Issuer.Header("RS256", ("kid", "\"PS256\"")))] },
        { "PS256 with the key that is for RS256, without a kid", Signature, i => [i.Sign("RS256", NoKid("PS256")), SignedBy(NoKid("PS256"), i, data => i.Rsa.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pss))] },
        { "PS256 with another length of salt", Signature, i => new[] { 0, 20, 64, 222 }.Select(salt => Signed("PS256", i, data => SignWithSalt(i.Pss, salt, data))) },
        { "RS256 and PS256 with another hash", Signature, i => new[] { HashAlgorithmName.SHA1, HashAlgorithmName.SHA384, HashAlgorithmName.SHA512 }.SelectMany(hash => new[] { Signed("RS256", i, data => i.Rsa.SignData(data, hash, RSASignaturePadding.Pkcs1)), Signed("PS256", i, data => i.Pss.SignData(data, hash, RSASignaturePadding.Pss)) }) },
        { "ES256 under the kid of the P-521 key", Unknown, i => [i.Sign("ES512", Issuer.Header("ES256", ("kid", "\"ES512\""))), i.Sign("ES256", Issuer.Header("ES256", ("kid", "\"ES512\"")))] },
        { "ES512 under the kid of the P-256 key", Unknown, i => [i.Sign("ES256", Issuer.Header("ES512", ("kid", "\"ES256\"")))] },
        { "ES256 with a signature of the P-521 key", Signature, i => [i.Sign("ES512", Issuer.Header("ES256")), i.Sign("ES512", NoKid("ES256"))] },
        { "ES256 and ES512 with the other's hash", Signature, i => [Signed("ES256", i, data => i.P256.SignData(data, HashAlgorithmName.SHA512)), Signed("ES512", i, data => i.P521.SignData(data, HashAlgorithmName.SHA256))] },
        { "EdDSA with a signature of the P-256 key", Signature, i => [i.Sign("ES256", Issuer.Header("EdDSA")), i.Sign("ES256", NoKid("EdDSA")), i.Sign("ES256", Issuer.Header("Ed25519", ("kid", "\"EdDSA\"")))] },
        { "EdDSA under the kid of a key of another kind", Unknown, i => Issuer.Algorithms[1..].Select(kid => i.Sign("EdDSA", Issuer.Header("EdDSA", ("kid", $"\"{kid}\"")))) },
        { "EdDSA over the digest, as Ed25519ph has it", Signature, i => [Signed("EdDSA", i, data => i.SignData("EdDSA", SHA512.HashData(data)))] },

        // Algorithms: names.
        { "none, in every case", Algorithm, i => Cases("none").Select(name => $"{Token.Part($$"""{"alg":"{{name}}"}""")}.{Token.Part(i.Claims())}.") },
        { "none, in every case, with a right signature", Algorithm, i => Cases("none").Select(name => i.Sign("EdDSA", Issuer.Header(name, ("kid", "\"EdDSA\"")))) },
        { "names of algorithms in another case", Algorithm, i => Named(i, "hs256", "Hs256", "eddsa", "EDDSA", "EdDsa", "ed25519", "ED25519", "es256", "rs256", "ps256", "Es512") },
        { "names of algorithms with something around them", Algorithm, i => Named(i, "", " HS256", "HS256 ", "EdDSA\\n", "EdDSA\\u0000", "RS256,HS256", "RS256\\u0000HS256", "EdDSA\\ufeff", "ＥdDSA") },
        { "ES256K", Algorithm, i => [i.Sign("ES256", Issuer.Header("ES256K", ("kid", "\"ES256\"")))] },
        { "ES384", Algorithm, i => [i.Sign("ES256", Issuer.Header("ES384", ("kid", "\"ES256\"")))] },
        { "HS384, really signed so", Algorithm, i => [SignedBy(Issuer.Header("HS384"), i, data => HMACSHA384.HashData(Utf8(Token.Secret), data))] },
        { "HS512, really signed so", Algorithm, i => [SignedBy(Issuer.Header("HS512"), i, data => HMACSHA512.HashData(Utf8(Token.Secret), data))] },
        { "RS384 and RS512, really signed so", Algorithm, i => [SignedBy(Issuer.Header("RS384", ("kid", "\"RS256\"")), i, data => i.Rsa.SignData(data, HashAlgorithmName.SHA384, RSASignaturePadding.Pkcs1)), SignedBy(Issuer.Header("RS512", ("kid", "\"RS256\"")), i, data => i.Rsa.SignData(data, HashAlgorithmName.SHA512, RSASignaturePadding.Pkcs1))] },
        { "names of algorithms that are not for signatures, or not known", Algorithm, i => Named(i, "Ed448", "X25519", "RSA-OAEP", "RSA1_5", "dir", "A256KW", "HS1", "HS256/64", "PS384", "PS512", "ES521", "ECDSA", "RSA", "SHA256", "null", "ML-DSA-44", "better-auth") },
        { "an algorithm that is no text", Malformed, i => new[] { "null", "256", "true", "[\"HS256\"]", "{\"alg\":\"HS256\"}", "\"\\ud800\"" }.Select(json => i.Sign("EdDSA", Issuer.Header("EdDSA", ("alg", json)))) },
        { "no algorithm", Malformed, i => [i.Sign("EdDSA", Issuer.Header("EdDSA", ("alg", null)))] },

        // Signatures: ECDSA.
        { "ES256 with r and s of zero", Signature, i => [WithSignature(i, "ES256", _ => new byte[64])] },
        { "ES256 with r of zero", Signature, i => [WithSignature(i, "ES256", s => [.. new byte[32], .. s[32..]])] },
        { "ES256 with s of zero", Signature, i => [WithSignature(i, "ES256", s => [.. s[..32], .. new byte[32]])] },
        { "ES256 with r of the group's order", Signature, i => [WithSignature(i, "ES256", s => [.. P256Order, .. s[32..]])] },
        { "ES256 with s of the group's order", Signature, i => [WithSignature(i, "ES256", s => [.. s[..32], .. P256Order]), WithSignature(i, "ES256", _ => [.. P256Order, .. P256Order])] },
        { "ES256 with r and s of one", Signature, i => [WithSignature(i, "ES256", _ => [.. new byte[31], 1, .. new byte[31], 1])] },
        { "ES256 with all bits set", Signature, i => [WithSignature(i, "ES256", s => Filled(s.Length))] },
        { "ES256 encoded as DER", Signature, i => [Signed("ES256", i, data => i.P256.SignData(data, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence))] },
        { "ES256 with a byte more", Signature, i => [WithSignature(i, "ES256", s => [.. s, 0]), WithSignature(i, "ES256", s => [0, .. s]), WithSignature(i, "ES256", s => [0, .. s[..32], 0, .. s[32..]])] },
        { "ES256 with the signature twice", Signature, i => [WithSignature(i, "ES256", s => [.. s, .. s])] },
        { "ES256 cut short", Signature, i => Enumerable.Range(0, 64).Select(length => WithSignature(i, "ES256", s => s[..length])) },
        { "ES256 with r and s swapped", Signature, i => [WithSignature(i, "ES256", s => [.. s[32..], .. s[..32]])] },
        { "ES512 with r and s of zero", Signature, i => [WithSignature(i, "ES512", s => new byte[s.Length])] },
        { "ES512 with all bits set", Signature, i => [WithSignature(i, "ES512", s => Filled(s.Length))] },
        { "ES512 encoded as DER", Signature, i => [Signed("ES512", i, data => i.P521.SignData(data, HashAlgorithmName.SHA512, DSASignatureFormat.Rfc3279DerSequence))] },
        { "ES512 with a byte more, or less", Signature, i => [WithSignature(i, "ES512", s => [.. s, 0]), WithSignature(i, "ES512", s => s[1..]), WithSignature(i, "ES512", s => [.. s[1..66], .. s[67..]])] },

        // Signatures: Ed25519.
        { "EdDSA with S and the group's order added", Signature, i => [WithSignature(i, "EdDSA", s => [.. s[..32], .. Scalar(ReadScalar(s[32..]) + Ed25519Order)])] },
        { "EdDSA with S and multiples of the order added", Signature, i => Enumerable.Range(2, 13).Select(times => WithSignature(i, "EdDSA", s => [.. s[..32], .. Scalar(ReadScalar(s[32..]) + times * Ed25519Order)])) },
        { "EdDSA with S of the group's order", Signature, i => [WithSignature(i, "EdDSA", s => [.. s[..32], .. Scalar(Ed25519Order)])] },
        { "EdDSA with S of zero and R the neutral point", Signature, i => [WithSignature(i, "EdDSA", _ => [1, .. new byte[63]])] },
        { "EdDSA with all bytes zero", Signature, i => [WithSignature(i, "EdDSA", _ => new byte[64])] },
        { "EdDSA with all bits set", Signature, i => [WithSignature(i, "EdDSA", _ => Filled(64))] },
        { "EdDSA with R of small order and S of zero", Signature, i => Ed25519Points.SmallOrder.Select(point => WithSignature(i, "EdDSA", _ => [.. Convert.FromHexString(point), .. new byte[32]])) },
        { "EdDSA with R of small order and S as it was", Signature, i => Ed25519Points.SmallOrder.Select(point => WithSignature(i, "EdDSA", s => [.. Convert.FromHexString(point), .. s[32..]])) },
        { "EdDSA with R in an encoding that is not the canonical one, and S that fits", Signature, i => NonCanonicalIdentities.Select(point => Signed("EdDSA", i, data => NeutralSignature(i, Convert.FromHexString(point), data))) },
        { "EdDSA with R that is no point", Signature, i => [WithSignature(i, "EdDSA", s => [2, .. new byte[31], .. s[32..]])] },
        { "EdDSA with the sign of R turned round", Signature, i => [WithSignature(i, "EdDSA", s => [.. s[..31], (byte)(s[31] ^ 0x80), .. s[32..]])] },
        { "EdDSA with a byte more", Signature, i => [WithSignature(i, "EdDSA", s => [.. s, 0]), WithSignature(i, "EdDSA", s => [0, .. s])] },
        { "EdDSA cut short", Signature, i => Enumerable.Range(0, 64).Select(length => WithSignature(i, "EdDSA", s => s[..length])) },
        { "EdDSA with R and S swapped", Signature, i => [WithSignature(i, "EdDSA", s => [.. s[32..], .. s[..32]])] },

        // Signatures: RSA.
        { "RS256 with all bytes zero", Signature, i => [WithSignature(i, "RS256", s => new byte[s.Length])] },
        { "RS256 with all bits set", Signature, i => [WithSignature(i, "RS256", s => Filled(s.Length))] },
        { "RS256 with the number one, which is its own power", Signature, i => [WithSignature(i, "RS256", s => [.. new byte[s.Length - 1], 1])] },
        { "RS256 with the modulus, or one less", Signature, i => [WithSignature(i, "RS256", _ => i.Rsa.ExportParameters(false).Modulus!), WithSignature(i, "RS256", _ => Minus1(i.Rsa.ExportParameters(false).Modulus!))] },
        { "RS256 with the padded digest itself, as an exponent of 1 would take it", Signature, i => [Signed("RS256", i, data => Padded(data, 256))] },
        { "RS256 with a cube root, as lax padding and an exponent of 3 would take it", Signature, i => [SignedBy(Issuer.Header("RS256", ("kid", $"\"{Cube}\"")), i, CubeRoot)] },
        { "RS256 with a byte more, or less", Signature, i => [WithSignature(i, "RS256", s => [.. s, 0]), WithSignature(i, "RS256", s => [0, .. s]), WithSignature(i, "RS256", s => s[1..]), WithSignature(i, "RS256", s => s[..^1])] },
        { "PS256 with all bytes zero, all bits set, or another length", Signature, i => [WithSignature(i, "PS256", s => new byte[s.Length]), WithSignature(i, "PS256", s => Filled(s.Length)), WithSignature(i, "PS256", s => [0, .. s]), WithSignature(i, "PS256", s => s[1..])] },

        // Signatures: every bit, every length.
        { "each bit of an HS256 signature turned round", Signature, i => Flipped(i.Sign("HS256"), 2) },
        { "each bit of an EdDSA signature turned round", Signature, i => Flipped(i.Sign("EdDSA"), 2) },
        { "each bit of an ES256 signature turned round", Signature, i => Flipped(i.Sign("ES256"), 2) },
        { "each bit of an ES512 signature turned round", Signature, i => Flipped(i.Sign("ES512"), 2) },
        { "each bit of an RS256 signature turned round", Signature, i => Flipped(i.Sign("RS256"), 2) },
        { "each bit of a PS256 signature turned round", Signature, i => Flipped(i.Sign("PS256"), 2) },
        { "each bit of the payload turned round", Signature, i => Flipped(i.Sign("EdDSA"), 1).Concat(Flipped(i.Sign("HS256"), 1)) },
        { "each signature cut at every byte", Signature, i => Kinds.SelectMany(kind => Cuts(i.Sign(kind), 2).Where(IsStrict)) },
        { "each signature cut at every other character", Malformed, i => Kinds.SelectMany(kind => Cuts(i.Sign(kind), 2).Where(token => !IsStrict(token))) },
        { "the payload cut at every byte", Signature, i => Cuts(i.Sign("EdDSA"), 1).Where(IsStrict) },
        { "the payload cut at every other character", Malformed, i => Cuts(i.Sign("EdDSA"), 1).Where(token => !IsStrict(token)) },
        { "the header cut at every character", Malformed, i => Cuts(i.Sign("EdDSA"), 0) },
        { "the token cut anywhere before its last dot", Opaque, i => Prefixes(i.Sign("EdDSA")) },
        { "the signature of another token", Signature, i => Kinds.Select(kind => Joined(i.Sign(kind).Split('.')[..2], i.Sign(kind, payload: i.Claims(("sub", "\"mallory\""))).Split('.')[2])) },
        { "the payload of another token", Signature, i => Kinds.Select(kind => Replaced(i.Sign(kind), 1, _ => Token.Part(i.Claims(("sub", "\"mallory\""))))) },
        { "the header of another token", Signature, i => [Replaced(i.Sign("EdDSA"), 0, _ => Token.Part(Issuer.Header("Ed25519", ("kid", "\"EdDSA\"")))), Replaced(i.Sign("HS256"), 0, _ => Token.Part(NoKid("HS256")))] },
        { "no signature at all", Signature, i => Kinds.Select(kind => Replaced(i.Sign(kind), 2, _ => "")) },

        // Headers.
        { "a key in the header (jwk)", Malformed, i => Issuer.Algorithms.Select(algorithm => Mallory.Sign(algorithm, Issuer.Header(algorithm, ("jwk", Mallory.Jwk(algorithm))), i.Claims())) },
        { "a key in the header (jwk), though the signature is right", Malformed, i => [i.Sign("EdDSA", Issuer.Header("EdDSA", ("jwk", i.Jwk("EdDSA"))))] },
        { "a secret in the header (jwk)", Malformed, i => [SignedBy($$$"""{"alg":"HS256","jwk":{"kty":"oct","k":"{{{Token.Part("attacker")}}}"}}""", i, data => HMACSHA256.HashData("attacker"u8, data))] },
        { "the address of a key set (jku)", Malformed, i => new[] { "https://attacker.example/jwks", $"{i.Origin}/api/auth/jwks", "file:///dev/null" }.Select(url => i.Sign("EdDSA", Issuer.Header("EdDSA", ("jku", $"\"{url}\"")))) },
        { "the address of a certificate (x5u)", Malformed, i => [i.Sign("RS256", Issuer.Header("RS256", ("x5u", "\"https://attacker.example/cert\"")))] },
        { "a certificate in the header (x5c)", Malformed, i => [i.Sign("RS256", Issuer.Header("RS256", ("x5c", "[\"MIIB\"]"))), i.Sign("RS256", Issuer.Header("RS256", ("x5c", "[]")))] },
        { "a payload that is not encoded (b64)", Malformed, i => [i.Sign("EdDSA", Issuer.Header("EdDSA", ("b64", "false"))), i.Sign("EdDSA", Issuer.Header("EdDSA", ("b64", "false"), ("crit", "[\"b64\"]"))), i.Sign("EdDSA", Issuer.Header("EdDSA", ("b64", "true")))] },
        { "something critical (crit)", Malformed, i => [i.Sign("EdDSA", Issuer.Header("EdDSA", ("crit", "[\"exp\"]"), ("exp", "0"))), i.Sign("HS256", Issuer.Header("HS256", ("crit", "[\"x\"]"))), i.Sign("EdDSA", Issuer.Header("EdDSA", ("crit", "\"alg\"")))] },
        { "nothing critical, or null (crit)", Malformed, i => [i.Sign("EdDSA", Issuer.Header("EdDSA", ("crit", "[]"))), i.Sign("EdDSA", Issuer.Header("EdDSA", ("crit", "null")))] },
        { "compression, encryption (zip, enc)", Malformed, i => [i.Sign("EdDSA", Issuer.Header("EdDSA", ("zip", "\"DEF\""))), i.Sign("EdDSA", Issuer.Header("EdDSA", ("enc", "\"A256GCM\"")))] },
        { "a kid that is a path", Unknown, i => new[] { "../../../../dev/null", "/etc/passwd", "file:///dev/null", "EdDSA/../EdDSA", "..\\\\..\\\\web.config" }.Select(kid => i.Sign("EdDSA", Issuer.Header("EdDSA", ("kid", $"\"{kid}\"")))) },
        { "a kid that is a path to nothing, with nothing as the secret", Signature, i => [SignedBy("""{"alg":"HS256","kid":"../../../../dev/null"}""", i, data => HMACSHA256.HashData(Array.Empty<byte>(), data))] },
        { "a kid that is SQL", Unknown, i => new[] { "' OR 1=1 --", "x' UNION SELECT 'attacker", "EdDSA'; DROP TABLE tasks; --" }.Select(kid => i.Sign("EdDSA", Issuer.Header("EdDSA", ("kid", $"\"{kid}\"")))) },
        { "a kid that is SQL, with what it selects as the secret", Signature, i => [SignedBy("""{"alg":"HS256","kid":"x' UNION SELECT 'attacker"}""", i, data => HMACSHA256.HashData("attacker"u8, data))] },
        { "a kid that is a command, or lines for the log", Unknown, i => new[] { "| whoami", "$(id)", "EdDSA\\nRefused a token: NONE", "EdDSA\\u0000", "\\u001b[2J" }.Select(kid => i.Sign("EdDSA", Issuer.Header("EdDSA", ("kid", $"\"{kid}\"")))) },
        { "a kid of 10,000 characters", Malformed, i => [i.Sign("EdDSA", Issuer.Header("EdDSA", ("kid", $"\"{new string('k', 10_000)}\"")))] },
        { "a kid of 5,000 characters", Unknown, i => [i.Sign("EdDSA", Issuer.Header("EdDSA", ("kid", $"\"{new string('k', 5_000)}\"")))] },
        { "a kid that is a list", Malformed, i => [i.Sign("EdDSA", Issuer.Header("EdDSA", ("kid", "[\"EdDSA\"]"))), i.Sign("HS256", Issuer.Header("HS256", ("kid", "[]")))] },
        { "a kid that is a number", Malformed, i => [i.Sign("EdDSA", Issuer.Header("EdDSA", ("kid", "1"))), i.Sign("HS256", Issuer.Header("HS256", ("kid", "0")))] },
        { "a kid that is null", Malformed, i => [i.Sign("EdDSA", Issuer.Header("EdDSA", ("kid", "null"))), i.Sign("HS256", Issuer.Header("HS256", ("kid", "null")))] },
        { "a kid that is an object", Malformed, i => [i.Sign("EdDSA", Issuer.Header("EdDSA", ("kid", "{\"toString\":\"EdDSA\"}")))] },
        { "a kid that is half a character", Malformed, i => [i.Sign("EdDSA", Issuer.Header("EdDSA", ("kid", "\"\\ud800\"")))] },
        { "a kid that is empty, or in another case", Unknown, i => new[] { "", "eddsa", "EDDSA", "EdDSA ", "EdDS" }.Select(kid => i.Sign("EdDSA", Issuer.Header("EdDSA", ("kid", $"\"{kid}\"")))) },
        { "the typ of a session cookie", OtherPurpose, i => Kinds.Select(kind => i.Sign(kind, Issuer.Header(kind, ("typ", "\"better-auth.session-cache+jwt\"")))) },
        { "the typ of a token for another purpose", OtherPurpose, i => new[] { "logout+jwt", "dpop+jwt", "id_token", "JWE", "JOSE", "JOSE+JSON", "secevent+jwt", "JWT ", "application/jwt+x", "at-jwt" }.Select(typ => i.Sign("EdDSA", Issuer.Header("EdDSA", ("typ", $"\"{typ}\"")))) },
        { "a typ that is no text", OtherPurpose, i => new[] { "null", "1", "[\"JWT\"]", "{}", "\"\"", "\"\\ud800\"" }.Select(json => i.Sign("EdDSA", Issuer.Header("EdDSA", ("typ", json)))) },

        // Forms.
        { "a token inside a token", Malformed, i => [i.Sign("EdDSA", Issuer.Header("EdDSA", ("cty", "\"JWT\"")), i.Sign("EdDSA")), i.Sign("HS256", payload: i.Sign("EdDSA"))] },
        { "five parts, as an encrypted token has them", Malformed, i => [$"{Token.Part("""{"alg":"RSA-OAEP","enc":"A256GCM","kid":"RS256"}""")}.AAAA.AAAA.AAAA.AAAA", $"{Token.Part("""{"alg":"dir","enc":"A256GCM"}""")}..AAAA.AAAA.AAAA", $"{i.Sign("EdDSA")}.AAAA.AAAA"] },
        { "the JSON serialization, flattened", Opaque, i => [Flattened(i.Sign("EdDSA"))] },
        { "the JSON serialization, general", Opaque, i => [General(i.Sign("EdDSA"))] },
        { "a payload that is sent apart", Signature, i => [Replaced(i.Sign("EdDSA"), 1, _ => "")] },
        { "a dot at the end", Malformed, i => [i.Sign("EdDSA") + ".", i.Sign("HS256") + "."] },
        { "a dot at the start", Malformed, i => ["." + i.Sign("EdDSA"), "." + i.Sign("HS256")] },
        { "a header that is empty", Malformed, i => [i.SignParts("EdDSA", "", Token.Part(i.Claims())), i.Sign("EdDSA", "")] },
        { "a payload that is empty, and signed so", Malformed, i => [i.SignParts("EdDSA", Token.Part(Issuer.Header("EdDSA")), "")] },
        { "nothing but dots", Malformed, _ => ["..", "...", "....", new string('.', 8192), new string('.', 100_000)] },
        { "nothing, or nothing with a dot", Opaque, _ => ["", ".", "a.b", " "] },
        { "dots that only look like dots", Opaque, i => new[] { '．', '․', '。', '｡', '·', '\u2024', '\uff0e' }.SelectMany(dot => new[] { i.Sign("EdDSA").Replace('.', dot), ReplacedLast(i.Sign("EdDSA"), dot) }) },
        { "letters that only look like letters", Malformed, i => [i.Sign("EdDSA").Replace('e', 'е'), i.Sign("EdDSA").Replace('e', 'ｅ'), i.Sign("EdDSA").Replace('I', 'İ')] },
        { "more than 8,192 characters", Malformed, i => [i.Sign("EdDSA", payload: i.Claims(("x", $"\"{new string('x', 8000)}\""))), i.Sign("EdDSA") + new string('A', 100_000)] },

        // Base64url.
        { "padding", Malformed, i => Respelled(i, part => part + new string('=', (4 - part.Length % 4) % 4 is 0 ? 1 : (4 - part.Length % 4) % 4)) },
        { "padding as a URL has it", Malformed, i => Respelled(i, part => part + "%3D") },
        { "a blank", Malformed, i => Inserted(i, " ") },
        { "a tab", Malformed, i => Inserted(i, "\t") },
        { "a newline", Malformed, i => Inserted(i, "\n").Concat(Inserted(i, "\r\n")) },
        { "a NUL", Malformed, i => Inserted(i, "\0") },
        { "a character that no alphabet has", Malformed, i => new[] { "\u00a0", "\u200b", "\ufeff", "é", "*", "\u007f", "\ud800" }.SelectMany(text => Inserted(i, text)) },
        { "the alphabet with plus and slash", Malformed, WithPlusAndSlash },
        { "stray bits in the last character of the signature", Malformed, i => Kinds.SelectMany(kind => Stray(i.Sign(kind).Split('.')[2]).Select(part => Replaced(i.Sign(kind), 2, _ => part))) },
        { "stray bits in the last character of header or payload, and signed so", Malformed, i => [.. Stray(Token.Part(Strayable(Issuer.Header("EdDSA")))).Select(part => i.SignParts("EdDSA", part, Token.Part(i.Claims()))), .. Stray(Token.Part(Strayable(i.Claims()))).Select(part => i.SignParts("EdDSA", Token.Part(Issuer.Header("EdDSA")), part))] },
        { "a character too many", Malformed, i => Enumerable.Range(0, 3).Select(part => Replaced(i.Sign("EdDSA", payload: Strayable(i.Claims()), header: Strayable(Issuer.Header("EdDSA"))), part, text => text[..(text.Length / 4 * 4)] + "A")) },

        // JSON.
        { "a member twice in the header", Malformed, i => Malforms(i, """{"alg":"EdDSA","alg":"EdDSA","kid":"EdDSA"}""", """{"alg":"none","alg":"EdDSA"}""", """{"alg":"EdDSA","kid":"EdDSA","kid":"x"}""", """{"alg":"EdDSA","\u0061lg":"none"}""") },
        { "a member twice in the payload", Malformed, i => new[] { ("sub", "\"mallory\""), ("exp", "9999999999"), ("iss", $"\"{i.Origin}\""), ("aud", $"\"{i.Origin}\""), ("s\\u0075b", "\"mallory\"") }.Select(twice => i.Sign("EdDSA", payload: $"{i.Claims()[..^1]},\"{twice.Item1}\":{twice.Item2}}}")) },
        { "a member twice deep in the payload", Malformed, i => [i.Sign("EdDSA", payload: i.Claims(("user", "{\"id\":1,\"id\":2}")))] },
        { "a byte order mark before the payload", Malformed, i => [i.Sign("EdDSA", payload: "\ufeff" + i.Claims()), i.Sign("HS256", payload: "\ufeff" + i.Claims())] },
        { "a byte order mark before the header", Malformed, i => [i.Sign("EdDSA", "\ufeff" + Issuer.Header("EdDSA"))] },
        { "a payload in UTF-16", Malformed, i => Encoded(i, Encoding.Unicode, Encoding.BigEndianUnicode, Encoding.UTF32) },
        { "a payload that is no UTF-8", Malformed, i => new byte[][] { [0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xe2, 0x82] }.Select(bytes => i.SignParts("EdDSA", Token.Part(Issuer.Header("EdDSA")), Base64Url.EncodeToString([.. Utf8(i.Claims()[..^1]), .. ",\"x\":\""u8, .. bytes, .. "\"}"u8]))) },
        { "a header that is no UTF-8", Malformed, i => [i.SignParts("EdDSA", Base64Url.EncodeToString([.. "{\"alg\":\"EdDSA\",\"kid\":\"EdDSA\",\"x\":\""u8, 0xff, .. "\"}"u8]), Token.Part(i.Claims()))] },
        { "EdDSA with R of small order, and S that fits if one multiplies by 8", Signature, i => Ed25519Points.SmallOrder[1..].SelectMany(point => Enumerable.Range(0, 4).Select(_ => Signed("EdDSA", i, data => NeutralSignature(i, Convert.FromHexString(point), data)))) },
        { "a member's name that is half a character", Malformed, i => [i.Sign("EdDSA", Issuer.Header("EdDSA", ("\\ud800", "1"))), i.Sign("EdDSA", payload: i.Claims(("\\udc00", "1")))] },
        { "a header that is no object", Malformed, i => Malforms(i, "null", "[]", "\"EdDSA\"", "1", "true", "alg: EdDSA", "[{\"alg\":\"EdDSA\"}]") },
        { "a header with more than JSON", Malformed, i => Malforms(i, """{"alg":"EdDSA"}{}""", """{"alg":"EdDSA",}""", """{"alg":"EdDSA"/**/}""", """{'alg':'EdDSA'}""", """{alg:"EdDSA"}""", """{"alg":"EdDSA"}""" + "\0") },
        { "a payload that is no object", Malformed, i => new[] { "null", "[]", "\"ann\"", "1", "true", "sub=ann", $"[{i.Claims()}]" }.SelectMany(payload => new[] { i.Sign("EdDSA", payload: payload), i.Sign("HS256", payload: payload) }) },
        { "a payload with more than JSON", Malformed, i => new[] { i.Claims() + "{}", i.Claims()[..^1] + ",}", i.Claims()[..^1] + "/**/}", i.Claims()[..^1], i.Claims() + "\0", i.Claims().Replace('"', '\'') }.Select(payload => i.Sign("EdDSA", payload: payload)) },
        { "a payload as deep as a well", Malformed, i => [i.Sign("EdDSA", payload: i.Claims(("x", new string('[', 2000) + new string(']', 2000))))] },
        { "a header as deep as a well", Malformed, i => [i.Sign("EdDSA", Issuer.Header("EdDSA", ("x", new string('[', 2000) + new string(']', 2000))))] },

        // Times.
        { "no expiry", Malformed, i => WithClaim(i, "exp", [null]) },
        { "an expiry that is a text", Malformed, i => WithClaim(i, "exp", $"\"{Token.Now + 900}\"", "\"\"", "\"tomorrow\"") },
        { "an expiry with a fraction, a minute ago", Expired, i => WithClaim(i, "exp", $"{Token.Now - 60}.5", $"{Token.Now - 60}.999", "1.7e9") },
        { "an expiry before 1970", Expired, i => WithClaim(i, "exp", "-1", $"-{Token.Now + 900}", "-9223372036854775808") },
        { "an expiry of zero, or in milliseconds of the past", Expired, i => WithClaim(i, "exp", "0", "900", "-0") },
        { "an expiry larger than any number", Malformed, i => WithClaim(i, "exp", "1e400", "-1e400", "1e999999999999", "1e20") },
        { "an expiry larger than 64 bits", Malformed, i => WithClaim(i, "exp", "99999999999999999999", "9223372036854775808", "18446744073709551615", "-9223372036854775809") },
        { "an expiry that is null, true, a list or an object", Malformed, i => WithClaim(i, "exp", "null", "true", $"[{Token.Now + 900}]", "{}", "[]") },
        { "an expiry a minute ago", Expired, i => WithClaim(i, "exp", $"{Token.Now - 60}", $"{Token.Now - 31}") },
        { "an expiry under another name", Malformed, i => Kinds.Select(kind => i.Sign(kind, payload: i.Claims(("exp", null), ("EXP", "9999999999"), ("exp ", "9999999999")))) },
        { "a beginning that is a text", Malformed, i => WithClaim(i, "nbf", $"\"{Token.Now}\"", "\"\"") },
        { "a beginning larger than any number", Malformed, i => WithClaim(i, "nbf", "1e400", "-1e400", "99999999999999999999.5") },
        { "a beginning that is null, true, a list or an object", Malformed, i => WithClaim(i, "nbf", "null", "true", "[1]", "{}") },
        { "a beginning in the future", TooEarly, i => WithClaim(i, "nbf", $"{Token.Now + 120}", $"{Token.Now + 120}.5", "9999999999", "9223372036854775807") },

        // Issuer and audience.
        { "no issuer", WrongIssuer, i => WithKeyedClaim(i, "iss", [null]) },
        { "another issuer", WrongIssuer, i => WithKeyedClaim(i, "iss", "\"https://attacker.example\"", "\"\"", $"\"{i.Origin}.attacker.example\"", $"\"x{i.Origin}\"") },
        { "an issuer that is no text", WrongIssuer, i => WithKeyedClaim(i, "iss", $"[\"{i.Origin}\"]", "null", "1", "true", $"{{\"iss\":\"{i.Origin}\"}}") },
        { "an issuer with a slash or a path", WrongIssuer, i => WithKeyedClaim(i, "iss", $"\"{i.Origin}/\"", $"\"{i.Origin}/api/auth\"", $"\"{i.Origin}?\"", $"\"{i.Origin} \"") },
        { "an issuer in another case", WrongIssuer, i => WithKeyedClaim(i, "iss", $"\"{i.Origin.ToUpperInvariant()}\"", $"\"{i.Origin.Replace("http", "Http", StringComparison.Ordinal)}\"") },
        { "an issuer with another scheme or port", WrongIssuer, i => WithKeyedClaim(i, "iss", $"\"{i.Origin.Replace("http:", "https:", StringComparison.Ordinal)}\"", $"\"{i.Origin}0\"", "\"http://127.0.0.1\"") },
        { "no audience", WrongAudience, i => WithKeyedClaim(i, "aud", [null]) },
        { "another audience", WrongAudience, i => WithKeyedClaim(i, "aud", "\"https://attacker.example\"", "\"better-auth:session-cache\"", "\"\"", "\"*\"") },
        { "audiences that miss", WrongAudience, i => WithKeyedClaim(i, "aud", "[\"https://attacker.example\",\"better-auth:session-cache\"]", $"[\"{i.Origin}/\",\"{i.Origin[..^1]}\"]") },
        { "no audience in the list", WrongAudience, i => WithKeyedClaim(i, "aud", "[]", "[null]", "[[]]") },
        { "audiences that are numbers, or lists of lists", WrongAudience, i => WithKeyedClaim(i, "aud", "[1,2]", $"[[\"{i.Origin}\"]]", $"[{{\"aud\":\"{i.Origin}\"}}]", "[true]") },
        { "an audience that is a part of ours, or ours of it", WrongAudience, i => WithKeyedClaim(i, "aud", $"\"{i.Origin[..^1]}\"", $"\"{i.Origin}/tasks\"", "\"http\"", $"\"https://attacker.example,{i.Origin}\"", $"\"{i.Origin} https://attacker.example\"") },
        { "an audience that is a number, null or an object", WrongAudience, i => WithKeyedClaim(i, "aud", "1", "null", "true", $"{{\"0\":\"{i.Origin}\"}}", $"{{\"{i.Origin}\":true}}") },
        { "an audience with a slash, or in another case", WrongAudience, i => WithKeyedClaim(i, "aud", $"\"{i.Origin}/\"", $"\"{i.Origin.ToUpperInvariant()}\"") },
        { "audiences one of which is half a character", WrongAudience, i => WithKeyedClaim(i, "aud", "[\"\\ud800\"]", "\"\\ud800\"") },

        // Subject.
        { "no subject", Malformed, i => WithClaim(i, "sub", [null]) },
        { "a subject that is empty", Malformed, i => WithClaim(i, "sub", "\"\"") },
        { "a subject that is a number", Malformed, i => WithClaim(i, "sub", "1", "0", "1.5") },
        { "a subject that is null", Malformed, i => WithClaim(i, "sub", "null") },
        { "a subject that is a list, an object or true", Malformed, i => WithClaim(i, "sub", "[\"ann\"]", "[]", "{\"id\":\"ann\"}", "true") },
        { "a subject of 256 characters", Malformed, i => WithClaim(i, "sub", $"\"{new string('a', 256)}\"", $"\"{string.Concat(Enumerable.Repeat("😀", 128))}\"") },
        { "a subject that is half a character", Malformed, i => WithClaim(i, "sub", "\"\\ud800\"", "\"\\udc00\"", "\"ann\\udbff\"", "\"\\udc00\\ud800\"") },
        { "a subject under another name", Malformed, i => Kinds.Select(kind => i.Sign(kind, payload: i.Claims(("sub", null), ("SUB", "\"ann\""), ("id", "\"ann\""), ("user", "{\"id\":\"ann\",\"sub\":\"ann\"}")))) },
    };

    public static TheoryData<string> Names => [.. Attacks.Select(attack => attack.Name)];

    private static string[] Kinds => [.. Issuer.Algorithms, "HS256"];

    [Fact]
    public void There_are_eighty_attacks_and_no_two_of_one_name()
    {
        Assert.True(Attacks.Count >= 80, $"There are only {Attacks.Count}.");
        Assert.Equal(Attacks.Count, Attacks.Select(attack => attack.Name).Distinct(StringComparer.OrdinalIgnoreCase).Count());
    }

    [Theory]
    [InlineData("EdDSA", "EdDSA")]
    [InlineData("Ed25519", "EdDSA")]
    [InlineData("ES256", "ES256")]
    [InlineData("ES512", "ES512")]
    [InlineData("RS256", "RS256")]
    [InlineData("PS256", "PS256")]
    [InlineData("HS256", "HS256")]
    public async Task Accepts_what_the_attacks_are_made_of(string name, string key)
    {
        foreach (var header in new[] { Issuer.Header(name, ("kid", $"\"{key}\"")), NoKid(name), Strayable(Issuer.Header(name, ("kid", $"\"{key}\""))) })
        {
            foreach (var claims in new[] { app.Issuer.Claims(), Strayable(app.Issuer.Claims()), app.Issuer.Claims(("aud", $"[\"x\",\"{app.Issuer.Origin}\"]"), ("nbf", "0")) })
            {
                var verdict = await Target.VerifyAsync(app.Issuer.Sign(key, header, claims), Cancellation);

                Assert.True(verdict is { Subject: "ann", Refusal: null }, $"{header} {claims}: {verdict.Refusal?.Code}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Refuses(string name)
    {
        var attack = Attacks.Single(attack => attack.Name == name);
        var tokens = attack.Tokens(app.Issuer).ToArray();
        Assert.NotEmpty(tokens);

        // Some twice: nothing wrong may be remembered as right.
        foreach (var token in tokens.Concat(tokens.Take(20)))
        {
            var verdict = await Target.VerifyAsync(token, Cancellation);

            Assert.True(verdict.Subject is null && verdict.Refusal?.Code == attack.Code, $"Expected {attack.Code}, got {verdict.Refusal?.Code ?? verdict.Subject}: {token}");
        }

        if (tokens.FirstOrDefault(CanBeSent) is not { } sent)
            return;

        var response = await app.Anonymous().GetWith("/api/ann/tasks", ("Authorization", $"Bearer {sent}"));
        await response.IsProblem(HttpStatusCode.Unauthorized, attack.Code);
        Assert.StartsWith("Bearer error=\"invalid_token\"", response.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Logs_the_kid_on_one_line_and_never_a_token()
    {
        var log = new Lines();
        var verifier = new TokenVerifier(
            app.Services.GetServices<IKeySource>(), new TokenMemory(TimeProvider.System), Options.Create(new AuthSettings()), TimeProvider.System, log);
        string[] tokens =
        [
            app.Issuer.Sign("EdDSA", Issuer.Header("EdDSA", ("kid", "\"a\\nRefused a token: \\u0000\\u001b[2J\\u2028é\""))),
            WithSignature(app.Issuer, "ES256", _ => new byte[64]),
            app.Issuer.Sign("RS256", payload: app.Issuer.Claims(("exp", "1"))),
            Flattened(app.Issuer.Sign("HS256")),
        ];

        foreach (var token in tokens)
            await verifier.VerifyAsync(token, Cancellation);

        Assert.Equal(
            [
                "Refused a token: UNKNOWN_KEY, kid a?Refused?a?token?????2J??",
                "Refused a token: BAD_SIGNATURE, kid ES256",
                "Refused a token: TOKEN_EXPIRED, kid RS256",
                "Refused a token: OPAQUE_SESSION_TOKEN, kid (no kid)",
            ],
            log);
    }

    private TokenVerifier Target => app.Services.GetRequiredService<TokenVerifier>();

    /// <summary>Whether a header can carry it as it is.</summary>
    private static bool CanBeSent(string token) => token.Length is > 0 and <= 10_000 && token.All(c => c is > ' ' and < '\u007f');

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    /// <summary>As it is written, as a file of it ends, and as it is on one line of an environment variable.</summary>
    private static byte[][] Pem(string pem) => [Utf8(pem), Utf8(pem + "\n"), Utf8(pem.Replace("\n", "\\n", StringComparison.Ordinal)), Utf8(pem.Replace("\n", "", StringComparison.Ordinal))];

    private static byte[] Point(ECDsa key) => [4, .. key.ExportParameters(false).Q.X!, .. key.ExportParameters(false).Q.Y!];

    /// <summary>RFC 8410 section 4.</summary>
    private static byte[] Spki(byte[] publicKey) => [.. Convert.FromHexString("302a300506032b6570032100"), .. publicKey];

    private static string NoKid(string algorithm) => Issuer.Header(algorithm, ("kid", null));

    /// <summary>HS256 tokens by those secrets, each with the kid of that key and without one.</summary>
    private static IEnumerable<string> Macs(Issuer issuer, string kid, params byte[][] secrets) =>
        from secret in secrets
        from header in new[] { Issuer.Header("HS256", ("kid", $"\"{kid}\"")), NoKid("HS256") }
        select SignedBy(header, issuer, data => HMACSHA256.HashData(secret, data));

    private static string Signed(string algorithm, Issuer issuer, Func<byte[], byte[]> sign) => SignedBy(Issuer.Header(algorithm), issuer, sign);

    private static string SignedBy(string header, Issuer issuer, Func<byte[], byte[]> sign)
    {
        var signed = $"{Token.Part(header)}.{Token.Part(issuer.Claims())}";

        return $"{signed}.{Base64Url.EncodeToString(sign(Encoding.ASCII.GetBytes(signed)))}";
    }

    private static string WithSignature(Issuer issuer, string algorithm, Func<byte[], byte[]> change) => Signed(algorithm, issuer, data => change(issuer.SignData(algorithm, data)));

    private static IEnumerable<string> Named(Issuer issuer, params string[] names) =>
        names.SelectMany(name => new[] { issuer.Sign("EdDSA", Issuer.Header(name, ("kid", "\"EdDSA\""))), issuer.Sign("HS256", Issuer.Header(name, ("kid", null))) });

    private static IEnumerable<string> Cases(string word) =>
        Enumerable.Range(0, 1 << word.Length).Select(upper => string.Concat(word.Select((c, at) => (upper >> at & 1) == 1 ? char.ToUpperInvariant(c) : c)));

    private static byte[] Filled(int length) => [.. Enumerable.Repeat((byte)0xff, length)];

    private static byte[] Scalar(BigInteger value)
    {
        var bytes = value.ToByteArray(isUnsigned: true);

        return [.. bytes, .. new byte[32 - bytes.Length]];
    }

    private static BigInteger ReadScalar(byte[] bytes) => new(bytes, isUnsigned: true);

    /// <summary>With R the neutral point in whatever encoding, S = k a makes the equation of RFC 8032 section 5.1.7 hold: only the encoding is wrong.</summary>
    private static byte[] NeutralSignature(Issuer issuer, byte[] r, byte[] data)
    {
        var secret = SHA512.HashData(issuer.Seed)[..32];
        secret[0] &= 0xf8;
        secret[31] = (byte)(secret[31] & 0x7f | 0x40);
        var k = ReadScalar(SHA512.HashData([.. r, .. issuer.PublicKey, .. data])) % Ed25519Order;

        return [.. r, .. Scalar(k * ReadScalar(secret) % Ed25519Order)];
    }

    private static byte[] SignWithSalt(RSA key, int length, byte[] data)
    {
        var signer = new PssSigner(new RsaBlindedEngine(), new Sha256Digest(), length);
        signer.Init(true, DotNetUtilities.GetRsaKeyPair(key.ExportParameters(true)).Private);
        signer.BlockUpdate(data, 0, data.Length);

        return signer.GenerateSignature();
    }

    private static byte[] Minus1(byte[] number) => [.. number[..^1], (byte)(number[^1] - 1)];

    /// <summary>EMSA-PKCS1-v1_5 (RFC 8017 section 9.2).</summary>
    private static byte[] Padded(byte[] data, int length)
    {
        byte[] digest = [.. Convert.FromHexString("3031300d060960864801650304020105000420"), .. SHA256.HashData(data)];

        return [0, 1, .. Filled(length - digest.Length - 3), 0, .. digest];
    }

    /// <summary>Bleichenbacher's forgery: the digest after the least padding, and anything behind it that makes a cube.</summary>
    private static byte[] CubeRoot(byte[] data)
    {
        byte[] start = [.. Padded(data, 62), .. Filled(256 - 62)];
        var cube = new BigInteger(start, isUnsigned: true, isBigEndian: true);
        var root = BigInteger.Zero;
        for (var bit = 683; bit >= 0; bit--)
        {
            var larger = root | BigInteger.One << bit;
            if (BigInteger.Pow(larger, 3) <= cube)
                root = larger;
        }

        Assert.Equal(start[..61], ((byte[])[0, .. BigInteger.Pow(root, 3).ToByteArray(isUnsigned: true, isBigEndian: true)])[..61]);
        var bytes = root.ToByteArray(isUnsigned: true, isBigEndian: true);

        return [.. new byte[256 - bytes.Length], .. bytes];
    }

    private static string Replaced(string token, int index, Func<string, string> change)
    {
        var parts = token.Split('.');
        parts[index] = change(parts[index]);

        return string.Join('.', parts);
    }

    private static string ReplacedLast(string token, char dot) => token[..token.LastIndexOf('.')] + dot + token[(token.LastIndexOf('.') + 1)..];

    private static string Joined(string[] signed, string signature) => $"{signed[0]}.{signed[1]}.{signature}";

    private static IEnumerable<string> Flipped(string token, int index)
    {
        var bytes = Base64Url.DecodeFromChars(token.Split('.')[index]);

        for (var bit = 0; bit < bytes.Length * 8; bit++)
        {
            byte[] flipped = [.. bytes];
            flipped[bit / 8] ^= (byte)(1 << bit % 8);
            yield return Replaced(token, index, _ => Base64Url.EncodeToString(flipped));
        }
    }

    /// <summary>The part cut to each length, from both ends.</summary>
    private static IEnumerable<string> Cuts(string token, int index)
    {
        var part = token.Split('.')[index];

        for (var cut = 1; cut < part.Length; cut++)
        {
            yield return Replaced(token, index, _ => part[..^cut]);
            yield return Replaced(token, index, _ => part[cut..]);
        }
    }

    private static IEnumerable<string> Prefixes(string token) => Enumerable.Range(0, token.LastIndexOf('.') + 1).Select(length => token[..length]);

    private static bool IsStrict(string token) => token.Split('.').All(part => Stripped(part) == part);

    /// <summary>What the part's whole bytes are, spelled in the one right way.</summary>
    private static string Stripped(string part)
    {
        var standard = part.Replace('-', '+').Replace('_', '/');
        var whole = standard.Length % 4 == 1 ? standard[..^1] : standard;

        return Base64Url.EncodeToString(Convert.FromBase64String(whole + new string('=', (4 - whole.Length % 4) % 4)));
    }

    /// <summary>Every other last character that decodes to the same bytes.</summary>
    private static IEnumerable<string> Stray(string part)
    {
        const string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        var free = (part.Length % 4) switch { 2 => 16, 3 => 4, _ => 1 };

        return Enumerable.Range(1, free - 1).Select(bits => part[..^1] + alphabet[alphabet.IndexOf(part[^1], StringComparison.Ordinal) | bits]);
    }

    /// <summary>With blanks behind it, until the last character of its base64url has bits to spare.</summary>
    private static string Strayable(string json) => Utf8(json).Length % 3 == 0 ? json + " " : json;

    private static IEnumerable<string> Inserted(Issuer issuer, string text) =>
        Respelled(issuer, part => text + part).Concat(Respelled(issuer, part => part + text)).Concat(Respelled(issuer, part => part.Insert(part.Length / 2, text)));

    /// <summary>Each part spelled in another way; header and payload are signed as they are spelled then.</summary>
    private static IEnumerable<string> Respelled(Issuer issuer, Func<string, string> change)
    {
        foreach (var kind in new[] { "EdDSA", "HS256" })
        {
            var (header, payload) = (Token.Part(Strayable(Issuer.Header(kind))), Token.Part(Strayable(issuer.Claims())));

            yield return issuer.SignParts(kind, change(header), payload);
            yield return issuer.SignParts(kind, header, change(payload));
            yield return Replaced(issuer.SignParts(kind, header, payload), 2, change);
        }
    }

    private static IEnumerable<string> WithPlusAndSlash(Issuer issuer)
    {
        static string Standard(string part) => part.Replace('-', '+').Replace('_', '/');
        const string special = "\"???>>>???>>>~~~\"";
        var header = Token.Part(Issuer.Header("EdDSA", ("x", special)));
        var payload = Token.Part(issuer.Claims(("x", special)));
        Assert.NotEqual(header, Standard(header));
        Assert.NotEqual(payload, Standard(payload));

        yield return issuer.SignParts("EdDSA", Standard(header), payload);
        yield return issuer.SignParts("EdDSA", header, Standard(payload));

        for (var count = 0; ; count++)
        {
            var token = issuer.Sign("EdDSA", payload: issuer.Claims(("n", $"{count}")));
            if (!token.Split('.')[2].AsSpan().ContainsAny('-', '_'))
                continue;

            yield return Replaced(token, 2, Standard);
            yield break;
        }
    }

    private static IEnumerable<string> Malforms(Issuer issuer, params string[] headers) => headers.Select(header => issuer.Sign("EdDSA", header));

    private static IEnumerable<string> Encoded(Issuer issuer, params Encoding[] encodings) =>
        encodings.SelectMany(encoding => new[] { encoding.GetBytes(issuer.Claims()), [.. encoding.Preamble, .. encoding.GetBytes(issuer.Claims())] })
            .Select(bytes => issuer.SignParts("EdDSA", Token.Part(Issuer.Header("EdDSA")), Base64Url.EncodeToString(bytes)));

    private static string Flattened(string token)
    {
        var parts = token.Split('.');

        return $$"""{"protected":"{{parts[0]}}","payload":"{{parts[1]}}","signature":"{{parts[2]}}"}""";
    }

    private static string General(string token)
    {
        var parts = token.Split('.');

        return $$"""{"payload":"{{parts[1]}}","signatures":[{"protected":"{{parts[0]}}","signature":"{{parts[2]}}"}]}""";
    }

    private static IEnumerable<string> WithClaim(Issuer issuer, string name, params string?[] values) =>
        values.SelectMany(value => Kinds.Select(kind => issuer.Sign(kind, payload: issuer.Claims((name, value)))));

    /// <summary>Only by the keys of the set: what a shared secret signs has, mostly, neither issuer nor audience.</summary>
    private static IEnumerable<string> WithKeyedClaim(Issuer issuer, string name, params string?[] values) =>
        values.SelectMany(value => Issuer.Algorithms.Select(kind => issuer.Sign(kind, payload: issuer.Claims((name, value)))));

    private sealed class Lines : List<string>, ILogger<TokenVerifier>
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Add(formatter(state, exception));
    }

    private sealed record Attack(string Name, string Code, Func<Issuer, IEnumerable<string>> Tokens);

    private sealed class AttackTable : List<Attack>
    {
        public void Add(string name, string code, Func<Issuer, IEnumerable<string>> tokens) => Add(new Attack(name, code, tokens));
    }

    /// <summary>The set has, besides, an RSA key with the smallest exponent that is accepted; nobody knows its private half.</summary>
    [DisableWafCache]
    public sealed class TargetApp : IssuerApp
    {
        protected override ValueTask PreSetupAsync()
        {
            var modulus = RandomNumberGenerator.GetBytes(256);
            modulus[0] |= 0x80;
            modulus[^1] |= 1;
            Issuer.MoreKeys.Add($$"""{"kty":"RSA","alg":"RS256","kid":"{{Cube}}","e":"Aw","n":"{{Base64Url.EncodeToString(modulus)}}"}""");

            return base.PreSetupAsync();
        }
    }
}
