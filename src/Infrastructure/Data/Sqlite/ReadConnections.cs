using System.Collections.Concurrent;
using System.Data.Common;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Storage;

namespace TaskSlices.Infrastructure.Data.Sqlite;

/// <summary>
/// Connections for reading, which stay open from request to request: to open one costs more than to read a task. They can't write; what is
/// written goes through <see cref="AppDb.WriteAsync{T}"/>.
/// </summary>
public sealed class ReadConnections(string connectionString) : IDisposable
{
    /// <summary>
    /// The most that wait for the next request. Those that were never read from are not open; the others hold up to half a megabyte of the
    /// file's pages.
    /// </summary>
    public const int Kept = 64;

    private readonly SqliteConnection _placeholder = new();
    private readonly ConcurrentStack<(DbConnection Connection, int Generation)> _free = [];
    private volatile int _generation;

    /// <summary>
    /// Gives the context a connection that nobody else has, to be opened when first used; disposing what is returned takes it back.
    /// </summary>
    public IDisposable Connect(AppDb db)
    {
        var generation = _generation;
        while (_free.TryPop(out var kept))
        {
            if (kept.Generation == generation)
            {
                db.Connection.SetDbConnection(kept.Connection, contextOwnsConnection: false);

                return new Lease(this, kept.Connection, generation);
            }

            kept.Connection.Dispose();
        }

        return new Lease(this, Make(db.Connection), generation);
    }

    /// <summary>From now on, none is used that was opened before: the file at the path may be another one.</summary>
    public void Renew() => Interlocked.Increment(ref _generation);

    public void Dispose()
    {
        while (_free.TryPop(out var kept))
            kept.Connection.Dispose();
    }

    private void Return(DbConnection connection, int generation)
    {
        if (generation == _generation && _free.Count < Kept)
            _free.Push((connection, generation));
        else
            connection.Dispose();
    }

    /// <summary>EF Core makes it, with the SQL functions that its queries use.</summary>
    private DbConnection Make(IRelationalConnection context)
    {
        // A context owns what it makes, unless it was given one that it does not own before.
        context.SetDbConnection(_placeholder, contextOwnsConnection: false);
        context.SetDbConnection(null, contextOwnsConnection: false);
        context.ConnectionString = connectionString;

        return context.DbConnection;
    }

    private sealed class Lease(ReadConnections connections, DbConnection connection, int generation) : IDisposable
    {
        // The context may be another scope's by now.
        public void Dispose() => connections.Return(connection, generation);
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
