using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;

namespace TaskSlices.Infrastructure.Data;

/// <summary>A database engine, as the rest of the program knows it: <c>Sqlite/</c>, the default, and <c>Postgres/</c>.</summary>
public interface IStore
{
    /// <summary>For the line at the start: the engine, its version and where the data is. Without anything secret.</summary>
    string Description { get; }

    /// <summary>Whether other processes may use the same data.</summary>
    bool IsShared { get; }

    /// <summary>How many changes wait for their turn to be written.</summary>
    int Waiting { get; }

    /// <summary>Chooses the engine's provider for a context.</summary>
    void Configure(DbContextOptionsBuilder options);

    /// <summary>How the engine keeps the types that the engines keep differently.</summary>
    void Configure(ModelConfigurationBuilder model);

    /// <summary>The statements of a step, as this engine takes them.</summary>
    string TextOf(SchemaStep change);

    /// <summary>A statement that lets one process at a time change the schema, for the rest of its transaction; null: there is only
    /// one.</summary>
    string? SchemaLock { get; }

    /// <summary>Takes the data for this process and prepares it for the schema's steps.</summary>
    /// <exception cref="Hosting.StartupException">Another process has it, or it can't be used; the message says the mend.</exception>
    void Open();

    /// <summary>Gives a context a connection to read from; disposing what is returned takes it back.</summary>
    IDisposable Connect(AppDb db);

    /// <summary>A faster reader of such rows than EF Core's queries; null leaves them to EF Core.</summary>
    IRowReader? ReaderOf(IEntityType entity);

    /// <summary>The user's counter; zeros if there is none.</summary>
    ValueTask<UserRevision> ReadRevisionAsync(AppDb db, string userId);

    /// <summary>
    /// Runs the change in one transaction, and returns when it is on disk. It may run it again, if others got in its way.
    /// </summary>
    /// <exception cref="OperationCanceledException">It was cancelled before it had run.</exception>
    Task<T> WriteAsync<T>(AppDb db, Func<Task<T>> change, CancellationToken ct);

    /// <summary>
    /// Saves a new row of the context's owner in less than a unit of its own, and returns its number when it is on disk; null leaves it to
    /// <see cref="WriteAsync{T}"/>.
    /// </summary>
    Task<long?> TryAddAsync(AppDb db, IEntityType entity, IOwned row, CancellationToken ct);

    /// <summary>Whether the exception says that the database can't be used at the moment, and not that the request was wrong.</summary>
    bool IsUnavailable(Exception exception);

    /// <summary>Writes and reads as a request does: what keeps the store from serving, in a sentence fit for strangers, or null.</summary>
    Task<string?> FindFaultAsync(CancellationToken ct);

    /// <summary>The columns of each table, by the table's name.</summary>
    Task<ILookup<string, string>> ReadColumnsAsync(AppDb db, CancellationToken ct);

    /// <summary>The columns of each index, separated by commas, by the name of the table.</summary>
    Task<ILookup<string, string>> ReadIndexesAsync(AppDb db, CancellationToken ct);

    /// <summary>Keeps a copy of all data before the schema changes.</summary>
    Task KeepCopyAsync(AppDb db, DateTimeOffset now, CancellationToken ct);

    /// <summary>Removes what was erased from the engine's log, as far as the engine can; during a backup, when that ends.</summary>
    Task ForgetErasedAsync();
}

/// <summary>A user's counter of changes.</summary>
/// <param name="Last">The number of the last change.</param>
/// <param name="Forgotten">The last deletion that is no longer kept; what was deleted up to it can't be told.</param>
public readonly record struct UserRevision(long Last, long Forgotten);

/// <summary>The transaction that a change runs in.</summary>
public interface IWriter
{
    DbConnection Connection { get; }

    /// <summary>Waits until no other unit changes rows of the user, and keeps others waiting until the transaction ends.</summary>
    ValueTask LockAsync(string userId);

    /// <summary>Takes the user's next number, and the lock. The number is given back if the transaction is undone.</summary>
    ValueTask<long> NextRevisionAsync(string userId);

    /// <summary>Has the changes of the user refused that other processes have begun before.</summary>
    ValueTask MarkErasedAsync(string userId);

    /// <summary>Finds the row as it is once the lock is taken.</summary>
    ValueTask<T?> FindForUpdateAsync<T>(AppDb db, IRowReader reader, string userId, Guid id) where T : class;
}

/// <summary>Reads owned rows of one table.</summary>
public interface IRowReader
{
    /// <exception cref="DbException">The database can't be read.</exception>
    ValueTask<T?> FindAsync<T>(AppDb db, string userId, Guid id) where T : class;

    /// <summary>The user's rows on a page of a list.</summary>
    /// <exception cref="DbException">The database can't be read.</exception>
    ValueTask<List<T>> FindPageAsync<T>(AppDb db, string userId, RowPage page);

    /// <summary>The ids of the user's rows on a page of a list.</summary>
    /// <exception cref="DbException">The database can't be read.</exception>
    ValueTask<List<Guid>> FindIdsAsync(AppDb db, string userId, RowPage page);

    /// <summary>The user's rows with these ids that are on the list, in no order.</summary>
    /// <exception cref="DbException">The database can't be read.</exception>
    ValueTask<List<T>> FindAmongAsync<T>(AppDb db, string userId, RowQuery query, IReadOnlyCollection<Guid> ids);

    /// <summary>How many rows the user's list has.</summary>
    /// <exception cref="DbException">The database can't be read.</exception>
    ValueTask<long> CountAsync(AppDb db, string userId, RowQuery query);
}
