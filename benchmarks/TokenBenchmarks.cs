using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Org.BouncyCastle.Math.EC.Rfc8032;
using TaskSlices.Infrastructure.Auth;

namespace TaskSlices.Benchmarks;

/// <summary>What a token costs: at first sight, by kind of key, and when it is remembered.</summary>
public class TokenBenchmarks
{
    private readonly Dictionary<string, string> _tokens = [];
    private TokenVerifier _forgetting = null!;
    private TokenVerifier _remembering = null!;

    [Params("HS256", "ES256", "ES512", "RS256", "PS256", "EdDSA")]
    public string Algorithm { get; set; } = "";

    [GlobalSetup]
    public async Task SetUpAsync()
    {
        var secret = RandomNumberGenerator.GetBytes(32);
        using var p256 = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var p521 = ECDsa.Create(ECCurve.NamedCurves.nistP521);
        using var rsa = RSA.Create(2048);
        var seed = RandomNumberGenerator.GetBytes(32);
        var ed25519 = new byte[32];
        Ed25519.GeneratePublicKey(seed, 0, ed25519, 0);

        Add("HS256", data => HMACSHA256.HashData(secret, data));
        Add("ES256", data => p256.SignData(data, HashAlgorithmName.SHA256));
        Add("ES512", data => p521.SignData(data, HashAlgorithmName.SHA512));
        Add("RS256", data => rsa.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
        Add("PS256", data => rsa.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pss));
        Add("EdDSA", data =>
        {
            var signature = new byte[64];
            Ed25519.Sign(seed, 0, data, 0, data.Length, signature, 0);
            return signature;
        });

        var set = new
        {
            keys = new object[]
            {
                Curve("ES256", "P-256", p256), Curve("ES512", "P-521", p521), Modulus("RS256", rsa), Modulus("PS256", rsa),
                new { kid = "EdDSA", kty = "OKP", crv = "Ed25519", x = Base64Url.EncodeToString(ed25519) },
            },
        };
        var source = new Source(secret, KeySet.Read(JsonSerializer.SerializeToUtf8Bytes(set)));

        // Its memory lives in a year in which every token has expired: nothing is ever remembered.
        _forgetting = Verifier(source, new TokenMemory(new Shifted(TimeSpan.FromDays(3650))));
        _remembering = Verifier(source, new TokenMemory(TimeProvider.System));

        foreach (var token in _tokens.Values)
        {
            if ((await _remembering.VerifyAsync(token, default)).Subject is null || (await _forgetting.VerifyAsync(token, default)).Subject is null)
                throw new InvalidOperationException("A token of the benchmark is not right.");
        }
    }

    [Benchmark]
    public ValueTask<TokenVerdict> FirstSight() => _forgetting.VerifyAsync(_tokens[Algorithm], default);

    [Benchmark]
    public ValueTask<TokenVerdict> Remembered() => _remembering.VerifyAsync(_tokens[Algorithm], default);

    private static TokenVerifier Verifier(IKeySource source, TokenMemory memory) =>
        new([source], memory, Options.Create(new AuthSettings()), TimeProvider.System, NullLogger<TokenVerifier>.Instance);

    private static object Curve(string algorithm, string name, ECDsa key)
    {
        var point = key.ExportParameters(false).Q;

        return new { kid = algorithm, kty = "EC", alg = algorithm, crv = name, x = Base64Url.EncodeToString(point.X), y = Base64Url.EncodeToString(point.Y) };
    }

    private static object Modulus(string algorithm, RSA key)
    {
        var parameters = key.ExportParameters(false);

        return new { kid = algorithm, kty = "RSA", alg = algorithm, n = Base64Url.EncodeToString(parameters.Modulus), e = Base64Url.EncodeToString(parameters.Exponent) };
    }

    /// <summary>With the claims that Better Auth writes by default, about 600 characters with a signature of 64 bytes.</summary>
    private void Add(string algorithm, Func<byte[], byte[]> sign)
    {
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var claims = new
        {
            iat = now,
            name = "Ada Lovelace",
            email = "ada@example.com",
            emailVerified = false,
            createdAt = "2026-11-20T10:29:24.469Z",
            updatedAt = "2026-11-20T10:29:24.469Z",
            id = "umlHQYJRc1OJ9eYxAjC4tJh1vhC0N2hs",
            sub = "umlHQYJRc1OJ9eYxAjC4tJh1vhC0N2hs",
            exp = now + 86400,
            iss = "http://localhost:3000",
            aud = "http://localhost:3000",
        };
        var signed = $"{Part(new { alg = algorithm, kid = algorithm })}.{Part(claims)}";
        _tokens[algorithm] = $"{signed}.{Base64Url.EncodeToString(sign(Encoding.ASCII.GetBytes(signed)))}";
    }

    private static string Part(object value) => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(value));

    private sealed class Shifted(TimeSpan by) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + by;
    }

    private sealed class Source(byte[] secret, KeySet keys) : IKeySource
    {
        private readonly KeyLookup _secret = new([new Hmac(secret)]);

        public string Issuer => "the benchmark";
        public ClaimRules Rules { get; } = new("http://localhost:3000", "http://localhost:3000");

        public ValueTask<KeyLookup> FindAsync(string algorithm, string? keyId, CancellationToken ct) =>
            ValueTask.FromResult(algorithm == "HS256" ? _secret : new KeyLookup(keys.Find(algorithm, keyId)));
    }

    private sealed class Hmac(byte[] secret) : VerificationKey("HS256")
    {
        public override bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature) =>
            CryptographicOperations.FixedTimeEquals(HMACSHA256.HashData(secret, data), signature);
    }
}
