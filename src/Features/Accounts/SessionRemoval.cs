using Microsoft.EntityFrameworkCore;
using TaskSlices.Infrastructure.Data;

namespace TaskSlices.Features.Accounts;

/// <summary>
/// Removes sessions inside a unit, and notes that they ended. When that is on disk, the caller adds the result to
/// <see cref="EndedSessions"/>.
/// </summary>
public sealed class SessionRemoval(AppDb db, EndedSessions ended, TimeProvider clock)
{
    /// <summary>Removes all sessions of the user.</summary>
    public async Task<IReadOnlyCollection<EndedSession>> RemoveAllAsync(string userId, CancellationToken ct) =>
        await RemoveAsync(await db.Sessions.Where(s => s.UserId == userId).ToListAsync(ct), ct);

    /// <summary>Removes sessions that the unit has read, and some notes of others that nobody needs any more.</summary>
    public async Task<IReadOnlyCollection<EndedSession>> RemoveAsync(IEnumerable<Session> sessions, CancellationToken ct)
    {
        var (now, until) = (clock.GetUtcNow(), ended.LastExpiry());
        var removed = sessions.ToList();
        var added = removed.Select(s => new EndedSession { Id = s.Id, Until = until }).ToList();
        db.RemoveRange(removed);
        db.AddRange(added);
        db.RemoveRange(await db.EndedSessions.Where(e => e.Until < now).OrderBy(e => e.Until).Take(added.Count + 1).ToListAsync(ct));
        await db.SaveChangesAsync(ct);

        return added;
    }
}
