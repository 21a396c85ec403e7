using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;

namespace TaskSlices.Features.Accounts;

/// <summary>
/// How often passwords may be tried: from one address, and for one account, whether or not there is such an account. It holds a fixed number
/// of counters and picks each by a hash that nobody outside can compute: no flood of names makes it grow, or forget.
/// </summary>
public sealed class SignInLimits(IOptions<AccountSettings> settings, TimeProvider clock)
{
    private const int Slots = 1 << 14;

    private static readonly TimeSpan AddressWindow = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan AccountWindow = TimeSpan.FromMinutes(15);

    private readonly Lock _lock = new();
    private readonly (long Until, int Count)[] _addresses = new (long, int)[Slots];
    private readonly (long Until, int Count)[] _accounts = new (long, int)[Slots];

    /// <summary>Counts a try before it is made, so that many at once are not more than one after another. How long to wait, or null.</summary>
    /// <param name="address">Where it comes from.</param>
    /// <param name="account">The account it is for, or null for a new one.</param>
    public TimeSpan? Take(IPAddress? address, string? account)
    {
        lock (_lock)
        {
            var now = clock.GetTimestamp();

            return Count(ref _addresses[Slot(Network(address))], settings.Value.AttemptsPerAddress, AddressWindow, now)
                ?? (account is null ? null : Count(ref _accounts[Slot(account)], settings.Value.FailuresPerAccount, AccountWindow, now));
        }
    }

    /// <summary>The password was right: that try is not held against the account.</summary>
    public void GiveBack(string account)
    {
        lock (_lock)
        {
            ref var slot = ref _accounts[Slot(account)];
            slot.Count = Math.Max(0, slot.Count - 1);
        }
    }

    private TimeSpan? Count(ref (long Until, int Count) slot, int limit, TimeSpan window, long now)
    {
        if (now >= slot.Until)
            slot = (now + (long)(window.TotalSeconds * clock.TimestampFrequency), 0);

        if (slot.Count >= limit)
            return clock.GetElapsedTime(now, slot.Until);

        slot.Count++;

        return null;
    }

    // .NET seeds the hash of texts anew in each process.
    private static int Slot(string key) => (key.GetHashCode(StringComparison.Ordinal) & int.MaxValue) % Slots;

    /// <summary>Whoever has one IPv6 address has the 2^64 of its network.</summary>
    private static string Network(IPAddress? address)
    {
        if (address is null)
            return "";

        if (address.IsIPv4MappedToIPv6)
            return $"{address.MapToIPv4()}";

        return address.AddressFamily is AddressFamily.InterNetworkV6 ? Convert.ToHexString(address.GetAddressBytes().AsSpan(0, 8)) : $"{address}";
    }
}
