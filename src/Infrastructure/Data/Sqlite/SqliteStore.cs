using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;
using TaskSlices.Infrastructure.Hosting;

namespace TaskSlices.Infrastructure.Data.Sqlite;

/// <summary>
/// SQLite in the data directory: written ahead (WAL), and on disk before a write is acknowledged (synchronous=FULL). One writer, many
/// readers. A stop leaves nothing but <c>taskslices.db</c>.
/// </summary>
public sealed partial class SqliteStore : IStore, IAsyncDisposable
{
    internal const string FileName = "taskslices.db";

    /// <summary>In bytes: what a probe writes while the last write was refused, so that "ready" means room for more than a row.</summary>
    private const int Room = 64 * 1024;

    /// <summary>
    /// SQLite's result codes (sqlite.org/rescode.html) for a file that can't be read or written now: not the caller's fault.
    /// </summary>
    private static readonly HashSet<int> UnavailableCodes = [5, 6, 8, 10, 11, 13, 14, 26];

    private readonly DataDirectory _directory;
    private readonly BackupFolder _backups;
    private readonly Lazy<DbContextOptions<AppDb>> _options;
    private readonly Lazy<ReadConnections> _readers;
    private readonly Lazy<GroupCommit> _writer;
    private readonly TimeProvider _clock;
    private readonly ILogger<SqliteStore> _log;
    private Task<string?> _damage = Task.FromResult<string?>(null);

    public SqliteStore(
        DataDirectory directory, BackupFolder backups, Lazy<DbContextOptions<AppDb>> options, TimeProvider clock, ILogger<SqliteStore> log)
    {
        _directory = directory;
        _backups = backups;
        _options = options;
        _clock = clock;
        _log = log;
        _readers = new(() => new ReadConnections(ConnectionString(SqliteOpenMode.ReadOnly)));
        _writer = new(() => new GroupCommit(options.Value, _readers.Value, ConnectionString(SqliteOpenMode.ReadWrite)));
    }

    public string Description => $"{FilePath} (SQLite {new SqliteConnection().ServerVersion})";

    /// <summary>The one writer; it can be asked how many changes wait.</summary>
    public GroupCommit Writer => _writer.Value;

    private string FilePath => _directory.PathOf(FileName);

    public void Configure(DbContextOptionsBuilder options) => options
        .UseSqlite(ConnectionString(SqliteOpenMode.ReadOnly))
        .AddInterceptors(new ReadConnections.KeepOpen(), new KeptStatements());

    /// <summary>Times in milliseconds and ids in 16 bytes that sort as the id does: docs/decisions/0004-owner-in-the-key.md.</summary>
    public void Configure(ModelConfigurationBuilder model)
    {
        model.Properties<DateTimeOffset>().HaveConversion<UnixMilliseconds>();
        model.Properties<Guid>().HaveConversion<BigEndianBytes>();
    }

    public bool IsShared => false;

    public int Waiting => _writer.IsValueCreated ? Writer.Waiting : 0;

    public string? SchemaLock => null;

    public string TextOf(SchemaStep change) => change.Sql;

    public void Open()
    {
        _directory.Hold();
        var log = new FileInfo($"{FilePath}-wal");
        var hasLog = log is { Exists: true, Length: > 0 };

        // SQLite would make a new database of an empty file and throw the log away, and replay the log of another file into a copy.
        if (hasLog && !IsWrittenAhead(FilePath))
            throw ForeignLog();

        _directory.MakeFile(FileName);
        try
        {
            using var connection = new SqliteConnection(ConnectionString(SqliteOpenMode.ReadWrite));
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "SELECT count(*) FROM sqlite_schema";

            if (command.ExecuteScalar() is 0L && hasLog)
                throw ForeignLog();
        }
        catch (SqliteException e)
        {
            throw Unusable(e);
        }

        // A stop leaves no log: the process was killed, or the file is a copy that was put over a running server's.
        if (hasLog)
            _damage = Task.Run(FindDamage);
    }

    public IDisposable Connect(AppDb db) => _readers.Value.Connect(db);

    public IRowReader? ReaderOf(IEntityType entity) => FlatTable.Of(entity);

    public ValueTask<UserRevision> ReadRevisionAsync(AppDb db, string userId) => new(ReadRevision(FlatTable.Open(db), userId));

    public Task<T> WriteAsync<T>(AppDb db, Func<Task<T>> change, CancellationToken ct) => Writer.RunAsync(db, change, ct);

    public async Task<long?> TryAddAsync(AppDb db, IEntityType entity, IOwned row, CancellationToken ct) =>
        FlatTable.Of(entity) is { CanAdd: true } table ? await Writer.RunAsync(db, () => AddAsync(db, entity, table, row), ct) : null;

    public bool IsUnavailable(Exception exception) => IsOutOfService(exception);

    public async Task<string?> FindFaultAsync(CancellationToken ct)
    {
        if (_damage is { IsCompletedSuccessfully: true, Result: { } damage })
            return damage;

        try
        {
            var now = _clock.GetUtcNow().ToUnixTimeMilliseconds();
            await using (var db = new AppDb(_options.Value))
            {
                var room = Writer.IsRefusing ? Room : 0;
                await db.WriteAsync(
                    () => db.Database.ExecuteSqlAsync($"UPDATE heartbeat SET beat_at = {now}, room = zeroblob({room})", ct), ct);
            }

            // Read as the next start would: a connection that is open goes on with the file it has, whatever became of the path.
            await using var fresh = new AppDb(_options.Value);
            var found = await fresh.Database.SqlQuery<long>($"SELECT beat_at FROM heartbeat").ToListAsync(ct);

            return found.Contains(now) ? null : "What is written to the database is not found in it.";
        }
        catch (Exception e) when (IsUnavailable(e) || e is OperationCanceledException)
        {
            return "The database can't be written.";
        }
    }

    public Task<ILookup<string, string>> ReadColumnsAsync(AppDb db, CancellationToken ct) => ReadPairsAsync(
        db, "SELECT m.name, c.name FROM sqlite_schema m JOIN pragma_table_info(m.name) c WHERE m.type IN ('table', 'view')", ct);

    public Task<ILookup<string, string>> ReadIndexesAsync(AppDb db, CancellationToken ct) => ReadPairsAsync(
        db,
        """
        SELECT m.name, group_concat(i.name, ', ' ORDER BY i.seqno) FROM sqlite_schema m
            JOIN pragma_index_list(m.name) l JOIN pragma_index_info(l.name) i
            WHERE m.type = 'table' GROUP BY m.name, l.name
        """,
        ct);

    public async Task KeepCopyAsync(AppDb db, DateTimeOffset now, CancellationToken ct)
    {
        try
        {
            var copy = _backups.NewFile(BackupFolder.BeforeMigration, now, ".db");
            var partial = copy + BackupFolder.Partial;
            await db.Connection.OpenAsync(ct);
            DatabaseCopy.Write((SqliteConnection)db.Connection.DbConnection, isInUse: false, partial, ct);
            DatabaseCopy.Finish(partial, ct);

            // A migration that did not end has left the same one; more of them would push the backups out.
            if (_backups.Newest(BackupFolder.BeforeMigration) is { } last && Disk.AreEqual(last, partial))
            {
                File.Delete(partial);
                return;
            }

            Disk.Rename(partial, copy);
            _backups.Prune();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CommandException)
        {
            throw new StartupException($"The schema has to change, and the database can't be copied before: {e.Message}");
        }
    }

    /// <summary>Copies the file as it is now; see <see cref="DatabaseCopy.Write"/>. It takes four times as long as the disk.</summary>
    internal async Task CopyAsync(string target, CancellationToken ct)
    {
        using var source = new SqliteConnection(ConnectionString(SqliteOpenMode.ReadWrite));
        source.Open();
        Writer.KeepLog();
        try
        {
            DatabaseCopy.Write(source, isInUse: true, target, ct);
        }
        finally
        {
            // What was written meanwhile is in the log. Written back from here, no commit waits for it.
            DatabaseCopy.TryWriteBack(source);
            await Writer.ReleaseLogAsync(ct);
        }

        DatabaseCopy.Finish(target, ct);
    }

    /// <summary>Reads the whole file.</summary>
    /// <exception cref="CommandException">It is damaged.</exception>
    internal void Check(CancellationToken ct) => DatabaseCopy.Check(FilePath, ct);

    public Task ForgetErasedAsync() => Writer.EmptyLogAsync();

    /// <summary>Writes the log back, empties it and closes every connection, so that the file alone is everything.</summary>
    public async ValueTask DisposeAsync()
    {
        await _damage;
        if (_readers.IsValueCreated)
            _readers.Value.Dispose();
        if (_writer.IsValueCreated)
            await _writer.Value.DisposeAsync();
    }

    internal static UserRevision ReadRevision(SqliteConnection connection, string userId)
    {
        using var command = KeptStatements.Take(connection, "SELECT revision, forgotten FROM revisions WHERE user_id = ?1", userId);
        using var reader = command.ExecuteReader();

        return reader.Read() ? new UserRevision(reader.GetInt64(0), reader.GetInt64(1)) : default;
    }

    internal static bool IsOutOfService(Exception exception) =>
        exception.GetBaseException() is SqliteException sqlite && UnavailableCodes.Contains(sqlite.SqliteErrorCode);

    /// <summary>DefaultTimeout: negative reports SQLITE_BUSY at once, where Microsoft.Data.Sqlite would sleep; 0 waits for ever.</summary>
    private string ConnectionString(SqliteOpenMode mode) => new SqliteConnectionStringBuilder
    {
        DataSource = FilePath,
        Mode = mode,
        Pooling = false,
        ForeignKeys = mode is SqliteOpenMode.ReadWrite,
        DefaultTimeout = -1,
    }.ToString();

    private static async Task<long> AddAsync(AppDb db, IEntityType entity, FlatTable table, IOwned row)
    {
        var revision = await table.AddAsync(db.Writer!, row);
        await db.DemandQuotaAsync(entity, revision, isAlone: true);

        return revision;
    }

    private static async Task<ILookup<string, string>> ReadPairsAsync(AppDb db, string sql, CancellationToken ct)
    {
        await db.Connection.OpenAsync(ct);
        await using var command = db.Connection.DbConnection.CreateCommand();
        command.CommandText = sql;
        await using var reader = await command.ExecuteReaderAsync(ct);
        var pairs = new List<(string Table, string Part)>();

        while (await reader.ReadAsync(ct))
            pairs.Add((reader.GetString(0), reader.GetString(1)));

        return pairs.ToLookup(pair => pair.Table, pair => pair.Part, StringComparer.OrdinalIgnoreCase);
    }

    private string? FindDamage()
    {
        try
        {
            if (DatabaseCopy.FindDamage(FilePath, CancellationToken.None) is not { } damage)
                return null;

            LogDamage(FilePath, damage);
        }
        catch (SqliteException e)
        {
            LogDamage(FilePath, e.Message);
        }

        return "The database file is damaged; the log says how. Restore a copy.";
    }

    /// <summary>
    /// The file's own header (sqlite.org/fileformat.html, section 1.3.3): 2 for a database in WAL mode, 1 for a copy by VACUUM INTO.
    /// </summary>
    internal static bool IsWrittenAhead(string path)
    {
        Span<byte> header = stackalloc byte[20];
        using var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Read, FileShare.ReadWrite);

        return file.ReadAtLeast(header, header.Length, throwOnEndOfStream: false) == header.Length && header[18] == 2;
    }

    private StartupException ForeignLog() => new(
        $"Beside {FilePath} is a log ({FileName}-wal) that belongs to another file. " +
        $"If you put the file there, delete {FileName}-wal and {FileName}-shm; if not, restore a copy.");

    private StartupException Unusable(SqliteException e) =>
        new($"The database {FilePath} can't be used: {e.Message} Check the file, its owner and the free space.");

    private sealed class UnixMilliseconds() : ValueConverter<DateTimeOffset, long>(
        time => time.ToUnixTimeMilliseconds(), milliseconds => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds));

    private sealed class BigEndianBytes() : ValueConverter<Guid, byte[]>(id => id.ToByteArray(true), bytes => new Guid(bytes, true));

    [LoggerMessage(LogLevel.Critical, "The database {File} is damaged: {Reason}. Restore a copy.")]
    private partial void LogDamage(string file, string reason);
}
