using Microsoft.Data.Sqlite;
using TaskSlices.Infrastructure.Hosting;

namespace TaskSlices.Infrastructure.Data.Sqlite;

/// <summary>Backs up the SQLite file while it is in use, one backup at a time.</summary>
public sealed class Backups(SqliteStore store, BackupFolder folder, DataDirectory directory, TimeProvider clock) : IDisposable
{
    private readonly SemaphoreSlim _one = new(1, 1);

    /// <summary>Makes a file that is consistent, checked and on disk when it gets its name. Callers wait for each other.</summary>
    /// <param name="path">Where nothing is; null for the next name in <see cref="BackupSettings.Directory"/>, where old ones are then
    /// deleted.</param>
    /// <param name="withKeys">Puts the secrets that lie in the data directory beside the database, in a tar file.</param>
    /// <param name="ct">Ends it; nothing of it stays.</param>
    /// <returns>The path.</returns>
    /// <exception cref="CommandException">It can't be made, and nothing of it stays.</exception>
    public async Task<string> MakeAsync(string? path, bool withKeys, CancellationToken ct)
    {
        await _one.WaitAsync(ct);
        try
        {
            // A thread of its own: it waits for the disk for long.
            return await Task.Factory.StartNew(() => Make(path, withKeys, ct), ct, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
        catch (SqliteException) when (ct.IsCancellationRequested)
        {
            throw new OperationCanceledException(ct);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or SqliteException)
        {
            throw new CommandException($"The backup can't be written: {e.Message} Check the disk, its free space and who may write there.");
        }
        finally
        {
            _one.Release();
        }
    }

    public void Dispose() => _one.Dispose();

    private string Make(string? path, bool withKeys, CancellationToken ct)
    {
        var target = path ?? folder.NewFile(BackupFolder.Backup, clock.GetUtcNow(), withKeys ? ".tar" : ".db");
        if (Path.Exists(target))
            throw new CommandException($"There is something at {target} already. Name another file.");

        var partial = target + BackupFolder.Partial;
        var database = withKeys ? $"{target}.db{BackupFolder.Partial}" : partial;
        try
        {
            store.CopyAsync(database, ct).GetAwaiter().GetResult();
            if (withKeys)
            {
                File.Delete(partial);
                BackupArchive.Write(partial, database, directory);
                File.Delete(database);
            }

            Disk.Rename(partial, target);
        }
        catch
        {
            DatabaseCopy.Delete(partial);
            DatabaseCopy.Delete(database);
            throw;
        }

        if (path is null)
            folder.Prune();

        return target;
    }
}
