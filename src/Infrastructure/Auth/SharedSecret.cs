using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using TaskSlices.Infrastructure.Hosting;

namespace TaskSlices.Infrastructure.Auth;

/// <summary>
/// The secret that signs HS256 tokens: the configured one, shared with the issuer, or a random one that is made on the first start and kept
/// in the data directory for the <c>token</c> command.
/// </summary>
public sealed class SharedSecret : IKeySource
{
    /// <summary>RFC 7518 section 3.2: a key for HS256 is at least as long as its hash.</summary>
    public const int MinimumBytes = 32;

    /// <summary>Where the secret that was made here is kept, in the data directory.</summary>
    public const string FileName = "token-secret";

    private readonly KeyLookup _lookup;

    /// <exception cref="StartupException">The file with the secret is damaged, or can't be written.</exception>
    public SharedSecret(IOptions<AuthSettings> settings, ISecretStore secrets)
    {
        IsConfigured = settings.Value.Secret.Length > 0;
        Value = IsConfigured ? settings.Value.Secret : settings.Value.IsDelegated ? null : Kept(secrets);
        Issuer = IsConfigured ? "whoever holds BETTER_AUTH_SECRET"
            : Value is null ? null
            : "the 'token' command (neither BETTER_AUTH_SECRET nor BETTER_AUTH_URL is set)";
        Rules = new ClaimRules(NullIfEmpty(settings.Value.Issuer), NullIfEmpty(settings.Value.Audience));
        _lookup = Value is null
            ? new KeyLookup([], TokenRefusal.Symmetric)
            : new KeyLookup([new HmacSha256Key(Encoding.UTF8.GetBytes(Value))]);
    }

    /// <summary>Null where key sets alone are configured.</summary>
    public string? Value { get; }

    public bool IsConfigured { get; }
    public string? Issuer { get; }

    /// <summary>Most tokens signed with a shared secret have neither claim, so each is checked only if its setting is set.</summary>
    public ClaimRules Rules { get; }

    // Some issuers write a kid although there is one secret: it is ignored.
    public ValueTask<KeyLookup> FindAsync(string algorithm, string? keyId, CancellationToken ct) =>
        ValueTask.FromResult(algorithm == HmacSha256Key.Name ? _lookup : KeyLookup.NotMine);

    private static string? NullIfEmpty(string text) => text.Length > 0 ? text : null;

    private static string Kept(ISecretStore secrets)
    {
        var secret = secrets.Keep(FileName, () => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(MinimumBytes)));

        return Encoding.UTF8.GetByteCount(secret) >= MinimumBytes
            ? secret
            : throw new StartupException($"The secret in {secrets.PlaceOf(FileName)} is too short. Delete the file to get a new one.");
    }

    private sealed class HmacSha256Key(byte[] secret) : VerificationKey(Name)
    {
        public const string Name = "HS256";

        public override bool IsCostly => false;

        public override bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
        {
            Span<byte> expected = stackalloc byte[HMACSHA256.HashSizeInBytes];
            HMACSHA256.HashData(secret, data, expected);

            return CryptographicOperations.FixedTimeEquals(expected, signature);
        }
    }
}
