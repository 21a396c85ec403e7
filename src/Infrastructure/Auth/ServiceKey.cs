using System.Security.Cryptography;
using System.Text;

namespace TaskSlices.Infrastructure.Auth;

/// <summary>
/// The key of another server of the same operator, which may act for any user. It gives access to the slices that call OpenToService, and
/// to nothing else. Empty means that there is none.
/// </summary>
public sealed class ServiceKey(string key)
{
    /// <summary>Of its UTF-8 text.</summary>
    public const int MinimumBytes = 32;

    private readonly byte[]? _digest = key.Length > 0 ? SHA256.HashData(Encoding.UTF8.GetBytes(key)) : null;

    /// <summary>
    /// Whether the credentials of <c>Authorization: Bearer</c> are the key. Digests are compared in constant time, so that the time does
    /// not tell how much of the credentials is right.
    /// </summary>
    public bool Matches(string credentials) =>
        _digest is not null && CryptographicOperations.FixedTimeEquals(_digest, SHA256.HashData(Encoding.UTF8.GetBytes(credentials)));
}
