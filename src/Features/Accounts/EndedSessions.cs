using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using TaskSlices.Infrastructure.Auth;

namespace TaskSlices.Features.Accounts;

/// <summary>
/// The sessions that were ended before their tokens expired, at hand for every request; the table <c>ended_sessions</c> has them too. If there
/// are ever more than fit, every token issued until then is refused instead, which costs each client one new token.
/// </summary>
public sealed class EndedSessions(IOptions<AccountSettings> settings, TimeProvider clock) : ISessionRegistry
{
    /// <summary>The most it holds, at about 150 bytes each.</summary>
    public const int Capacity = 100_000;

    /// <summary>Longer than a verifier's skew, and than it may take a token that is being issued to be sent.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(2);

    private readonly ConcurrentDictionary<string, DateTimeOffset> _ended = new();
    private long _refusedUntil = long.MinValue;

    /// <summary>When the last token of a session that ends now has expired.</summary>
    public DateTimeOffset LastExpiry() => clock.GetUtcNow() + settings.Value.TokenLifetime + Margin;

    /// <summary>To be called when it is on disk that they ended, and before anybody is told.</summary>
    public void Add(IReadOnlyCollection<EndedSession> sessions)
    {
        if (_ended.Count + sessions.Count > Capacity)
            MakeRoom(sessions.Count);

        foreach (var session in sessions)
            _ended[session.Id] = session.Until;
    }

    // A shorter lifetime than before holds for the tokens that are out, too: what ended is kept only so long.
    public bool IsActive(string sessionId, DateTimeOffset issuedAt) =>
        issuedAt.UtcTicks > Volatile.Read(ref _refusedUntil) && issuedAt + settings.Value.TokenLifetime + Margin > clock.GetUtcNow() && !_ended.ContainsKey(sessionId);

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
