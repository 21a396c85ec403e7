using Microsoft.Data.Sqlite;
using TaskSlices.Infrastructure.Hosting;
using static SQLitePCL.raw;

namespace TaskSlices.Infrastructure.Data.Sqlite;

/// <summary>Copies a SQLite file that is in use, by SQLite's backup API (sqlite.org/backup.html).</summary>
internal static class DatabaseCopy
{
    /// <summary>
    /// What is copied in one step, in pages of 4 KB. The disk is waited for after each: more at once, and commits wait for it.
    /// </summary>
    private const int Pages = 64;

    /// <summary>How long a pause between two steps is, in steps.</summary>
    private const int Pauses = 3;

    /// <summary>In bytes: a copy stops where less would be left for what others write to that disk, or for the source's log.</summary>
    private const long Reserve = 16 * 1024 * 1024;

    /// <summary>
    /// Leaves a file that is whole, and no log beside it; <see cref="Finish"/> checks it. It reads one state of the source, in which each
    /// commit is or is not; writers go on meanwhile, into the log, which grows until this ends.
    /// </summary>
    /// <param name="source">A connection to the file that is copied.</param>
    /// <param name="isInUse">Leaves three quarters of the time to those who use it.</param>
    /// <param name="target">Where nothing is yet, or something that a killed process left.</param>
    /// <param name="ct">Ends it between two steps.</param>
    /// <exception cref="SqliteException">It can't be read or written.</exception>
    /// <exception cref="IOException">It can't be written.</exception>
    /// <exception cref="CommandException">There is no room for it.</exception>
    public static void Write(SqliteConnection source, bool isInUse, string target, CancellationToken ct)
    {
        Delete(target);
        var options = Disk.OwnerOnlyFile(FileMode.CreateNew);
        options.Share = FileShare.ReadWrite;
        using var file = new FileStream(target, options);
        using var copy = Open(target, SqliteOpenMode.ReadWrite);

        // It has no name yet that anybody trusts: the disk is waited for below, a piece at a time, and once more at the end.
        Execute(copy, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -1024;");
        CopyPages(source, isInUse, copy, file, ct);
        Execute(copy, "PRAGMA journal_mode = DELETE;");
    }

    /// <summary>Checks what <see cref="Write"/> left, and waits until it is on disk.</summary>
    /// <exception cref="IOException">It can't be written.</exception>
    /// <inheritdoc cref="Check"/>
    public static void Finish(string target, CancellationToken ct)
    {
        Check(target, ct);
        using var written = new FileStream(target, FileMode.Open, FileAccess.ReadWrite);
        written.Flush(flushToDisk: true);
    }

    /// <summary>Reads the whole file, and says what is damaged in it; null: nothing is.</summary>
    /// <exception cref="SqliteException">It is no database, or can't be read.</exception>
    /// <exception cref="OperationCanceledException">It was ended.</exception>
    public static string? FindDamage(string path, CancellationToken ct)
    {
        using var connection = Open(path, SqliteOpenMode.ReadOnly);
        using var end = ct.Register(() => sqlite3_interrupt(connection.Handle));
        using var check = connection.CreateCommand();
        check.CommandText = "PRAGMA quick_check(1)";
        var found = check.ExecuteScalar() as string;
        ct.ThrowIfCancellationRequested();

        return found == "ok" ? null : found;
    }

    /// <exception cref="CommandException">It is damaged.</exception>
    /// <inheritdoc cref="FindDamage"/>
    public static void Check(string path, CancellationToken ct)
    {
        if (FindDamage(path, ct) is { } damage)
            throw new CommandException($"The database is damaged: {damage.ReplaceLineEndings(" ")}. Restore a backup from before.");
    }

    /// <summary>With the log that SQLite may have left beside it.</summary>
    public static void Delete(string path)
    {
        foreach (var suffix in new[] { "", "-wal", "-shm", "-journal" })
            File.Delete(path + suffix);
    }

    public static SqliteConnection Open(string path, SqliteOpenMode mode)
    {
        var connection = new SqliteConnection(
            new SqliteConnectionStringBuilder { DataSource = path, Mode = mode, Pooling = false, DefaultTimeout = -1 }.ToString());
        try
        {
            connection.Open();

            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    public static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    /// <summary>Writes the log of a file that is in use back to it, as far as nothing reads an older state.</summary>
    public static void TryWriteBack(SqliteConnection source)
    {
        try
        {
            Execute(source, "PRAGMA wal_checkpoint(PASSIVE)");
        }
        catch (SqliteException)
        {
            // A full disk, for example. Nothing is lost: what is in the log is read from there.
        }
    }

    private static void CopyPages(SqliteConnection source, bool isInUse, SqliteConnection copy, FileStream file, CancellationToken ct)
    {
        // Within a transaction every step reads the same state; without one, each change by another connection would begin the copy anew.
        using var state = source.BeginTransaction(deferred: true);
        using (var first = source.CreateCommand())
        {
            first.CommandText = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size, sqlite_schema LIMIT 1";
            DemandRoom(file.Name, first.ExecuteScalar() as long? ?? 0);
        }

        using var backup = sqlite3_backup_init(copy.Handle, "main", source.Handle, "main");
        if (backup.IsInvalid)
            throw new SqliteException(sqlite3_errmsg(copy.Handle).utf8_to_string(), sqlite3_errcode(copy.Handle));

        var result = SQLITE_OK;
        while (result == SQLITE_OK)
        {
            ct.ThrowIfCancellationRequested();
            var begun = TimeProvider.System.GetTimestamp();
            result = sqlite3_backup_step(backup, Pages);
            RandomAccess.FlushToDisk(file.SafeFileHandle);
            DemandRoom(file.Name, 0);
            // What is in the log can need as much room again when it is written back.
            if (isInUse && new FileInfo($"{source.DataSource}-wal") is { Exists: true, Length: > Reserve and var log })
                DemandRoom(source.DataSource, log);

            if (isInUse)
                ct.WaitHandle.WaitOne(Pauses * TimeProvider.System.GetElapsedTime(begun));
        }

        if (result != SQLITE_DONE)
            throw new SqliteException(sqlite3_errstr(result).utf8_to_string(), result);
    }

    private static void DemandRoom(string path, long bytes)
    {
        if (new DriveInfo(path).AvailableFreeSpace < bytes + Reserve)
            throw new CommandException($"The disk has too little room for {path}. Free some, or name a place on another disk.");
    }
}
