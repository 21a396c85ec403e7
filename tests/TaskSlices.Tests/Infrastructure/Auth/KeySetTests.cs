using System.Buffers.Text;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using TaskSlices.Infrastructure.Auth;

namespace TaskSlices.Tests.Infrastructure.Auth;

public sealed class KeySetTests
{
    private static readonly Issuer Keys = new();

    private static readonly byte[] Data = Encoding.UTF8.GetBytes("some.data");

    /// <summary>Moduli that nobody factored; only their size and last bit are looked at.</summary>
    private static readonly Dictionary<string, string> RefusedKeys = new()
    {
        ["an RSA key of 1024 bits"] = Rsa(Modulus(1024)),
        ["an RSA key of 512 bits"] = Rsa(Modulus(512)),
        ["an RSA key of 2047 bits"] = Rsa(Modulus(2047)),
        ["an RSA key of 1024 bits with zeros before it"] = Rsa([.. new byte[128], .. Modulus(1024)]),
        ["an RSA key of 4097 bits"] = Rsa(Modulus(4097)),
        ["an RSA key of 8192 bits"] = Rsa(Modulus(8192)),
        ["an RSA key of 65536 bits"] = Rsa(Modulus(65536)),
        ["an RSA key whose modulus is even"] = Rsa(Even(Modulus(2048))),
        ["an RSA key whose modulus is zero"] = Rsa(new byte[256]),
        ["an RSA key with the exponent 0"] = Rsa(Modulus(2048), [0]),
        ["an RSA key with the exponent 1"] = Rsa(Modulus(2048), [1]),
        ["an RSA key with the exponent 1 and zeros before it"] = Rsa(Modulus(2048), [0, 0, 1]),
        ["an RSA key with the exponent 2"] = Rsa(Modulus(2048), [2]),
        ["an RSA key with the exponent 65536"] = Rsa(Modulus(2048), [1, 0, 0]),
        ["an RSA key with an exponent of 33 bits"] = Rsa(Modulus(2048), [1, 0, 0, 0, 1]),
        ["an RSA key with an exponent as long as itself"] = Rsa(Modulus(2048), Modulus(2048)),
        ["an RSA key without an exponent"] = Keys.Jwk("RS256", ("e", null)),
        ["an RSA key without a modulus"] = Keys.Jwk("RS256", ("n", null)),
        ["an RSA key with an empty modulus"] = Keys.Jwk("RS256", ("n", "\"\"")),
        ["an RSA key with an empty exponent"] = Keys.Jwk("RS256", ("e", "\"\"")),
        ["an RSA key with a modulus that is a number"] = Keys.Jwk("RS256", ("n", "65537")),
        ["an RSA key with an exponent that is a number"] = Keys.Jwk("RS256", ("e", "65537")),
        ["an RSA key with padding"] = Keys.Jwk("RS256", ("e", "\"AQAB==\"")),
        ["an RSA key with stray bits"] = Keys.Jwk("RS256", ("e", "\"AR\"")),
        ["an RSA key in the other alphabet"] = Keys.Jwk("RS256", ("n", $"\"{Convert.ToBase64String(Modulus(2048))}\"")),

        ["a P-256 key off the curve"] = Ec("ES256", Keys.P256, (x, y) => (x, Next(y))),
        ["a P-256 key with its coordinates swapped"] = Ec("ES256", Keys.P256, (x, y) => (y, x)),
        ["a P-256 key at (0, 0)"] = Ec("ES256", Keys.P256, (x, y) => (new byte[32], new byte[32])),
        ["a P-256 key beyond the field"] = Ec("ES256", Keys.P256, (x, y) => (Filled(32), y)),
        ["a P-256 key with a short coordinate"] = Ec("ES256", Keys.P256, (x, y) => (x[1..], y)),
        ["a P-256 key with a long coordinate"] = Ec("ES256", Keys.P256, (x, y) => (x, [0, .. y])),
        ["a P-256 key with both coordinates long"] = Ec("ES256", Keys.P256, (x, y) => ([0, .. x], [0, .. y])),
        ["a P-256 key as one compressed point"] = Keys.Jwk("ES256", ("y", null)),
        ["a P-256 key without x"] = Keys.Jwk("ES256", ("x", null)),
        ["a P-256 key with an x that is no text"] = Keys.Jwk("ES256", ("x", "[1]")),
        ["a P-521 key off the curve"] = Ec("ES512", Keys.P521, (x, y) => (x, Next(y))),
        ["a P-521 key at (0, 0)"] = Ec("ES512", Keys.P521, (x, y) => (new byte[66], new byte[66])),
        ["a P-521 key with a short coordinate"] = Ec("ES512", Keys.P521, (x, y) => (x[1..], y[1..])),
        ["a P-521 key with 64 bytes"] = Ec("ES512", Keys.P521, (x, y) => (x[2..], y[2..])),
        ["a P-521 key beyond the field"] = Ec("ES512", Keys.P521, (x, y) => (Filled(66), y)),
        ["a P-256 point on P-521"] = Keys.Jwk("ES256", ("crv", "\"P-521\""), ("alg", null)),

        ["an Ed25519 key of 31 bytes"] = Ed(Keys.PublicKey[1..]),
        ["an Ed25519 key of 33 bytes"] = Ed([.. Keys.PublicKey, 0]),
        ["an Ed25519 key of 64 bytes"] = Ed([.. Keys.PublicKey, .. Keys.PublicKey]),
        ["an Ed25519 key of no bytes"] = Ed([]),
        ["an Ed25519 key in DER"] = Ed([.. Convert.FromHexString("302a300506032b6570032100"), .. Keys.PublicKey]),
        ["an Ed25519 key without x"] = Keys.Jwk("EdDSA", ("x", null)),
        ["an Ed25519 key whose x is null"] = Keys.Jwk("EdDSA", ("x", "null")),

        ["a key that is null"] = "null",
        ["a key that is a text"] = "\"abc\"",
        ["a key that is a number"] = "1",
        ["a key that is a list"] = "[]",
        ["a key that is true"] = "true",
        ["a key that is an empty object"] = "{}",
        ["a key with a member twice"] = $$"""{{Keys.Jwk("EdDSA")[..^1]}},"x":"{{Base64Url.EncodeToString(Keys.PublicKey)}}"}""",
        ["a key with a member twice, once escaped"] = Keys.Jwk("EdDSA", ("\\u006bid", "\"x\"")),
        ["a key with a member twice deep inside"] = Keys.Jwk("EdDSA", ("x5c", "{\"a\":1,\"a\":2}")),
        ["a kind that is unknown"] = Keys.Jwk("EdDSA", ("kty", "\"AKP\"")),
        ["a kind in another case"] = Keys.Jwk("EdDSA", ("kty", "\"okp\"")),
        ["a kind that is missing"] = Keys.Jwk("EdDSA", ("kty", null)),
        ["a kind that is a number"] = Keys.Jwk("EdDSA", ("kty", "1")),
        ["OKP with P-256"] = Keys.Jwk("ES256", ("kty", "\"OKP\""), ("alg", null)),
        ["EC with Ed25519"] = Keys.Jwk("EdDSA", ("kty", "\"EC\""), ("alg", null)),
        ["RSA with a curve"] = Keys.Jwk("RS256", ("crv", "\"P-256\"")),
        ["X25519"] = Keys.Jwk("EdDSA", ("crv", "\"X25519\""), ("alg", null)),
        ["Ed448"] = Keys.Jwk("EdDSA", ("crv", "\"Ed448\"")),
        ["P-384"] = Keys.Jwk("ES256", ("crv", "\"P-384\""), ("alg", "\"ES384\"")),
        ["secp256k1"] = Keys.Jwk("ES256", ("crv", "\"secp256k1\""), ("alg", "\"ES256K\"")),
        ["a curve that is missing"] = Keys.Jwk("ES256", ("crv", null)),
        ["a curve that is a number"] = Keys.Jwk("ES256", ("crv", "256")),
        ["a P-256 key for ES512"] = Keys.Jwk("ES256", ("alg", "\"ES512\"")),
        ["a P-521 key for ES256"] = Keys.Jwk("ES512", ("alg", "\"ES256\"")),
        ["an Ed25519 key for ES256"] = Keys.Jwk("EdDSA", ("alg", "\"ES256\"")),
        ["an RSA key for HS256"] = Keys.Jwk("RS256", ("alg", "\"HS256\"")),
        ["an RSA key for RS512"] = Keys.Jwk("RS256", ("alg", "\"RS512\"")),
        ["an RSA key for encryption"] = Keys.Jwk("RS256", ("alg", "\"RSA-OAEP\"")),
        ["an RSA key for none"] = Keys.Jwk("RS256", ("alg", "\"none\"")),
        ["an algorithm in another case"] = Keys.Jwk("EdDSA", ("alg", "\"eddsa\"")),
        ["an algorithm that is empty"] = Keys.Jwk("EdDSA", ("alg", "\"\"")),
        ["an algorithm that is a number"] = Keys.Jwk("EdDSA", ("alg", "1")),
        ["an algorithm that is half a character"] = Keys.Jwk("EdDSA", ("alg", "\"\\ud800\"")),

        ["a secret"] = """{"kty":"oct","alg":"HS256","kid":"bad","k":"c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA"}""",
        ["a secret that says it is RSA"] = """{"kty":"RSA","alg":"HS256","kid":"bad","k":"c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA"}""",
        ["a private Ed25519 key"] = Keys.Jwk("EdDSA", ("d", $"\"{Base64Url.EncodeToString(Keys.Seed)}\"")),
        ["a private P-256 key"] = Keys.Jwk("ES256", ("d", $"\"{Base64Url.EncodeToString(Keys.P256.ExportParameters(true).D!)}\"")),
        ["a private RSA key"] = Keys.Jwk("RS256", ("d", $"\"{Base64Url.EncodeToString(Keys.Rsa.ExportParameters(true).D!)}\"")),
        ["a private half that is null"] = Keys.Jwk("EdDSA", ("d", "null")),
        ["a key for encryption"] = Keys.Jwk("RS256", ("use", "\"enc\"")),
        ["a use that is empty"] = Keys.Jwk("RS256", ("use", "\"\"")),
        ["a use that is a list"] = Keys.Jwk("RS256", ("use", "[\"sig\"]")),
        ["a key for signing alone"] = Keys.Jwk("EdDSA", ("key_ops", "[\"sign\"]")),
        ["a key for nothing"] = Keys.Jwk("EdDSA", ("key_ops", "[]")),
        ["operations that are a text"] = Keys.Jwk("EdDSA", ("key_ops", "\"verify\"")),
        ["operations that are null"] = Keys.Jwk("EdDSA", ("key_ops", "null")),
        ["operations that are numbers"] = Keys.Jwk("EdDSA", ("key_ops", "[1]")),
        ["operations in another case"] = Keys.Jwk("EdDSA", ("key_ops", "[\"VERIFY\"]")),
        ["a kid that is a number"] = Keys.Jwk("EdDSA", ("kid", "1")),
        ["a kid that is a list"] = Keys.Jwk("EdDSA", ("kid", "[\"EdDSA\"]")),
        ["a kid that is an object"] = Keys.Jwk("EdDSA", ("kid", "{}")),
        ["a kid that is half a character"] = Keys.Jwk("EdDSA", ("kid", "\"\\ud800\"")),
    };

    private const string TestMessage1023 =
        """
        08b8b2b733424243760fe426a4b54908632110a66c2f6591eabd3345e3e4eb98fa6e264bf09efe12ee50f8f54e9f77b1e355f6c50544e23fb1433ddf
        73be84d879de7c0046dc4996d9e773f4bc9efe5738829adb26c81b37c93a1b270b20329d658675fc6ea534e0810a4432826bf58c941efb65d57a338b
        bd2e26640f89ffbc1a858efcb8550ee3a5e1998bd177e93a7363c344fe6b199ee5d02e82d522c4feba15452f80288a821a579116ec6dad2b3b310da9
        03401aa62100ab5d1a36553e06203b33890cc9b832f79ef80560ccb9a39ce767967ed628c6ad573cb116dbefefd75499da96bd68a8a97b928a8bbc10
        3b6621fcde2beca1231d206be6cd9ec7aff6f6c94fcd7204ed3455c68c83f4a41da4af2b74ef5c53f1d8ac70bdcb7ed185ce81bd84359d44254d9562
        9e9855a94a7c1958d1f8ada5d0532ed8a5aa3fb2d17ba70eb6248e594e1a2297acbbb39d502f1a8c6eb6f1ce22b3de1a1f40cc24554119a831a9aad6
        079cad88425de6bde1a9187ebb6092cf67bf2b13fd65f27088d78b7e883c8759d2c4f5c65adb7553878ad575f9fad878e80a0c9ba63bcbcc2732e694
        85bbc9c90bfbd62481d9089beccf80cfe2df16a2cf65bd92dd597b0707e0917af48bbb75fed413d238f5555a7a569d80c3414a8d0859dc65a46128ba
        b27af87a71314f318c782b23ebfe808b82b0ce26401d2e22f04d83d1255dc51addd3b75a2b1ae0784504df543af8969be3ea7082ff7fc9888c144da2
        af58429ec96031dbcad3dad9af0dcbaaaf268cb8fcffead94f3c7ca495e056a9b47acdb751fb73e666c6c655ade8297297d07ad1ba5e43f1bca32301
        651339e22904cc8c42f58c30c04aafdb038dda0847dd988dcda6f3bfd15c4b4c4525004aa06eeff8ca61783aacec57fb3d1f92b0fe2fd1a85f672451
        7b65e614ad6808d6f6ee34dff7310fdc82aebfd904b01e1dc54b2927094b2db68d6f903b68401adebf5a7e08d78ff4ef5d63653a65040cf9bfd4aca7
        984a74d37145986780fc0b16ac451649de6188a7dbdf191f64b5fc5e2ab47b57f7f7276cd419c17a3ca8e1b939ae49e488acba6b965610b5480109c8
        b17b80e1b7b750dfc7598d5d5011fd2dcc5600a32ef5b52a1ecc820e308aa342721aac0943bf6686b64b2579376504ccc493d97e6aed3fb0f9cd71a4
        3dd497f01f17c0e2cb3797aa2a2f256656168e6c496afc5fb93246f6b1116398a346f1a641f3b041e989f7914f90cc2c7fff357876e506b50d334ba7
        7c225bc307ba537152f3f1610e4eafe595f6d9d90d11faa933a15ef1369546868a7f3a45a96768d40fd9d03412c091c6315cf4fde7cb68606937380d
        b2eaaa707b4c4185c32eddcdd306705e4dc1ffc872eeee475a64dfac86aba41c0618983f8741c5ef68d3a101e8a3b8cac60c905c15fc910840b94c00
        a0b9d0
        """;

    public static TheoryData<string> Refused => [.. RefusedKeys.Keys];

    public static TheoryData<string> SmallOrder => [.. Ed25519Points.SmallOrder];

    [Theory]
    [InlineData("EdDSA", "EdDSA")]
    [InlineData("EdDSA", "Ed25519")]
    [InlineData("ES256", "ES256")]
    [InlineData("ES512", "ES512")]
    [InlineData("RS256", "RS256")]
    [InlineData("PS256", "PS256")]
    public void Accepts_a_key_of_each_kind_with_and_without_what_is_optional(string key, string algorithm)
    {
        (string, string?)[][] variants =
        [
            [],
            [("kid", null)],
            [("use", "\"sig\"")],
            [("key_ops", "[\"verify\"]")],
            [("key_ops", "[\"sign\",\"verify\"]")],
            [("use", "\"sig\""), ("key_ops", "[\"verify\"]")],
            [("x5c", "[\"MIIB\"]"), ("x5t", "\"x\""), ("ext", "true"), ("exp", "1"), ("nobody knows", "{\"a\":[1]}")],
        ];
        if (key != "PS256")
            variants = [.. variants, [("alg", null)], [("alg", null), ("kid", null), ("use", null), ("key_ops", null)]];

        foreach (var variant in variants)
        {
            var set = Read(Keys.Jwk(key, variant));

            Assert.Empty(set.LeftOut);
            var found = Assert.Single(set.Find(algorithm, variant.Any(member => member.Item1 == "kid") ? "whatever" : key));
            Assert.True(found.Verify(Data, Keys.SignData(key, Data)));
            Assert.False(found.Verify([.. Data, 0], Keys.SignData(key, Data)));
        }
    }

    [Theory]
    [InlineData("""{"kty":"EC","crv":"P-256","kid":7}""")]
    [InlineData("""{"kty":"EC","crv":"P-256","kid":"\ud800"}""")]
    [InlineData("""{"kty":"oct","kid":"a","kid":"a"}""")]
    [InlineData("""{"kty":["EC"],"kid":{}}""")]
    [InlineData("""{"\udc00":1}""")]
    [InlineData("""{"kty":"RSA","n":1,"e":true}""")]
    [InlineData("""{"kty":"OKP","crv":"Ed25519","key_ops":"verify"}""")]
    [InlineData("7")]
    [InlineData("null")]
    [InlineData("[]")]
    public void Leaves_out_an_odd_key_and_keeps_the_others(string odd)
    {
        var set = Read(odd, Keys.Jwk("EdDSA"), odd);

        Assert.Single(set.Find("EdDSA", "EdDSA"));
        Assert.Equal((1, 2), (set.Count, set.LeftOut.Count));
    }

    [Fact]
    public void Accepts_the_other_name_of_EdDSA() => Assert.Single(Read(Keys.Jwk("EdDSA", ("alg", "\"Ed25519\""))).Find("EdDSA", "EdDSA"));

    [Fact]
    public void Takes_an_RSA_key_that_says_no_algorithm_for_RS256_alone()
    {
        var set = Read(Keys.Jwk("RS256", ("alg", null)));

        Assert.Single(set.Find("RS256", "RS256"));
        Assert.Empty(set.Find("PS256", "RS256"));
    }

    [Theory]
    [InlineData(2048)]
    [InlineData(2049)]
    [InlineData(3072)]
    [InlineData(4096)]
    public void Accepts_RSA_keys_of_usual_sizes(int bits) => Assert.Equal(1, Read(Rsa(Modulus(bits))).Count);

    [Theory]
    [InlineData("Aw")]
    [InlineData("EQ")]
    [InlineData("AQAB")]
    [InlineData("AAEAAQ")]
    [InlineData("_____w")]
    public void Accepts_RSA_keys_with_usual_exponents(string exponent) => Assert.Equal(1, Read(Keys.Jwk("RS256", ("e", $"\"{exponent}\""))).Count);

    [Fact]
    public void Reads_RSA_keys_with_zeros_before_the_modulus()
    {
        byte[] modulus = [0, .. Keys.Rsa.ExportParameters(false).Modulus!];

        Assert.True(Assert.Single(Read(Rsa(modulus)).Find("RS256", null)).Verify(Data, Keys.SignData("RS256", Data)));
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public void Leaves_out_with_a_reason(string name)
    {
        var set = Read(RefusedKeys[name], Keys.Jwk("EdDSA", ("kid", "\"good\"")));

        var line = Assert.Single(set.LeftOut);
        Assert.Matches(@"^(\(no kid\)|[A-Za-z0-9?_.-]{1,64}): \S.{9,}$", line);
        Assert.DoesNotContain('\n', line);
        Assert.Equal(1, set.Count);
        Assert.True(Assert.Single(set.Find("EdDSA", "good")).Verify(Data, Keys.SignData("EdDSA", Data)));
        foreach (var algorithm in new[] { "ES256", "ES512", "RS256", "PS256", "HS256", "none" })
            Assert.Empty(set.Find(algorithm, null));
    }

    [Fact]
    public void Leaves_out_every_bad_key_of_a_set_at_once()
    {
        string[] good = [.. Issuer.Algorithms.Select(algorithm => Keys.Jwk(algorithm))];
        var bad = RefusedKeys.Values.TakeLast(KeySet.KeyLimit - good.Length).ToArray();

        var set = Read([.. bad, .. good]);

        Assert.Equal(bad.Length, set.LeftOut.Count);
        Assert.Equal(good.Length, set.Count);
        foreach (var algorithm in Issuer.Algorithms)
            Assert.True(Assert.Single(set.Find(algorithm, algorithm)).Verify(Data, Keys.SignData(algorithm, Data)));
    }

    [Theory]
    [MemberData(nameof(SmallOrder))]
    public void Refuses_a_point_of_small_order(string point)
    {
        Assert.Equal("it is a point of small order", Ed25519Key.FindWeakness(Convert.FromHexString(point)));
        Assert.EndsWith("it is a point of small order", Assert.Single(Read(Ed(Convert.FromHexString(point))).LeftOut), StringComparison.Ordinal);
    }

    [Fact]
    public void Knows_eight_points_of_small_order() => Assert.Equal(8, Ed25519Points.SmallOrder.Distinct().Count());

    [Theory]
    [InlineData("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    [InlineData("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff")]
    [InlineData("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    [InlineData("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff")]
    [InlineData("f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    [InlineData("ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    [InlineData("ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff")]
    [InlineData("0100000000000000000000000000000000000000000000000000000000000080")]
    [InlineData("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff")]
    public void Refuses_a_point_in_another_encoding_than_the_canonical_one(string point)
    {
        Assert.Equal("it is not the canonical encoding of a point", Ed25519Key.FindWeakness(Convert.FromHexString(point)));
        Assert.Single(Read(Ed(Convert.FromHexString(point))).LeftOut);
    }

    [Fact]
    public void Refuses_what_is_no_point_and_takes_what_is_one()
    {
        var p = BigInteger.Pow(2, 255) - 19;
        var d = Modulo(-121665 * BigInteger.ModPow(121666, p - 2, p));
        var (points, others) = (0, 0);

        for (var y = 2; y < 200; y++)
        {
            // RFC 8032 section 5.1.3: x^2 = (y^2 - 1) / (d y^2 + 1).
            var x2 = Modulo((BigInteger)(y * y - 1) * BigInteger.ModPow(d * y * y + 1, p - 2, p));
            var isPoint = BigInteger.ModPow(x2, (p - 1) / 2, p).IsOne;
            var weakness = Ed25519Key.FindWeakness([(byte)y, .. new byte[31]]);

            Assert.Equal(isPoint ? null : "it is not a point on the curve", weakness);
            (points, others) = isPoint ? (points + 1, others) : (points, others + 1);
        }

        Assert.True(points > 50 && others > 50, $"{points} and {others}");

        BigInteger Modulo(BigInteger value) => (value % p + p) % p;
    }

    [Fact]
    public void Takes_every_key_that_is_made_as_one_should()
    {
        for (var i = 0; i < 50; i++)
        {
            using var issuer = new Issuer();

            Assert.Null(Ed25519Key.FindWeakness(issuer.PublicKey));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("\"keys\"")]
    [InlineData("1")]
    [InlineData("{}")]
    [InlineData("""{"keys":null}""")]
    [InlineData("""{"keys":{}}""")]
    [InlineData("""{"keys":"[]"}""")]
    [InlineData("""{"keys":0}""")]
    [InlineData("""{"Keys":[]}""")]
    [InlineData("""{"jwks":{"keys":[]}}""")]
    [InlineData("""{"keys":[]""")]
    [InlineData("""{"keys":[]}{}""")]
    [InlineData("""{"keys":[],}""")]
    [InlineData("""{"keys":[]/**/}""")]
    [InlineData("""{'keys':[]}""")]
    [InlineData("""{"keys":[],"keys":[]}""")]
    [InlineData("""{"keys":[],"k\u0065ys":[]}""")]
    [InlineData("""{"message":"Unauthorized","code":"UNAUTHORIZED"}""")]
    [InlineData("<!doctype html><title>Not found</title>")]
    [InlineData("\ufeff{\"keys\":[]}")]
    [InlineData("{\"keys\":[]}\0")]
    public void Refuses_a_document_that_is_no_key_set(string document) => Assert.Throws<KeySetException>(() => KeySet.Read(Encoding.UTF8.GetBytes(document)));

    [Fact]
    public void Refuses_a_document_as_deep_as_a_well() =>
        Assert.Throws<KeySetException>(() => KeySet.Read(Encoding.UTF8.GetBytes($$"""{"keys":[],"x":{{new string('[', 100_000)}}{{new string(']', 100_000)}}}""")));

    [Fact]
    public void Refuses_a_document_in_UTF_16() => Assert.Throws<KeySetException>(() => KeySet.Read(Encoding.Unicode.GetBytes(Keys.KeySet)));

    [Theory]
    [InlineData("{\"keys\":[],\"x\":\"", "\"}")]
    [InlineData("{\"keys\":[],\"", "\":1}")]
    [InlineData("{\"keys\":[{\"kty\":\"OKP\",\"kid\":\"", "\"}]}")]
    [InlineData("{\"keys\":[{\"kty\":\"", "\"}]}")]
    [InlineData("{\"keys\":[\"", "\"]}")]
    [InlineData("{\"keys\":[]}", "")]
    public void Refuses_a_document_that_is_no_UTF_8(string before, string after)
    {
        foreach (var bytes in new byte[][] { [0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xe2, 0x82] })
            Assert.Throws<KeySetException>(() => KeySet.Read((byte[])[.. Encoding.UTF8.GetBytes(before), .. bytes, .. Encoding.UTF8.GetBytes(after)]));
    }

    [Fact]
    public void Refuses_a_document_with_a_name_that_is_half_a_character()
    {
        Assert.Throws<KeySetException>(() => KeySet.Read("{\"keys\":[],\"\\ud800\":1}"u8.ToArray()));
    }

    [Fact]
    public void Takes_a_hundred_keys_and_no_more()
    {
        string[] hundred = [.. Enumerable.Range(0, KeySet.KeyLimit).Select(i => Keys.Jwk("EdDSA", ("kid", $"\"{i}\"")))];

        Assert.Equal(100, Read(hundred).Count);
        Assert.Throws<KeySetException>(() => Read([.. hundred, Keys.Jwk("ES256")]));
        Assert.Throws<KeySetException>(() => Read([.. Enumerable.Repeat("{}", 101)]));
    }

    [Fact]
    public void Takes_a_set_without_keys()
    {
        var set = Read();

        Assert.Equal(0, set.Count);
        Assert.Empty(set.LeftOut);
        Assert.Empty(set.Find("EdDSA", null));
    }

    [Theory]
    [InlineData("\"a\\nb\\r\\u0000\\u001b[2J\\u2028\"", "a?b????2J?")]
    [InlineData("\"\\ud83d\\ude00 é\"", "????")]
    [InlineData("\"Az0-_.\"", "Az0-_.")]
    [InlineData("\"\"", "")]
    [InlineData("null", "(no kid)")]
    public void Prints_a_kid_so_that_it_fits_into_a_log(string kid, string printed) =>
        Assert.StartsWith($"{printed}: ", Assert.Single(Read(Keys.Jwk("EdDSA", ("use", "\"enc\""), ("kid", kid))).LeftOut), StringComparison.Ordinal);

    [Fact]
    public void Cuts_a_kid_that_is_too_long_for_a_log()
    {
        Assert.StartsWith($"{new string('k', 64)}: ", Assert.Single(Read(Keys.Jwk("EdDSA", ("use", "\"enc\""), ("kid", $"\"{new string('k', 100_000)}\""))).LeftOut), StringComparison.Ordinal);
        Assert.Equal(64, KeySet.Printable(new string('\n', 10_000)).Length);
    }

    [Fact]
    public void Says_nothing_of_a_key_but_its_kid_and_what_is_wrong()
    {
        foreach (var key in RefusedKeys.Values.Where(key => key.Contains("\"d\":\"", StringComparison.Ordinal) || key.Contains("\"k\":\"", StringComparison.Ordinal)))
        {
            var line = Assert.Single(Read(key).LeftOut);

            foreach (var word in key.Split('"').Where(word => word.Length > 20))
                Assert.DoesNotContain(word, line, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Keeps_a_key_that_stays_and_retires_one_that_goes()
    {
        var first = Read(Keys.Jwk("EdDSA"), Keys.Jwk("ES256"), Keys.Jwk("RS256"));
        var (stays, goes, changes) = (One(first, "EdDSA"), One(first, "ES256"), One(first, "RS256"));

        var second = Read(first, Keys.Jwk("EdDSA"), Keys.Jwk("RS256", ("use", "\"sig\"")), Keys.Jwk("PS256"));

        Assert.Same(stays, One(second, "EdDSA"));
        Assert.False(stays.IsRetired);
        Assert.True(goes.IsRetired);
        Assert.Empty(second.Find("ES256", null));
        Assert.NotSame(changes, One(second, "RS256"));
        Assert.True(changes.IsRetired);
        Assert.False(One(second, "RS256").IsRetired);
        Assert.False(One(second, "PS256").IsRetired);

        var third = Read(second, Keys.Jwk("ES256"));
        Assert.True(stays.IsRetired);
        Assert.NotSame(goes, One(third, "ES256"));
        Assert.False(One(third, "ES256").IsRetired);
        Assert.True(goes.IsRetired);
    }

    [Fact]
    public void Retires_nothing_when_the_next_document_is_no_set()
    {
        var first = Read(Keys.Jwk("EdDSA"));

        Assert.Throws<KeySetException>(() => KeySet.Read("{}"u8.ToArray(), first));
        Assert.Throws<KeySetException>(() => Read(first, [.. Enumerable.Repeat("{}", 101)]));

        Assert.False(One(first, "EdDSA").IsRetired);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("""{"kid":"EdDSA","kty":"OKP","crv":"Ed25519","use":"enc"}""")]
    public void Keeps_the_keys_when_the_next_set_has_none_that_can_be_used(string key)
    {
        var first = Read(Keys.Jwk("EdDSA"));

        var refused = Assert.Throws<KeySetException>(() => key.Length == 0 ? Read(first) : Read(first, key));

        Assert.Equal("the set has no usable key", refused.Message);
        Assert.False(One(first, "EdDSA").IsRetired);
    }

    [Fact]
    public void Retires_a_key_that_is_published_with_its_private_half()
    {
        var first = Read(Keys.Jwk("EdDSA"));
        var second = Read(first, Keys.Jwk("EdDSA", ("d", $"\"{Base64Url.EncodeToString(Keys.Seed)}\"")));

        Assert.True(One(first, "EdDSA").IsRetired);
        Assert.Equal(0, second.Count);
    }

    [Fact]
    public void Finds_keys_by_id_and_algorithm()
    {
        using var other = new Issuer();
        var set = Read(Keys.Jwk("EdDSA", ("kid", "\"a\"")), other.Jwk("EdDSA", ("kid", "\"b\"")), Keys.Jwk("ES256", ("kid", "\"a\"")), Keys.Jwk("RS256", ("kid", null)));

        Assert.Equal("a", Assert.Single(set.Find("EdDSA", "a")).KeyId);
        Assert.Equal("b", Assert.Single(set.Find("Ed25519", "b")).KeyId);
        Assert.Equal(2, set.Find("EdDSA", null).Count);
        Assert.Empty(set.Find("EdDSA", "c"));
        Assert.Empty(set.Find("EdDSA", "A"));
        Assert.Empty(set.Find("EdDSA", ""));
        Assert.Equal("ES256", Assert.Single(set.Find("ES256", "a")).Algorithm);
        Assert.Null(Assert.Single(set.Find("RS256", "whatever")).KeyId);
        Assert.Empty(set.Find("rs256", null));
        Assert.Empty(set.Find("", null));
    }

    [Fact]
    public void Takes_two_keys_of_one_id_for_two_keys()
    {
        using var other = new Issuer();
        var found = Read(Keys.Jwk("EdDSA"), other.Jwk("EdDSA")).Find("EdDSA", "EdDSA");

        Assert.Equal(2, found.Count);
        Assert.Single(found, key => key.Verify(Data, Keys.SignData("EdDSA", Data)));
        Assert.Single(found, key => key.Verify(Data, other.SignData("EdDSA", Data)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(63)]
    [InlineData(65)]
    [InlineData(10_000)]
    public void Takes_a_signature_of_another_length_for_a_wrong_one(int length)
    {
        foreach (var key in Issuer.Algorithms.SelectMany(algorithm => Read(Keys.Jwk(algorithm)).Find(algorithm, null)))
            Assert.False(key.Verify(Data, new byte[length]));
    }

    [Theory]
    [InlineData("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "", "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b")]
    [InlineData("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72", "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00")]
    [InlineData("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82", "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a")]
    [InlineData("278117fc144c72340f67d0f2316e8386ceffbf2b2428c9c51fef7c597f1d426e", TestMessage1023, "0aab4c900501b3e24d7cdf4663326a3a87df5e4843b2cbdb67cbf6e460fec350aa5371b1508f9f4528ecea23c436d94b5e8fcd4f681e30a6ac00a9704a188a03")]
    [InlineData("ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf", "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f", "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704")]
    public void Verifies_the_signatures_of_RFC_8032_section_7_1(string publicKey, string message, string signature)
    {
        var key = new Ed25519Key(null, Convert.FromHexString(publicKey));
        var data = Convert.FromHexString(string.Concat(message.Where(char.IsAsciiHexDigit)));
        var right = Convert.FromHexString(signature);

        Assert.Null(Ed25519Key.FindWeakness(Convert.FromHexString(publicKey)));
        Assert.True(key.Verify(data, right));
        Assert.False(key.Verify([.. data, 0], right));
        Assert.False(key.Verify(data, [.. right[..63], (byte)(right[63] ^ 1)]));
        Assert.False(key.Verify(data, [(byte)(right[0] ^ 1), .. right[1..]]));
    }

    [Fact]
    public void The_long_message_of_RFC_8032_is_whole() => Assert.Equal(2 * 1023, TestMessage1023.Count(char.IsAsciiHexDigit));

    /// <summary>RFC 8037 appendix A, RFC 7515 appendices A.2 to A.4: their tokens have none of our claims, so that the right signature is all that helps them.</summary>
    public static TheoryData<string, string, string, string> Examples => new()
    {
        {
            """{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}""", "EdDSA",
            "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
            "MALFORMED_TOKEN"
        },
        {
            """{"kty":"RSA","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ","e":"AQAB"}""", "RS256",
            "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw",
            "TOKEN_EXPIRED"
        },
        {
            """{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}""", "ES256",
            "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
            "TOKEN_EXPIRED"
        },
        {
            """{"kty":"EC","crv":"P-521","x":"AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk","y":"ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2"}""", "ES512",
            "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA.AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn",
            "MALFORMED_TOKEN"
        },
    };

    [Theory]
    [MemberData(nameof(Examples))]
    public async Task Verifies_the_examples_of_RFC_8037_and_RFC_7515(string jwk, string algorithm, string token, string code)
    {
        var key = Assert.Single(Read(jwk).Find(algorithm, null));
        var jws = Jws.Read(token);

        Assert.NotNull(jws);
        Assert.Equal(algorithm, jws.Header.GetProperty("alg").GetString());
        Assert.True(key.Verify(jws.SignedData, jws.Signature));
        Assert.False(key.Verify([.. jws.SignedData, 0], jws.Signature));

        var verifier = Verifier.Of(TimeProvider.System, Verifier.Keys($$"""{"keys":[{{jwk}}]}"""));
        Assert.Equal(code, (await verifier.VerifyAsync(token, TestContext.Current.CancellationToken)).Refusal?.Code);

        var changed = token[..^2] + (token[^2] == 'A' ? 'Q' : 'A') + token[^1];
        Assert.Equal("BAD_SIGNATURE", (await verifier.VerifyAsync(changed, TestContext.Current.CancellationToken)).Refusal?.Code);
    }

    [Fact]
    public async Task Misses_nothing_but_a_subject_in_the_example_of_RFC_7515_before_it_expired()
    {
        var clock = new StoppedClock(DateTimeOffset.FromUnixTimeSeconds(1300819379));

        foreach (var row in Examples.Where(row => row.Data.Item4 == "TOKEN_EXPIRED"))
        {
            var verdict = await Verifier.Of(clock, Verifier.Keys($$"""{"keys":[{{row.Data.Item1}}]}""")).VerifyAsync(row.Data.Item3, TestContext.Current.CancellationToken);

            Assert.Equal(TokenRefusal.NoSubject, verdict.Refusal);
        }
    }

    [Fact]
    public void Reads_the_HS256_example_of_RFC_7515_appendix_A_1()
    {
        var secret = Jws.Decode("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow");
        var jws = Jws.Read("eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");

        // Its secret is no text, which ours always is: the parts are all that can be compared.
        Assert.NotNull(secret);
        Assert.NotNull(jws);
        Assert.Equal(HMACSHA256.HashData(secret, jws.SignedData), jws.Signature);
        Assert.Equal("HS256", jws.Header.GetProperty("alg").GetString());
        Assert.Equal("joe", jws.ReadClaims()?.GetProperty("iss").GetString());
        Assert.Equal(1300819380, jws.ReadClaims()?.GetProperty("exp").GetInt64());
    }

    private static KeySet Read(params string[] keys) => KeySet.Read(Encoding.UTF8.GetBytes($$"""{"keys":[{{string.Join(',', keys)}}]}"""));

    private static KeySet Read(KeySet previous, params string[] keys) => KeySet.Read(Encoding.UTF8.GetBytes($$"""{"keys":[{{string.Join(',', keys)}}]}"""), previous);

    private static VerificationKey One(KeySet set, string algorithm) => Assert.Single(set.Find(algorithm, null));

    private static string Rsa(byte[] modulus, byte[]? exponent = null) =>
        Keys.Jwk("RS256", ("n", $"\"{Base64Url.EncodeToString(modulus)}\""), ("e", $"\"{Base64Url.EncodeToString(exponent ?? [1, 0, 1])}\""));

    private static string Ec(string algorithm, ECDsa key, Func<byte[], byte[], (byte[] X, byte[] Y)> change)
    {
        var point = key.ExportParameters(false).Q;
        var (x, y) = change(point.X!, point.Y!);

        return Keys.Jwk(algorithm, ("x", $"\"{Base64Url.EncodeToString(x)}\""), ("y", $"\"{Base64Url.EncodeToString(y)}\""));
    }

    private static string Ed(byte[] x) => Keys.Jwk("EdDSA", ("x", $"\"{Base64Url.EncodeToString(x)}\""));

    /// <summary>An odd number of so many bits.</summary>
    private static byte[] Modulus(int bits)
    {
        var value = (BigInteger.One << bits - 1) | new BigInteger(RandomNumberGenerator.GetBytes((bits - 1) / 8), isUnsigned: true) | BigInteger.One;

        return value.ToByteArray(isUnsigned: true, isBigEndian: true);
    }

    private static byte[] Even(byte[] number) => [.. number[..^1], (byte)(number[^1] & 0xfe)];

    private static byte[] Next(byte[] number) => [.. number[..^1], (byte)(number[^1] ^ 1)];

    private static byte[] Filled(int length) => [.. Enumerable.Repeat((byte)0xff, length)];
}
