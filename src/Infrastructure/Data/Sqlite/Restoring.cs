using System.Globalization;
using Microsoft.Data.Sqlite;
using TaskSlices.Infrastructure.Hosting;

namespace TaskSlices.Infrastructure.Data.Sqlite;

/// <summary>
/// Puts a backup in the place of the database. A kill at any moment leaves the old database or the new one whole, and the next restore
/// begins anew; what was there has names in a directory of its own before anything is replaced.
/// </summary>
public sealed class Restoring(DataDirectory directory, TimeProvider clock)
{
    private const string Staging = "restoring";

    private string Database => directory.PathOf(SqliteStore.FileName);

    /// <param name="file">A copy of the database, or an archive that has one and the secrets.</param>
    /// <param name="ct">Ends it before anything is replaced.</param>
    /// <returns>The directory in which what was there is now; null if nothing was.</returns>
    /// <exception cref="StartupException">The server runs, or the data directory can't be used.</exception>
    /// <exception cref="CommandException">It is no backup, is damaged or newer than this program, or can't be copied.</exception>
    public string? Run(string file, CancellationToken ct)
    {
        if (!File.Exists(file))
            throw new CommandException($"There is no file {file}.");

        directory.Hold();
        var staging = directory.PathOf(Staging);
        try
        {
            Clear(staging);
            Stage(file, staging);
            RestoredDatabase.Prepare(Path.Combine(staging, SqliteStore.FileName), IsOpenable(Database) ? Database : null, ct);
            var kept = Keep(staging);
            Replace(staging);

            return kept;
        }
        catch (Exception e) when (e is SqliteException or IOException or InvalidDataException or UnauthorizedAccessException)
        {
            throw new CommandException($"{file} can't be restored: {e.Message} The database is the one from before, or whole already.");
        }
        finally
        {
            if (Directory.Exists(staging))
                Directory.Delete(staging, recursive: true);
        }
    }

    /// <summary>Copies it to where it is not in use, with the log that may lie beside it.</summary>
    private static void Stage(string file, string staging)
    {
        if (BackupArchive.Is(file))
        {
            BackupArchive.Extract(file, staging);
            return;
        }

        var copy = Path.Combine(staging, SqliteStore.FileName);
        Disk.Copy(file, copy);
        if (File.Exists($"{file}-wal"))
            Disk.Copy($"{file}-wal", $"{copy}-wal");
    }

    /// <summary>Writes the log of a killed server back, if it can be, and gives what will be replaced a second name.</summary>
    private string? Keep(string staging)
    {
        if (IsOpenable(Database))
            TryEmptyLog();

        var replaced = FilesOf(staging).Append($"{SqliteStore.FileName}-wal").Where(name => File.Exists(directory.PathOf(name))).ToArray();
        if (replaced.Length == 0)
            return null;

        var time = clock.GetUtcNow().UtcDateTime.ToString("yyyyMMdd'T'HHmmssfff", CultureInfo.InvariantCulture);
        var kept = directory.Subdirectory($"replaced-{time}");
        foreach (var name in replaced)
        {
            var target = Path.Combine(kept, name);
            Disk.MakeDirectory(Path.GetDirectoryName(target)!);
            if (OperatingSystem.IsWindows() || !Disk.TryLink(directory.PathOf(name), target))
                Disk.Copy(directory.PathOf(name), target);
            Disk.FlushDirectory(Path.GetDirectoryName(target)!);
        }

        Disk.FlushDirectory(kept);
        Disk.FlushDirectory(directory.PathOf(""));

        return kept;
    }

    /// <summary>
    /// The database last. A log that could not be written back is deleted after that: in between, the server does not start, and says why.
    /// </summary>
    private void Replace(string staging)
    {
        File.Delete($"{Database}-shm");
        foreach (var name in FilesOf(staging).OrderBy(name => name == SqliteStore.FileName))
        {
            Disk.MakeDirectory(Path.GetDirectoryName(directory.PathOf(name))!);
            Disk.Rename(Path.Combine(staging, name), directory.PathOf(name));
        }

        File.Delete($"{Database}-wal");
        Disk.FlushDirectory(directory.PathOf(""));
    }

    private void TryEmptyLog()
    {
        try
        {
            using var connection = DatabaseCopy.Open(Database, SqliteOpenMode.ReadWrite);
            DatabaseCopy.Execute(connection, "PRAGMA wal_checkpoint(TRUNCATE)");
        }
        catch (SqliteException)
        {
            // Damaged, as it may be when a backup is restored over it. The log is kept beside it then.
        }
    }

    /// <summary>SQLite would replay a log into whatever file lies beside it.</summary>
    private static bool IsOpenable(string path) =>
        File.Exists(path) && (!File.Exists($"{path}-wal") || SqliteStore.IsWrittenAhead(path));

    private static string[] FilesOf(string staging) =>
    [
        .. Directory.GetFiles(staging, "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(staging, path).Replace('\\', '/'))
            .Where(name => name == SqliteStore.FileName || DataDirectory.IsSecretName(name)),
    ];

    private static void Clear(string staging)
    {
        if (Directory.Exists(staging))
            Directory.Delete(staging, recursive: true);
        Disk.MakeDirectory(staging);
    }
}
