using System.Data;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using TaskSlices.Infrastructure.Data.Sqlite;

namespace TaskSlices.Infrastructure.Data;

/// <summary>
/// The reads that every feature needs, always through the owner. Rows that are only columns are read by <see cref="FlatTable"/>; for any other,
/// EF Core translates each query once per table, and not anew at each call.
/// </summary>
public static class OwnedRows
{
    extension<T>(DbSet<T> rows) where T : class, IOwned
    {
        /// <summary>The user's row of that id, to look at; null if there is none.</summary>
        public async Task<T?> ReadAsync(string userId, Guid id, CancellationToken ct)
        {
            if (FlatTable.Of(rows.EntityType) is not { } table)
                return await Queries<T>.One(rows.Database, userId, id, ct);

            using var alone = rows.Database.Detector.EnterCriticalSection();

            return table.Find<T>(rows.Open(ct), userId, id);
        }

        /// <summary>The same, to change or remove; to be asked for within <see cref="AppDb.WriteAsync{T}"/>, so that nobody writes in between.</summary>
        public async Task<T?> ReadForUpdateAsync(string userId, Guid id, CancellationToken ct)
        {
            // Of a row that the context has already, EF Core gives back the same object.
            if (FlatTable.Of(rows.EntityType) is not { } table || rows.Database.ChangeTracker.Entries<T>().Any())
                return await Queries<T>.OneTracked(rows.Database, userId, id, ct);

            using var alone = rows.Database.Detector.EnterCriticalSection();
            var row = table.Find<T>(rows.Open(ct), userId, id);
            if (row is not null)
                rows.Attach(row);

            return row;
        }

        /// <summary>The user's newest rows, at most <paramref name="count"/>; those older than <paramref name="before"/>, if there is one.</summary>
        public async Task<List<T>> ReadNewestAsync(string userId, Guid? before, int count, CancellationToken ct)
        {
            if (FlatTable.Of(rows.EntityType) is { } table)
            {
                using var alone = rows.Database.Detector.EnterCriticalSection();

                return table.FindNewest<T>(rows.Open(ct), userId, before, count);
            }

            var newest = before is { } id
                ? Queries<T>.NewestBefore(rows.Database, userId, id, count)
                : Queries<T>.Newest(rows.Database, userId, count);
            var found = new List<T>();

            await foreach (var row in newest.WithCancellation(ct))
                found.Add(row);

            return found;
        }

        private SqliteConnection Open(CancellationToken ct)
        {
            ct.ThrowIfCancellationRequested();
            var connection = rows.Database.Connection;
            if (connection.DbConnection.State is not ConnectionState.Open)
                connection.Open();

            return (SqliteConnection)connection.DbConnection;
        }

        private AppDb Database => (AppDb)rows.GetService<ICurrentDbContext>().Context;
    }

    private static class Queries<T> where T : class, IOwned
    {
        public static readonly Func<AppDb, string, Guid, CancellationToken, Task<T?>> One = EF.CompileAsyncQuery(
            (AppDb db, string userId, Guid id, CancellationToken _) => db.Set<T>().AsNoTracking().FirstOrDefault(row => row.UserId == userId && row.Id == id));

        public static readonly Func<AppDb, string, Guid, CancellationToken, Task<T?>> OneTracked = EF.CompileAsyncQuery(
            (AppDb db, string userId, Guid id, CancellationToken _) => db.Set<T>().FirstOrDefault(row => row.UserId == userId && row.Id == id));

        public static readonly Func<AppDb, string, int, IAsyncEnumerable<T>> Newest = EF.CompileAsyncQuery(
            (AppDb db, string userId, int count) => db.Set<T>().AsNoTracking().Where(row => row.UserId == userId)
                .OrderByDescending(row => row.Id).Take(count));

        public static readonly Func<AppDb, string, Guid, int, IAsyncEnumerable<T>> NewestBefore = EF.CompileAsyncQuery(
            (AppDb db, string userId, Guid before, int count) => db.Set<T>().AsNoTracking().Where(row => row.UserId == userId && row.Id < before)
                .OrderByDescending(row => row.Id).Take(count));
    }
}
