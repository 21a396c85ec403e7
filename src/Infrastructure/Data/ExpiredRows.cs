using Microsoft.EntityFrameworkCore;

namespace TaskSlices.Infrastructure.Data;

/// <summary>Removes the rows whose time is over, of all users, the oldest first.</summary>
/// <param name="time">The property that has the time, with an index.</param>
/// <param name="kept">How long behind that time they stay.</param>
/// <param name="atOnce">The most in one unit.</param>
public sealed class ExpiredRows<T>(string time, TimeSpan kept = default, int atOnce = 500) : IExpiringRows where T : class
{
    public async Task<bool> RemoveSomeAsync(AppDb db, DateTimeOffset now, CancellationToken ct)
    {
        var rows = db.Set<T>().IgnoreQueryFilters();
        var until = now - kept;
        var oldest = await rows.Select(row => EF.Property<DateTimeOffset>(row, time)).Where(at => at <= until).OrderBy(at => at)
            .Take(atOnce).ToListAsync(ct);
        if (oldest.Count == 0)
            return false;

        // By the time alone, and not by the keys: a cluster that is distributed by user takes that as one statement.
        until = oldest[^1];
        await rows.Where(row => EF.Property<DateTimeOffset>(row, time) <= until).ExecuteDeleteAsync(ct);

        return oldest.Count == atOnce;
    }
}
