using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using TaskSlices.Infrastructure.Auth;

namespace TaskSlices.Features.Accounts;

/// <summary>Accounts:ServiceKey. Digests are compared, which have one length, in a time that says nothing.</summary>
public sealed class ServiceKey(IOptions<AccountSettings> settings) : IServiceKey
{
    public const int MinimumBytes = 32;

    private readonly byte[]? _digest = settings.Value.ServiceKey is { Length: > 0 } key ? SHA256.HashData(Encoding.UTF8.GetBytes(key)) : null;

    public bool Opens(string credentials) =>
        _digest is not null && CryptographicOperations.FixedTimeEquals(_digest, SHA256.HashData(Encoding.UTF8.GetBytes(credentials)));
}
