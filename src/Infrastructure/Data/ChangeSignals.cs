using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace TaskSlices.Infrastructure.Data;

/// <summary>
/// Tells those in this process who watch a user that rows of that user may have been changed. One signal may stand for many changes, or
/// for none: whoever gets it reads what is there (<see cref="ChangeFeed"/>).
/// </summary>
/// <param name="exchange">Tells the other processes that have the same data, and hears from them; null if there are none.</param>
public sealed class ChangeSignals(IChangeExchange? exchange = null) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, ChangeWatch> _watches = new(StringComparer.Ordinal);

    /// <summary>All watches there are.</summary>
    internal IEnumerable<ChangeWatch> Watches => _watches.Select(watch => watch.Value);

    /// <summary>
    /// To be called after a unit that took a number of the user has ended, whether it is known to be on disk or not. It never waits or
    /// throws, and where nobody watches the user it is a look-up.
    /// </summary>
    public void Announce(string userId)
    {
        Signal(userId);
        exchange?.Send(userId);
    }

    /// <summary>Tells this process alone.</summary>
    public void Signal(string userId)
    {
        if (_watches.TryGetValue(userId, out var watch))
            watch.Signal();
    }

    /// <summary>Watches a user until what is returned is disposed.</summary>
    /// <param name="userId">Whom.</param>
    /// <param name="look">Looks at what was changed. It runs on the thread pool, never twice at once, and must not throw.</param>
    /// <exception cref="InvalidOperationException">The user is watched already.</exception>
    public ChangeWatch Watch(string userId, Func<Task> look)
    {
        var watch = new ChangeWatch(userId, look, ended => _watches.TryRemove(KeyValuePair.Create(userId, ended)));
        if (!_watches.TryAdd(userId, watch))
            throw new InvalidOperationException("The user is watched already.");

        exchange?.Receive(this);

        return watch;
    }

    public ValueTask DisposeAsync() => exchange?.DisposeAsync() ?? default;
}

/// <summary>Between the processes that have the same data.</summary>
public interface IChangeExchange : IAsyncDisposable
{
    /// <summary>Tells the others that rows of the user may have been changed: soon, at most once. It never waits or throws.</summary>
    void Send(string userId);

    /// <summary>From the first call on, signals what others have changed to those who watch here.</summary>
    void Receive(ChangeSignals signals);
}

/// <summary>One user who is watched. Signals that come close together are one look; the first of them does not wait.</summary>
public sealed class ChangeWatch(string userId, Func<Task> look, Action<ChangeWatch> ended) : IThreadPoolWorkItem, IDisposable
{
    private const int Idle = 0;
    private const int Looking = 1;
    private const int LookingAgain = 2;
    private const int Ended = 3;

    /// <summary>Between two looks.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private int _state;
    private long _known = -1;

    public string UserId => userId;

    /// <summary>The user's revision up to which everything was seen; negative before the first look.</summary>
    public long Known
    {
        get => Volatile.Read(ref _known);
        set => Volatile.Write(ref _known, value);
    }

    /// <summary>What a notice says of the user.</summary>
    internal string Digest => field ??= DigestOf(userId);

    /// <summary>Has the user looked at, on the thread pool.</summary>
    public void Signal()
    {
        while (Volatile.Read(ref _state) is (Idle or Looking) and var state)
        {
            if (Interlocked.CompareExchange(ref _state, state + 1, state) != state)
                continue;
            if (state == Idle)
                ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);

            return;
        }
    }

    public void Execute() => _ = LookAsync();

    public void Dispose()
    {
        Volatile.Write(ref _state, Ended);
        ended(this);
    }

    /// <summary>64 bits of the SHA-256, in hexadecimal: two users with one digest are looked at together, which does no harm.</summary>
    internal static string DigestOf(string userId) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(userId)).AsSpan(0, 8));

    private async Task LookAsync()
    {
        do
        {
            // What is signalled from here on is looked at again.
            Interlocked.CompareExchange(ref _state, Looking, LookingAgain);
            await look();
            await Task.Delay(Pause);
        }
        while (Interlocked.CompareExchange(ref _state, Idle, Looking) == LookingAgain);
    }
}
