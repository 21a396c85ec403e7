using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;

namespace TaskSlices.Features.Accounts;

/// <summary>
/// Limits the password attempts from one address and for one account, whether or not that account exists. It has a fixed number of counters
/// and chooses each by a seeded hash, so that an attacker can neither make it grow nor evict a counter.
/// </summary>
public sealed class SignInLimits(IOptions<AccountSettings> settings, TimeProvider clock)
{
    private const int Slots = 1 << 14;

    private static readonly TimeSpan AddressWindow = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan AccountWindow = TimeSpan.FromMinutes(15);

    private readonly Lock _lock = new();
    private readonly (long Until, int Count)[] _addresses = new (long, int)[Slots];
    private readonly (long Until, int Count)[] _accounts = new (long, int)[Slots];

    /// <summary>Counts an attempt before it is made, so that parallel attempts count like sequential ones.</summary>
    /// <param name="address">The client's address.</param>
    /// <param name="account">The account, or null for a sign-up.</param>
    /// <returns>How long to wait; null if the attempt may be made.</returns>
    public TimeSpan? Take(IPAddress? address, string? account)
    {
        lock (_lock)
        {
            var now = clock.GetTimestamp();

            return Count(ref _addresses[Slot(Network(address))], settings.Value.AttemptsPerAddress, AddressWindow, now)
                ?? (account is null ? null : Count(ref _accounts[Slot(account)], settings.Value.FailuresPerAccount, AccountWindow, now));
        }
    }

    /// <summary>Takes back a counted attempt: the password was right, or was not tried.</summary>
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

    // .NET seeds string hashes anew in each process.
    private static int Slot(string key) => (key.GetHashCode(StringComparison.Ordinal) & int.MaxValue) % Slots;

    /// <summary>IPv6 addresses count by their /64 network, which one client usually has for itself.</summary>
    private static string Network(IPAddress? address)
    {
        if (address is null)
            return "";

        if (address.IsIPv4MappedToIPv6)
            return $"{address.MapToIPv4()}";

        return address.AddressFamily is AddressFamily.InterNetworkV6
            ? Convert.ToHexString(address.GetAddressBytes().AsSpan(0, 8))
            : $"{address}";
    }
}
