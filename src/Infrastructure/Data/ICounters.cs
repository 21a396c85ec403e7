using System.Collections.Concurrent;

namespace TaskSlices.Infrastructure.Data;

/// <summary>
/// Counts what happens within a window of time, under keys that strangers choose. There is a fixed number of counters, and a seeded hash
/// chooses one: an attacker can neither make them grow nor evict one.
/// </summary>
public interface ICounters
{
    /// <summary>Counts one more, unless the limit is reached.</summary>
    /// <param name="kind">What is counted.</param>
    /// <param name="key">For whom.</param>
    /// <param name="limit">The most in one window.</param>
    /// <param name="window">Begins with the first that is counted.</param>
    /// <returns>Null if it was counted; else how long until the window ends.</returns>
    ValueTask<TimeSpan?> CountAsync(string kind, string key, int limit, TimeSpan window);

    /// <summary>Takes back one that was counted.</summary>
    ValueTask GiveBackAsync(string kind, string key);
}

/// <summary>In memory: for a store that one process uses alone.</summary>
public sealed class LocalCounters(TimeProvider clock) : ICounters
{
    /// <summary>Of each kind, at 16 bytes each.</summary>
    private const int Slots = 1 << 14;

    private readonly ConcurrentDictionary<string, (long Until, int Count)[]> _kinds = new(StringComparer.Ordinal);

    public ValueTask<TimeSpan?> CountAsync(string kind, string key, int limit, TimeSpan window)
    {
        var slots = Of(kind);
        lock (slots)
        {
            ref var slot = ref slots[SlotOf(key)];
            var now = clock.GetTimestamp();
            if (now >= slot.Until)
                slot = (now + (long)(window.TotalSeconds * clock.TimestampFrequency), 0);

            if (slot.Count >= limit)
                return new(clock.GetElapsedTime(now, slot.Until));

            slot.Count++;

            return default;
        }
    }

    public ValueTask GiveBackAsync(string kind, string key)
    {
        var slots = Of(kind);
        lock (slots)
        {
            ref var slot = ref slots[SlotOf(key)];
            slot.Count = Math.Max(0, slot.Count - 1);
        }

        return default;
    }

    private (long Until, int Count)[] Of(string kind) => _kinds.GetOrAdd(kind, _ => new (long, int)[Slots]);

    // .NET seeds string hashes anew in each process.
    private static int SlotOf(string key) => (key.GetHashCode(StringComparison.Ordinal) & int.MaxValue) % Slots;
}
