using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;

namespace TaskSlices.Infrastructure.Data;

/// <summary>
/// What every feature does with rows, always through the owner. Where the store has a reader for the table it is used; for other rows EF
/// Core translates each query once per table.
/// </summary>
public static class OwnedRows
{
    extension<T>(DbSet<T> rows) where T : class, IOwned
    {
        /// <summary>The user's row of that id, to look at; null if there is none.</summary>
        public async Task<T?> ReadAsync(string userId, Guid id, CancellationToken ct)
        {
            if (rows.Reader is not { } reader)
                return await Queries<T>.One(rows.Database, userId, id, ct);

            using var alone = rows.Database.Detector.EnterCriticalSection();

            ct.ThrowIfCancellationRequested();

            return rows.MayFind(userId) ? await reader.FindAsync<T>(rows.Database, userId, id) : null;
        }

        /// <summary>
        /// The same, to change or remove; to be asked for within <see cref="AppDb.WriteAsync{T}"/>, so that nobody writes in between.
        /// </summary>
        public async Task<T?> ReadForUpdateAsync(string userId, Guid id, CancellationToken ct)
        {
            // Of a row that the context has already, EF Core gives back the same object.
            if (rows.Reader is not { } reader || rows.Database.ChangeTracker.Entries<T>().Any())
            {
                if (rows.Database.Writer is not null)
                    await rows.Database.LockAsync(userId);

                return Demand(rows.Database, await Queries<T>.OneTracked(rows.Database, userId, id, ct));
            }

            using var alone = rows.Database.Detector.EnterCriticalSection();
            ct.ThrowIfCancellationRequested();
            if (!rows.MayFind(userId))
                return null;

            var db = rows.Database;
            var row = db.Writer is { } writer
                ? await writer.FindForUpdateAsync<T>(db, reader, userId, id)
                : await reader.FindAsync<T>(db, userId, id);
            db.DemandActive();
            if (row is not null)
                rows.Attach(row);

            return Demand(db, row);
        }

        /// <summary>Reads the user's row of that id, changes it and saves it as one unit. It is on disk when the task completes.</summary>
        /// <param name="userId">Whose it is.</param>
        /// <param name="id">Which one.</param>
        /// <param name="change">Changes the row. A store may run it again, on the row as it is then.</param>
        /// <param name="ct">Withdraws the change before its turn.</param>
        /// <param name="make">Makes the row if there is none, before it is changed; null: it is left alone then.</param>
        /// <returns>The row as it is stored now; null if there is none.</returns>
        /// <exception cref="PreconditionFailedException">The request is for another state of the row.</exception>
        public Task<T?> ChangeAsync(string userId, Guid id, Action<T> change, CancellationToken ct, Func<T>? make = null) =>
            rows.SaveOneAsync(userId, id, change, make, ct);

        /// <summary>
        /// Removes the user's row of that id; it can be restored if its kind is shown. It is on disk when the task completes.
        /// </summary>
        /// <returns>The row as it was; null if there is none.</returns>
        /// <exception cref="PreconditionFailedException">The request is for another state of the row.</exception>
        public Task<T?> RemoveAsync(string userId, Guid id, CancellationToken ct) =>
            rows.SaveOneAsync(userId, id, row => rows.Remove(row), null, ct);

        /// <summary>Brings back the user's row of that id as it was when it was deleted; one that is there stays as it is.</summary>
        /// <returns>The row as it is stored now; null if none is kept.</returns>
        public Task<T?> RestoreAsync(string userId, Guid id, CancellationToken ct) => rows.Database.RunUnitAsync(
            async () =>
            {
                var db = rows.Database;
                var there = await rows.ReadForUpdateAsync(userId, id, ct);
                if (there is not null || RowKind.Of(rows.EntityType) is not { } kind
                    || await rows.ForgetAsync(kind, userId, id, ct) is not { } deleted)
                    return there;

                var row = (T)deleted.Restore(kind);
                db.Add(row);
                await db.SaveChangesAsync(ct);

                return row;
            },
            ct);

        /// <summary>The user's rows that were deleted and can be restored, the last deleted first.</summary>
        /// <param name="userId">Whose.</param>
        /// <param name="before">Those that were deleted before that revision.</param>
        /// <param name="count">At most so many.</param>
        /// <param name="ct">Ends the reading.</param>
        /// <returns>Each with the revision of its deletion.</returns>
        public async Task<List<(T Row, long Deletion)>> ReadDeletedAsync(string userId, long before, int count, CancellationToken ct)
        {
            var kind = RowKind.Of(rows.EntityType)!;
            var found = await rows.Database.Set<DeletedRow>().AsNoTracking()
                .Where(row => row.UserId == userId && row.TableName == kind.Name && row.Revision < before)
                .OrderByDescending(row => row.Revision).Take(count).ToListAsync(ct);

            return found.ConvertAll(row => ((T)row.Restore(kind), row.Revision));
        }

        /// <summary>The user's rows on a page of a list. The store must have a reader for the table.</summary>
        public async Task<List<T>> ReadPageAsync(string userId, RowPage page, CancellationToken ct)
        {
            using var alone = rows.Database.Detector.EnterCriticalSection();
            ct.ThrowIfCancellationRequested();
            if (!rows.MayFind(userId))
                return [];

            if (page is not { Query.SortBy.IsNullable: true, Skip: 0 })
                return await rows.Reader!.FindPageAsync<T>(rows.Database, userId, page);

            // One part after the other: no index has the rows without a value behind the others in both directions.
            var found = page.After is { Key: null } ? []
                : await rows.Reader!.FindPageAsync<T>(rows.Database, userId, page with { HasKey = true });
            if (found.Count < page.Count && !page.Query.DemandsKey)
            {
                var place = page.After is { Key: null } ? page.After : null;
                var rest = page with { HasKey = false, Count = page.Count - found.Count, After = place };
                if (page.After is not { Key: null })
                    rest = rest with { Revision = null };

                found.AddRange(await rows.Reader!.FindPageAsync<T>(rows.Database, userId, rest));
            }

            return found;
        }

        /// <summary>
        /// The user's rows on a list behind its first part, in batches; nothing is open in the database between them. Each row that is on
        /// the list all the time is there once: since a row may change its place meanwhile, the ids of all are read first (16 bytes each),
        /// unless the list is in their order.
        /// </summary>
        /// <param name="userId">Whose.</param>
        /// <param name="first">What was read before.</param>
        /// <param name="found">What was found there: as many rows as were asked for.</param>
        /// <param name="count">Rows of a batch.</param>
        /// <param name="ct">Ends the reading.</param>
        public async IAsyncEnumerable<List<T>> ReadRestAsync(
            string userId, RowPage first, List<T> found, int count, [EnumeratorCancellation] CancellationToken ct)
        {
            if (first.Query.SortBy is null)
            {
                for (var last = found[^1].Id; ;)
                {
                    var batch = await rows.ReadPageAsync(userId, new RowPage(first.Query, count, new RowPlace(last)), ct);
                    yield return batch;

                    if (batch.Count < count)
                        yield break;

                    last = batch[^1].Id;
                }
            }

            var sent = found.Select(row => row.Id).ToHashSet();
            var all = first with { Count = int.MaxValue, Keys = null, Revision = null };

            var ids = await rows.ReadIdsAsync(userId, all, ct);
            ids.RemoveAll(sent.Contains);
            foreach (var part in ids.Chunk(count))
                yield return await rows.ReadAmongAsync(userId, first.Query, part, ct);
        }

        /// <summary>The user's counter of changes, of all tables.</summary>
        public async Task<UserRevision> ReadRevisionAsync(string userId, CancellationToken ct)
        {
            using var alone = rows.Database.Detector.EnterCriticalSection();
            ct.ThrowIfCancellationRequested();

            return await rows.Database.ReadRevisionAsync(userId);
        }

        /// <summary>How many rows the user's list has. The store must have a reader for the table.</summary>
        public async Task<long> CountAsync(string userId, RowQuery query, CancellationToken ct)
        {
            using var alone = rows.Database.Detector.EnterCriticalSection();
            ct.ThrowIfCancellationRequested();

            return rows.MayFind(userId) ? await rows.Reader!.CountAsync(rows.Database, userId, query) : 0;
        }

        /// <summary>The ids of the rows on a page, by one statement: as they are at one moment.</summary>
        private async Task<List<Guid>> ReadIdsAsync(string userId, RowPage page, CancellationToken ct)
        {
            using var alone = rows.Database.Detector.EnterCriticalSection();
            ct.ThrowIfCancellationRequested();

            return rows.MayFind(userId) ? await rows.Reader!.FindIdsAsync(rows.Database, userId, page) : [];
        }

        /// <summary>The rows of those ids that are on the list, in the order of the ids.</summary>
        private async Task<List<T>> ReadAmongAsync(string userId, RowQuery query, Guid[] ids, CancellationToken ct)
        {
            using var alone = rows.Database.Detector.EnterCriticalSection();
            ct.ThrowIfCancellationRequested();
            if (!rows.MayFind(userId))
                return [];

            var found = await rows.Reader!.FindAmongAsync<T>(rows.Database, userId, query, ids);
            var byId = found.ToDictionary(row => row.Id);

            return [.. ids.Where(byId.ContainsKey).Select(id => byId[id])];
        }

        private Task<T?> SaveOneAsync(string userId, Guid id, Action<T> change, Func<T>? make, CancellationToken ct) =>
            rows.Database.RunUnitAsync(
            async () =>
            {
                // Of a user without rows, there is nothing to lock yet.
                if (make is not null)
                    await rows.Database.LockAsync(userId);

                var row = await rows.ReadForUpdateAsync(userId, id, ct);
                if (row is null && make is not null)
                    row = await rows.MakeAsync(make(), ct);
                if (row is null)
                    return null;

                change(row);
                await rows.Database.SaveChangesAsync(ct);

                return row;
            },
            ct);

        private async Task<T> MakeAsync(T row, CancellationToken ct)
        {
            if (RowKind.Of(rows.EntityType) is { } kind)
                await rows.ForgetAsync(kind, row.UserId, row.Id, ct);

            rows.Add(row);

            return row;
        }

        /// <summary>Removes what is kept of deleted rows of that id, when the unit is saved.</summary>
        /// <returns>The last of them; null if nothing is kept.</returns>
        private async Task<DeletedRow?> ForgetAsync(RowKind kind, string userId, Guid id, CancellationToken ct)
        {
            var deleted = await rows.Database.Set<DeletedRow>()
                .Where(row => row.UserId == userId && row.TableName == kind.Name && row.Id == id).ToListAsync(ct);
            rows.Database.RemoveRange(deleted);

            return deleted.MaxBy(row => row.Revision);
        }

        // EF Core's queries have the same condition as a filter.
        private bool MayFind(string userId) => userId == rows.Database.Owner;

        private IRowReader? Reader => rows.Database.Store.ReaderOf(rows.EntityType);

        private AppDb Database => (AppDb)rows.GetService<ICurrentDbContext>().Context;
    }

    /// <exception cref="PreconditionFailedException">The request is for another state of the row.</exception>
    private static T? Demand<T>(AppDb db, T? row) where T : class, IOwned
    {
        if (row is not null)
            db.Precondition?.Check(row);

        return row;
    }

    private static class Queries<T> where T : class, IOwned
    {
        public static readonly Func<AppDb, string, Guid, CancellationToken, Task<T?>> One = EF.CompileAsyncQuery(
            (AppDb db, string userId, Guid id, CancellationToken _) =>
                db.Set<T>().AsNoTracking().FirstOrDefault(row => row.UserId == userId && row.Id == id));

        public static readonly Func<AppDb, string, Guid, CancellationToken, Task<T?>> OneTracked = EF.CompileAsyncQuery(
            (AppDb db, string userId, Guid id, CancellationToken _) =>
                db.Set<T>().FirstOrDefault(row => row.UserId == userId && row.Id == id));
    }
}
