using System.Threading.Channels;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using TaskSlices.Infrastructure.Hosting;

namespace TaskSlices.Infrastructure.Data.Sqlite;

/// <summary>
/// The one writer of the SQLite file. It takes the changes that wait, runs each behind a savepoint in one transaction, commits once, and
/// only then answers each: a group waits for the disk once, and what is answered is on it. A change that fails is undone alone. See
/// docs/decisions/0007-group-commit.md.
/// </summary>
public sealed class GroupCommit : IAsyncDisposable
{
    /// <summary>The most changes that share a commit. It bounds the latency of the first of them.</summary>
    public const int GroupLimit = 256;

    /// <summary>How long a change waits for a file that another process has locked; the caller is then told to come back (503).</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    /// <summary>Between two looks at such a lock. SQLite itself is never asked to wait: some builds do it in whole seconds.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>How often in a row truncating the log may fail after a backup. Readers that never pause keep it from that.</summary>
    private const int ShrinkingTries = 50;

    private readonly Channel<PendingWrite> _waiting = Channel.CreateUnbounded<PendingWrite>();
    private readonly DbContextOptions<AppDb> _options;
    private readonly ReadConnections _readers;
    private readonly string _connectionString;
    private readonly Task _writing;
    private WriteConnection? _connection;
    private volatile bool _isRefusing;
    private volatile bool _keepsLog;
    private bool _isEmptyingDue;

    public GroupCommit(DbContextOptions<AppDb> options, ReadConnections readers, string connectionString)
    {
        _options = options;
        _readers = readers;
        _connectionString = connectionString;

        // A thread of its own: while it waits for the disk, those of the pool serve requests, and the next group grows.
        // Without the context (AsyncLocal) of the caller that happens to come first.
        using (ExecutionContext.SuppressFlow())
            _writing = Task.Factory.StartNew(Write, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>How many changes wait for their turn.</summary>
    public int Waiting => _waiting.Reader.Count;

    /// <summary>Whether the last write was refused because the database was out of service.</summary>
    public bool IsRefusing => _isRefusing;

    /// <summary>Runs the change when it is its turn, and returns when it is on disk.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled before it had run.</exception>
    internal Task<T> RunAsync<T>(AppDb db, Func<Task<T>> change, CancellationToken ct)
    {
        var unit = new PendingWrite<T>(db, change, ct);

        return _waiting.Writer.TryWrite(unit) ? unit.Answer : throw new ObjectDisposedException(nameof(GroupCommit));
    }

    /// <summary>
    /// Writes the log back and truncates it, in a turn of its own. Readers that never pause keep it from being truncated.
    /// </summary>
    internal Task EmptyLogAsync() => RunBetweenGroupsAsync(connection =>
    {
        _isEmptyingDue = true;
        EmptyLogIfDue(connection);
    });

    /// <summary>The log is left as it is until <see cref="ReleaseLogAsync"/>: to write all of it back takes long.</summary>
    internal void KeepLog() => _keepsLog = true;

    /// <summary>Gives the log's room back a step at a time: changes wait for one step. Then a long one is written back again.</summary>
    /// <param name="ct">Leaves it as long as it is; the next commit truncates it.</param>
    internal async Task ReleaseLogAsync(CancellationToken ct)
    {
        try
        {
            var (length, tries) = (long.MaxValue, 0);
            while (length > WriteConnection.LogKept && tries < ShrinkingTries && !ct.IsCancellationRequested)
            {
                var before = length;
                await RunBetweenGroupsAsync(connection => length = connection.ShrinkLog());
                tries = length < before ? 0 : tries + 1;
                await Task.Delay(Pause, CancellationToken.None);
            }
        }
        catch (Exception e) when (e is SqliteException or ObjectDisposedException)
        {
            // A full disk, for example, or the end of the process. Nothing is lost: what is in the log is read from there.
        }
        finally
        {
            _keepsLog = false;
        }

        // What is due is done after a group.
        _waiting.Writer.TryWrite(new BetweenGroups(() => { }));
    }

    /// <summary>Answers all changes that wait, writes the log back and closes the file.</summary>
    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        await _writing;
        _connection?.TryEmptyLog();
        _connection?.Dispose();
    }

    private Task RunBetweenGroupsAsync(Action<WriteConnection> action)
    {
        var turn = new BetweenGroups(() => action(_connection!));

        return _waiting.Writer.TryWrite(turn) ? turn.Answer : throw new ObjectDisposedException(nameof(GroupCommit));
    }

    private void Write()
    {
        while (_waiting.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
            WriteGroupAsync().GetAwaiter().GetResult();
    }

    private async Task WriteGroupAsync()
    {
        List<PendingWrite>? group = null;
        CommitWatch watch;
        try
        {
            var connection = Begin();
            watch = CommitWatch.Begin("sqlite");
            group = [];

            while (group.Count < GroupLimit && _waiting.Reader.TryRead(out var unit))
            {
                if (await unit.TryRunAsync(connection))
                    group.Add(unit);
                else
                    _isRefusing |= unit.IsOutOfService;
            }

            connection.Commit();
            _isRefusing &= group.Count == 0;
        }
        catch (Exception e)
        {
            // Where not even a transaction begins, nobody who waits gets further than the first.
            Fail(group ?? [.. TakeAllWaiting()], e);
            return;
        }

        watch.End(group.Count);
        foreach (var unit in group)
        {
            watch.Trace(unit.Caller, group.Count);
            unit.Acknowledge();
        }

        _connection!.TryWriteBackLongLog();
        EmptyLogIfDue(_connection!);
    }

    private void EmptyLogIfDue(WriteConnection connection)
    {
        if (!_isEmptyingDue || _keepsLog)
            return;

        _isEmptyingDue = false;
        connection.TryEmptyLog();
    }

    private IEnumerable<PendingWrite> TakeAllWaiting()
    {
        while (_waiting.Reader.TryRead(out var unit))
            yield return unit;
    }

    private void Fail(List<PendingWrite> group, Exception reason)
    {
        // Kept open if it can be: a full disk has no room for what the next one to open the file would need.
        if (_connection?.TryRollBack() is false)
        {
            _connection.Dispose();
            _connection = null;
        }

        _isRefusing = SqliteStore.IsOutOfService(reason);
        group.ForEach(unit => unit.Fail(reason));
    }

    private WriteConnection Begin()
    {
        var patience = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                _connection ??= Open();
                _connection.KeepLog(_keepsLog);
                _connection.Begin();

                return _connection;
            }
            catch (SqliteException e) when (
                e.SqliteErrorCode == SQLitePCL.raw.SQLITE_BUSY && TimeProvider.System.GetElapsedTime(patience) < Patience)
            {
                Thread.Sleep(Pause);
            }
        }
    }

    private WriteConnection Open()
    {
        var connection = new WriteConnection(_options, _connectionString);

        // After a failure, the file at the path may be another one than those who read have open.
        _readers.Renew();

        return connection;
    }
}
