using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using TaskSlices.Infrastructure.Data;
using TaskSlices.Infrastructure.Operations;

namespace TaskSlices.Infrastructure.Auth;

/// <summary>
/// The secret shared with whoever issues HS256 tokens: the one that is configured, or else a random one, made on the first start and kept
/// in the data directory for the <c>token</c> command.
/// </summary>
public sealed class SharedSecret : IKeySource
{
    /// <summary>RFC 7518 section 3.2: a key for HS256 is at least as long as its hash.</summary>
    public const int MinimumBytes = 32;

    private readonly IReadOnlyList<VerificationKey> _keys;

    /// <exception cref="StartupException">The file with the secret was spoilt, or can't be written.</exception>
    public SharedSecret(IOptions<AuthSettings> settings, DataDirectory directory)
    {
        IsConfigured = settings.Value.Secret.Length > 0;
        Value = IsConfigured ? settings.Value.Secret : Kept(directory);
        _keys = [new HmacSha256Key(Encoding.UTF8.GetBytes(Value))];
    }

    public string Value { get; }
    public bool IsConfigured { get; }

    public string Issuer => IsConfigured
        ? "whoever holds BETTER_AUTH_SECRET"
        : "the 'token' command (no BETTER_AUTH_SECRET is set)";

    // Some issuers put a kid on a token signed with a shared secret; there is one secret, so it says nothing.
    public ValueTask<IReadOnlyList<VerificationKey>> FindAsync(string algorithm, string? keyId, CancellationToken ct) =>
        ValueTask.FromResult(algorithm == HmacSha256Key.Name ? _keys : []);

    private static string Kept(DataDirectory directory)
    {
        var secret = directory.KeepSecret("token-secret", () => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(MinimumBytes)));

        return Encoding.UTF8.GetByteCount(secret) >= MinimumBytes
            ? secret
            : throw new StartupException($"The secret in {directory.PathOf("token-secret")} is too short. Delete the file to get a new one.");
    }

    private sealed class HmacSha256Key(byte[] secret) : VerificationKey(Name)
    {
        public const string Name = "HS256";

        public override bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
        {
            Span<byte> expected = stackalloc byte[HMACSHA256.HashSizeInBytes];
            HMACSHA256.HashData(secret, data, expected);

            return CryptographicOperations.FixedTimeEquals(expected, signature);
        }
    }
}
