using System.Collections.Concurrent;
using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace TaskSlices.Infrastructure.Data.Sqlite;

/// <summary>
/// Connections for reading, which stay open from request to request: to open one costs more than to read a task. They can't write; what is
/// written goes through <see cref="AppDb.WriteAsync{T}"/>.
/// </summary>
public sealed class ReadConnections(DbContextOptions<AppDb> options) : IDisposable
{
    /// <summary>
    /// The most that wait for the next request. Those that were never read from are not open; the others hold up to half a megabyte of the
    /// file's pages.
    /// </summary>
    public const int Kept = 64;

    private readonly ConcurrentStack<(AppDb Owner, int Generation)> _free = [];
    private volatile int _generation;

    /// <summary>Takes one that nobody else has; disposing what is returned gives it back.</summary>
    public Lease Take()
    {
        var generation = _generation;
        while (_free.TryPop(out var kept))
        {
            if (kept.Generation == generation)
                return new Lease(this, kept.Owner, generation);

            kept.Owner.Dispose();
        }

        return new Lease(this, new AppDb(options), generation);
    }

    /// <summary>From now on, none is used that was opened before: the file at the path may be another one.</summary>
    public void Renew() => Interlocked.Increment(ref _generation);

    public void Dispose()
    {
        while (_free.TryPop(out var kept))
            kept.Owner.Dispose();
    }

    private void Return(AppDb owner, int generation)
    {
        if (generation == _generation && _free.Count < Kept)
            _free.Push((owner, generation));
        else
            owner.Dispose();
    }

    /// <summary>A connection for as long as it is needed. It is opened when first used.</summary>
    public sealed class Lease(ReadConnections connections, AppDb owner, int generation) : IDisposable
    {
        /// <summary>
        /// Made by EF Core, in a context that is nobody else's, so that it has the SQL functions that EF Core's queries use.
        /// </summary>
        public DbConnection Connection => owner.Connection.DbConnection;

        public void Dispose() => connections.Return(owner, generation);
    }

    /// <summary>EF Core closes after each query what it opened for it.</summary>
    internal sealed class KeepOpen : DbConnectionInterceptor
    {
        public override void ConnectionOpened(DbConnection connection, ConnectionEndEventData eventData)
        {
            using var command = connection.CreateCommand();
            command.CommandText = "PRAGMA cache_size = -512";
            command.ExecuteNonQuery();
        }

        // SQLite has no asynchronous calls; Microsoft.Data.Sqlite's run to the end before they return.
        public override Task ConnectionOpenedAsync(
            DbConnection connection, ConnectionEndEventData eventData, CancellationToken cancellationToken = default)
        {
            ConnectionOpened(connection, eventData);

            return Task.CompletedTask;
        }

        public override InterceptionResult ConnectionClosing(
            DbConnection connection, ConnectionEventData eventData, InterceptionResult result) =>
            InterceptionResult.Suppress();

        public override ValueTask<InterceptionResult> ConnectionClosingAsync(
            DbConnection connection, ConnectionEventData eventData, InterceptionResult result) =>
            ValueTask.FromResult(InterceptionResult.Suppress());
    }
}
