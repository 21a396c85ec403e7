using Microsoft.EntityFrameworkCore;

namespace TaskSlices.Infrastructure.Data;

/// <summary>
/// What was changed of a user's rows, of every kind, in the order of the user's revisions. A row is there once, as it is now; one that is
/// changed while this reads has a larger revision then, and comes later: nothing is missed.
/// </summary>
public static class ChangeFeed
{
    extension(AppDb db)
    {
        /// <summary>
        /// The changes after a revision; null if a deletion among them is not kept any more, or if there never was that revision.
        /// </summary>
        /// <param name="userId">Whose.</param>
        /// <param name="since">The last revision that the caller has.</param>
        /// <param name="count">At most so many.</param>
        /// <param name="ct">Ends the reading.</param>
        /// <exception cref="System.Data.Common.DbException">The database can't be read.</exception>
        public async Task<ChangedRows?> ReadChangesAsync(string userId, long since, int count, CancellationToken ct)
        {
            // Before the rows: what is changed meanwhile is not among them, or has a larger revision.
            var counter = await db.ReadRevisionAsync(userId);
            if (since > counter.Last || since < counter.Forgotten)
                return null;
            if (since == counter.Last)
                return new ChangedRows([], since, false);

            // One more of each than is asked for: a kind that has no more than that is complete.
            var found = new List<ChangedRow>();
            foreach (var kind in RowKind.All(db.Model))
            {
                foreach (var row in await kind.ReadChangedAsync(db, userId, since, count + 1, ct))
                    found.Add(new ChangedRow(kind.Name, row.Id, row.Revision, kind.Show(row)));
            }

            found.AddRange(await ReadDeletedAsync(db, userId, since, count + 1, ct));
            found.Sort((one, other) => one.Revision.CompareTo(other.Revision));
            var last = found.Count > count ? Math.Min(found[count - 1].Revision, counter.Last) : counter.Last;

            return new ChangedRows([.. found.TakeWhile(row => row.Revision <= last)], last, last < counter.Last);
        }
    }

    private static async Task<IEnumerable<ChangedRow>> ReadDeletedAsync(
        AppDb db, string userId, long since, int count, CancellationToken ct)
    {
        var deleted = await db.Set<DeletedRow>().AsNoTracking().Where(row => row.UserId == userId && row.Revision > since)
            .OrderBy(row => row.Revision).Take(count)
            .Select(row => new { row.TableName, row.Id, row.Revision }).ToListAsync(ct);

        return deleted.Select(row => new ChangedRow(row.TableName, row.Id, row.Revision, null));
    }
}

/// <param name="Rows">In the order of their revisions.</param>
/// <param name="Next">The revision up to which they are complete.</param>
/// <param name="More">Whether there are others behind it.</param>
public sealed record ChangedRows(IReadOnlyList<ChangedRow> Rows, long Next, bool More);

/// <param name="Kind">The name of the table.</param>
/// <param name="Id">Of the row.</param>
/// <param name="Revision">Of its last change, or of its deletion.</param>
/// <param name="Shown">The row as the API shows it; null if it was deleted.</param>
public sealed record ChangedRow(string Kind, Guid Id, long Revision, IRowResponse? Shown);
