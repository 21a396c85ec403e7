using System.Data.Common;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace TaskSlices.Infrastructure.Data.Sqlite;

/// <summary>The one connection that writes, with the statements of a transaction, parsed once. SQLite has a single writer anyway.</summary>
internal sealed class WriteConnection : IWriter, IDisposable
{
    private const int Checkpoints = 100;

    /// <summary>In pages. A log of that length is written back, each page once: the longer it is, the less is written.</summary>
    private const int LogLimit = 4000;

    /// <summary>In bytes, a little more than <see cref="LogLimit"/>.</summary>
    internal const int LogKept = 16 * 1024 * 1024;

    /// <summary>In bytes. A file system frees a megabyte in a third of a millisecond, and commits wait for it.</summary>
    private const int LogStep = 8 * 1024 * 1024;

    private static readonly TimeSpan BetweenCheckpoints = TimeSpan.FromMilliseconds(2);

    private readonly AppDb _owner;
    private readonly string _path;
    private readonly SqliteCommand _begin, _commit, _rollBack, _save, _release, _undo, _nextRevision, _logLength, _writeBack;
    private readonly SqliteParameter _user;
    private bool _keepsLog;

    /// <exception cref="SqliteException">The file can't be opened.</exception>
    public WriteConnection(DbContextOptions<AppDb> options, string connectionString)
    {
        _owner = new AppDb(options);
        try
        {
            _owner.Connection.ConnectionString = connectionString;
            Connection = (SqliteConnection)_owner.Connection.DbConnection;
            Connection.Open();
            _path = Connection.DataSource;

            // Written ahead, and on disk before a commit returns (sqlite.org/pragma.html#pragma_synchronous).
            // What is deleted is overwritten, so that it is not found in the file (sqlite.org/pragma.html#pragma_secure_delete).
            // The log that a backup let grow gives its room back when it begins anew (sqlite.org/pragma.html#pragma_journal_size_limit).
            // A commit does not write it back: those who wait for the commit would wait for that, too.
            using (var settings = Command($"""
                PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA journal_size_limit = {LogKept};
                PRAGMA wal_autocheckpoint = 0;
                """))
                settings.ExecuteNonQuery();

            _begin = Command("BEGIN IMMEDIATE");
            _commit = Command("COMMIT");
            _rollBack = Command("ROLLBACK");
            _save = Command("SAVEPOINT unit");
            _release = Command("RELEASE unit");
            _undo = Command("ROLLBACK TO unit");
            _logLength = Command("PRAGMA wal_checkpoint(NOOP)");
            _writeBack = Command("PRAGMA wal_checkpoint(PASSIVE)");
            _nextRevision = Command("""
                INSERT INTO revisions (user_id, revision) VALUES ($user, 1)
                ON CONFLICT (user_id) DO UPDATE SET revision = revisions.revision + 1
                RETURNING revision
                """);
            _user = _nextRevision.Parameters.Add("$user", SqliteType.Text);
        }
        catch
        {
            _owner.Dispose();
            throw;
        }
    }

    public SqliteConnection Connection { get; }

    DbConnection IWriter.Connection => Connection;

    // A file that was moved away or deleted can still be written through the open handle, and what is written is lost with it.
    private bool IsGone => !File.Exists(_path);

    /// <exception cref="SqliteException">The file is locked by another process (SQLITE_BUSY), or gone (SQLITE_CANTOPEN).</exception>
    public void Begin()
    {
        if (IsGone)
            throw new SqliteException("The database file is gone.", SQLitePCL.raw.SQLITE_CANTOPEN);

        _begin.ExecuteNonQuery();
    }

    /// <summary>Back to where nothing is open.</summary>
    /// <returns>Whether another transaction can begin here; if not, the connection is of no more use.</returns>
    public bool TryRollBack()
    {
        try
        {
            if (SQLitePCL.raw.sqlite3_get_autocommit(Connection.Handle) == 0)
                _rollBack.ExecuteNonQuery();

            return !IsGone;
        }
        catch (Exception)
        {
            // Whatever it is, the writer goes on, with another connection.
            return false;
        }
    }

    public void Commit() => _commit.ExecuteNonQuery();

    public void Save() => _save.ExecuteNonQuery();

    public void Release() => _release.ExecuteNonQuery();

    /// <summary>Back to where <see cref="Save"/> was called last.</summary>
    public void Undo()
    {
        _undo.ExecuteNonQuery();
        _release.ExecuteNonQuery();
    }

    /// <summary>The one writer is alone already.</summary>
    public ValueTask LockAsync(string userId) => default;

    /// <summary>There is no other process.</summary>
    public ValueTask MarkErasedAsync(string userId) => default;

    public ValueTask<long> NextRevisionAsync(string userId)
    {
        _user.Value = userId;

        return new((long)_nextRevision.ExecuteScalar()!);
    }

    public ValueTask<T?> FindForUpdateAsync<T>(AppDb db, IRowReader reader, string userId, Guid id) where T : class =>
        reader.FindAsync<T>(db, userId, id);

    /// <summary>
    /// Writes the log back and truncates it (sqlite.org/pragma.html#pragma_wal_checkpoint). A reader that is in the middle of a query keeps
    /// it from being truncated, so this tries for a fifth of a second.
    /// </summary>
    public void TryEmptyLog()
    {
        using var checkpoint = Command("PRAGMA wal_checkpoint(TRUNCATE)");
        try
        {
            for (var tries = 0; tries < Checkpoints && checkpoint.ExecuteScalar() is not 0L; tries++)
                Thread.Sleep(BetweenCheckpoints);
        }
        catch (SqliteException)
        {
            // A full disk, for example. Nothing is lost: what is in the log is read from there.
        }
    }

    /// <summary>
    /// Writes a log of <see cref="LogLimit"/> back. The next write begins it anew, unless a reader is in the middle of a query.
    /// </summary>
    public void TryWriteBackLongLog()
    {
        if (_keepsLog)
            return;

        try
        {
            if (IsLong())
                _writeBack.ExecuteNonQuery();
        }
        catch (SqliteException)
        {
            // A full disk, for example. Nothing is lost: what is in the log is read from there.
        }
    }

    /// <summary>Whether a long log is left as it is.</summary>
    public void KeepLog(bool isKept)
    {
        if (isKept == _keepsLog)
            return;

        using var settings = Command($"PRAGMA journal_size_limit = {LogKept}");
        settings.ExecuteNonQuery();
        _keepsLog = isKept;
    }

    /// <summary>Writes the log back and truncates it by <see cref="LogStep"/>, if nothing reads an older state.</summary>
    /// <returns>Its length in bytes.</returns>
    /// <exception cref="SqliteException">The disk is full, for example.</exception>
    public long ShrinkLog()
    {
        var log = new FileInfo($"{_path}-wal");
        if (log.Length <= LogKept)
            return log.Length;

        // The log begins anew, and is truncated, at the first write after all of it was written back: this one, which changes nothing.
        using var step = Command($"""
            PRAGMA wal_checkpoint(PASSIVE); PRAGMA journal_size_limit = {Math.Max(log.Length - LogStep, LogKept)}; PRAGMA user_version = 0
            """);
        step.ExecuteNonQuery();
        log.Refresh();

        return log.Length;
    }

    /// <summary>What was not committed is not written.</summary>
    public void Dispose() => _owner.Dispose();

    /// <summary>Whether so many pages are in the log, and not all of them in the database yet.</summary>
    private bool IsLong()
    {
        using var state = _logLength.ExecuteReader();

        return state.Read() && state.GetInt64(1) is >= LogLimit and var length && state.GetInt64(2) < length;
    }

    private SqliteCommand Command(string sql)
    {
        var command = Connection.CreateCommand();
        command.CommandText = sql;

        return command;
    }
}
