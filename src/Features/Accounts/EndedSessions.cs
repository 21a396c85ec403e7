using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using TaskSlices.Infrastructure.Auth;

namespace TaskSlices.Features.Accounts;

/// <summary>
/// The sessions that ended before their tokens expired, in memory because every request asks; the table <c>ended_sessions</c> has them too.
/// If there are more than fit, every token issued so far is refused instead, and each client has to get one new token.
/// </summary>
public sealed class EndedSessions(IOptions<AccountSettings> settings, TimeProvider clock) : ISessionRegistry
{
    /// <summary>
    /// The most it holds, at about 150 bytes each. A row is kept for seven days, an entry here for one
    /// <see cref="AccountSettings.TokenLifetime"/>: after that, the age of the token refuses it. So this is how many may end in one
    /// lifetime, or in the week before a start.
    /// </summary>
    public const int Capacity = 100_000;

    /// <summary>More than the clock skew that is allowed, and the time between signing a token and sending it.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(2);

    private readonly ConcurrentDictionary<string, DateTimeOffset> _ended = new();
    private long _refusedUntil = long.MinValue;
    private long _staleAt = long.MaxValue;

    /// <summary>When the last token of a session that ends now has expired, even if the lifetime is set to its longest meanwhile.</summary>
    public DateTimeOffset LastExpiry() => clock.GetUtcNow() + AccountSettings.LongestTokenLifetime + Margin;

    /// <summary>Call it after the rows are on disk, and before the answer is sent.</summary>
    public void Add(IReadOnlyCollection<EndedSession> sessions)
    {
        if (_ended.Count + sessions.Count > Capacity)
            MakeRoom(sessions.Count);

        var needed = clock.GetUtcNow() + settings.Value.TokenLifetime + Margin;
        foreach (var session in sessions)
            _ended[session.Id] = session.Until < needed ? session.Until : needed;
    }

    /// <summary>
    /// What another process has ended is known up to now. From the first call on, nobody is let in whose session could have ended unseen.
    /// </summary>
    public void Refresh(IReadOnlyCollection<EndedSession> sessions, TimeSpan validity)
    {
        Add([.. sessions.Where(session => !_ended.ContainsKey(session.Id))]);
        Volatile.Write(ref _staleAt, clock.GetTimestamp() + (long)(validity.TotalSeconds * clock.TimestampFrequency));
    }

    // Tokens issued under a longer lifetime than the present one are refused by their age: their sessions are not kept here so long.
    public bool IsActive(string sessionId, DateTimeOffset issuedAt) =>
        clock.GetTimestamp() > Volatile.Read(ref _staleAt)
        ? throw new TimeoutException("The sessions that ended elsewhere could not be read.")
        : issuedAt.UtcTicks > Volatile.Read(ref _refusedUntil)
        && issuedAt + settings.Value.TokenLifetime + Margin > clock.GetUtcNow()
        && !_ended.ContainsKey(sessionId);

    private void MakeRoom(int wanted)
    {
        var now = clock.GetUtcNow();
        foreach (var (id, until) in _ended)
        {
            if (now >= until)
                _ended.TryRemove(id, out _);
        }

        if (_ended.Count + wanted <= Capacity)
            return;

        Volatile.Write(ref _refusedUntil, now.UtcTicks);
        _ended.Clear();
    }
}
