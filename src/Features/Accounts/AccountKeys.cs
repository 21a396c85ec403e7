using System.Buffers.Text;
using System.Globalization;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using FastEndpoints.Security;
using Microsoft.Extensions.Options;
using TaskSlices.Infrastructure.Auth;
using TaskSlices.Infrastructure.Hosting;
using TaskSlices.Infrastructure.Slices;

namespace TaskSlices.Features.Accounts;

/// <summary>A public key as Better Auth publishes it (RFC 7517 section 4, RFC 7518 section 6.3.1).</summary>
[Example("""{"alg": "RS256", "kty": "RSA", "n": "xjlbNYE3dQ", "e": "AQAB", "kid": "4f7c1a2b3d4e5f60718293a4b5c6d7e8"}""")]
public sealed record PublicKey(string Alg, string Kty, string N, string E, string Kid);

/// <summary>
/// The RSA keys that sign and verify this server's tokens: one PEM file each, in <c>keys</c> in the data directory. The key with the last
/// file name signs; tokens of the other keys are accepted while their files are there.
/// </summary>
public sealed class AccountKeys : IKeySource
{
    public const string Folder = "keys";

    private const string Algorithm = "RS256";
    private const int Bits = 2048;

    private readonly IOptions<AccountSettings> _settings;
    private readonly ISecretStore _secrets;
    private readonly TimeProvider _clock;
    private readonly Lazy<Pair[]> _pairs;
    private readonly bool _inUse;

    /// <summary>Many who ask for the first key at once have one made.</summary>
    private readonly Lock _making = new();

    public AccountKeys(
        IOptions<AuthSettings> auth, IOptions<AccountSettings> settings, EndedSessions ended, ISecretStore secrets, TimeProvider clock)
    {
        _settings = settings;
        _secrets = secrets;
        _clock = clock;
        _inUse = !auth.Value.IsDelegated;
        _pairs = new(Load, LazyThreadSafetyMode.PublicationOnly);
        Issuer = _inUse ? "the accounts of this server" : null;

        // Without Accounts:Url the server may have several names. Its keys sign nothing but these tokens, so they prove the issuer.
        Rules = new ClaimRules(settings.Value.Origin, settings.Value.Origin, ended);
    }

    public string? Issuer { get; }
    public ClaimRules Rules { get; }
    public IReadOnlyList<PublicKey> PublicKeys => [.. _pairs.Value.Select(pair => pair.Public)];

    /// <summary>Before there is one, no token is ours, and a stranger's makes none. Another instance may have made it.</summary>
    private bool HasKeys => _pairs.IsValueCreated || _secrets.InFolder(Folder).Count > 0;

    public ValueTask<KeyLookup> FindAsync(string algorithm, string? keyId, CancellationToken ct) =>
        ValueTask.FromResult(
            _inUse && algorithm == Algorithm && HasKeys && _pairs.Value.FirstOrDefault(pair => pair.Public.Kid == keyId) is { } pair
                ? new KeyLookup([pair.Verifier])
                : KeyLookup.NotMine);

    /// <summary>A token with Better Auth's claims and the session's id (<c>sid</c>). It expires with the session at the latest.</summary>
    /// <param name="signedIn">The account and its session.</param>
    /// <param name="origin">This server's origin, for <c>iss</c> and <c>aud</c>.</param>
    public string Sign(SignedIn signedIn, string origin)
    {
        var (account, session) = (signedIn.Account, signedIn.Session);
        var expiry = _clock.GetUtcNow() + _settings.Value.TokenLifetime;
        var pair = _pairs.Value[^1];

        return JwtBearer.CreateToken(options =>
        {
            options.SigningStyle = TokenSigningStyle.Asymmetric;
            options.SigningAlgorithm = Algorithm;
            options.SigningKey = pair.Pem;
            options.KeyIsPemEncoded = true;
            options.AsymmetricKidGenerator = _ => pair.Public.Kid;
            options.Issuer = origin;
            options.Audience = origin;
            options.ExpireAt = (expiry < session.ExpiresAt ? expiry : session.ExpiresAt).UtcDateTime;
            options.User["name"] = account.Name;
            options.User["email"] = account.Email;
            options.User.Claims.Add(new Claim("emailVerified", account.EmailVerified ? "true" : "false", ClaimValueTypes.Boolean));
            options.User["createdAt"] = Wire(account.CreatedAt);
            options.User["updatedAt"] = Wire(account.UpdatedAt);
            options.User["id"] = account.UserId;
            options.User["sub"] = account.UserId;
            options.User["sid"] = session.Id;

            // A long image could make the token longer than verifiers accept; an escaped character may take six bytes.
            if (account.Image is { } image && JsonEncodedText.Encode(image).EncodedUtf8Bytes.Length <= Account.ImageLimit)
                options.User["image"] = image;
        });
    }

    /// <summary>Reads the keys. The first one is made when it is asked for: it takes up to half a second of processor time.</summary>
    /// <exception cref="Infrastructure.Hosting.StartupException">A file holds no key.</exception>
    public void Prepare()
    {
        if (HasKeys)
            _ = _pairs.Value;
    }

    private Pair[] Load()
    {
        lock (_making)
        {
            if (_secrets.InFolder(Folder).Count == 0)
            {
                using var key = RSA.Create(Bits);
                var name = _clock.GetUtcNow().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
                _secrets.Keep($"{Folder}/{name}.pem", key.ExportPkcs8PrivateKeyPem);
            }
        }

        return [.. _secrets.InFolder(Folder).Select(secret => new Pair(secret.Place, secret.Text))];
    }

    private static string Wire(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    private sealed class Pair
    {
        public Pair(string path, string pem)
        {
            using var rsa = PemKeys.ReadRsa(path, pem);
            var parameters = rsa.ExportParameters(includePrivateParameters: false);
            var (n, e) = (Base64Url.EncodeToString(parameters.Modulus), Base64Url.EncodeToString(parameters.Exponent));

            // The thumbprint of RFC 7638, cut to 32 characters, the length of Better Auth's key ids.
            var thumbprint = SHA256.HashData(Encoding.UTF8.GetBytes($$"""{"e":"{{e}}","kty":"RSA","n":"{{n}}"}"""));
            Public = new PublicKey(Algorithm, "RSA", n, e, Convert.ToHexStringLower(thumbprint.AsSpan(0, 16)));
            Verifier = new RsaKey(Algorithm, Public.Kid, parameters);
            Pem = pem;
        }

        public PublicKey Public { get; }
        public RsaKey Verifier { get; }
        public string Pem { get; }
    }
}
