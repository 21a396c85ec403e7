using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Microsoft.Extensions.Options;
using TaskSlices.Infrastructure.Hosting;

namespace TaskSlices.Infrastructure.Data;

/// <summary>
/// Holds the rows that a user has of a kind to the kind's quota. Rows are seldom counted: each has taken one of the user's numbers, so
/// there are at most as many as numbers, and after a count at most one more for each number taken since. See
/// docs/decisions/0018-limits.md.
/// </summary>
public sealed class RowQuotas(IOptions<LimitSettings> settings)
{
    /// <summary>The most counts it remembers, at about 200 bytes each: those of users with more changes than the quota has rows.</summary>
    public const int Capacity = 10_000;

    internal const string Annotation = "TaskSlices:Quota";

    private readonly ConcurrentDictionary<(string Kind, string UserId), RowCount> _counts = new();

    /// <summary>
    /// The last of the user's numbers that can be taken for a new row without counting; null if not even the next one can.
    /// </summary>
    internal long? FindLastUncounted(IEntityType kind, string userId)
    {
        if (LimitOf(kind) is not (> 0 and var limit))
            return long.MaxValue;
        if (!_counts.TryGetValue((kind.Name, userId), out var known))
            return limit;

        return known.Rows < limit ? known.Revision + limit - known.Rows : null;
    }

    /// <summary>To be called in the unit that has added rows, behind it.</summary>
    /// <param name="db">In the unit.</param>
    /// <param name="kind">Of the rows.</param>
    /// <param name="revision">The last number that the unit took.</param>
    /// <param name="isAlone">Whether it took no other number.</param>
    /// <param name="counted">What the unit has counted before.</param>
    /// <returns>What it has counted by now: it holds for others once the unit is on disk.</returns>
    /// <exception cref="QuotaExceededException">There are too many.</exception>
    internal async ValueTask<RowCount?> DemandAsync(AppDb db, IEntityType kind, long revision, bool isAlone, RowCount? counted)
    {
        var limit = LimitOf(kind);
        if (limit == 0 || revision <= limit)
            return counted;

        var userId = db.Owner!;
        var known = counted?.Kind == kind.Name ? counted : _counts.GetValueOrDefault((kind.Name, userId));

        // A larger number was known: the user was erased since, and has begun anew.
        if (known is not null && known.Revision < revision)
        {
            if (known.Rows + revision - known.Revision <= limit)
                return counted;
            if (isAlone && known.Revision == revision - 1)
                throw new QuotaExceededException(limit, kind);
        }

        var rows = await db.Store.ReaderOf(kind)!.CountAsync(db, userId, new RowQuery());
        if (rows <= limit)
            return new RowCount(kind.Name, userId, revision, rows);

        // The unit is undone: what was there before it stays.
        if (isAlone)
            Keep(new RowCount(kind.Name, userId, revision - 1, rows - 1));

        throw new QuotaExceededException(limit, kind);
    }

    /// <param name="count">Of rows that are on disk.</param>
    internal void Keep(RowCount count)
    {
        // Clearing them costs each user one more count.
        if (_counts.Count >= Capacity)
            _counts.Clear();

        _counts[(count.Kind, count.UserId)] = count;
    }

    internal void Forget(string userId)
    {
        foreach (var key in _counts.Keys.Where(key => key.UserId == userId))
            _counts.TryRemove(key, out _);
    }

    /// <summary>0: none.</summary>
    internal int LimitOf(IReadOnlyEntityType kind) =>
        kind.FindAnnotation(Annotation)?.Value is Func<LimitSettings, int> limit ? limit(settings.Value) : 0;
}

/// <summary>How many rows of a kind a user had when the user's last number was <paramref name="Revision"/>.</summary>
internal sealed record RowCount(string Kind, string UserId, long Revision, long Rows);

/// <summary>The user has as many rows of the kind as a user may have. Nothing was changed.</summary>
public sealed class QuotaExceededException(int limit, IReadOnlyEntityType kind)
    : Exception($"A user may have {limit} {kind.GetTableName()} at most; delete some that are not needed any more.");

public static class QuotaMapping
{
    /// <summary>Gives the kind a quota: the most rows of it that a user may have, 0 for any number.</summary>
    public static void HasQuota<T>(this EntityTypeBuilder<T> entity, Func<LimitSettings, int> limit) where T : class, IOwned =>
        entity.HasAnnotation(RowQuotas.Annotation, limit);
}
