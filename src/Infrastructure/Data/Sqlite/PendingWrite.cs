using System.Diagnostics;
using TaskSlices.Infrastructure.Hosting;

namespace TaskSlices.Infrastructure.Data.Sqlite;

/// <summary>
/// A change on its way through <see cref="GroupCommit"/>. It is answered once, by whoever comes first: its outcome, or its cancellation.
/// </summary>
internal abstract class PendingWrite
{
    /// <summary>Runs the change behind a savepoint. What it throws is its own answer, and undone.</summary>
    /// <returns>Whether it shares the group's fate; if not, it has its answer already.</returns>
    /// <exception cref="Exception">It could not be undone alone: the whole transaction is lost.</exception>
    public abstract Task<bool> TryRunAsync(WriteConnection connection);

    /// <summary>The span that it came from, for that of its commit.</summary>
    public ActivityContext Caller { get; } = CommitWatch.Caller();

    /// <summary>Whether it failed because the database was out of service.</summary>
    public bool IsOutOfService { get; protected set; }

    /// <summary>It is on disk.</summary>
    public abstract void Acknowledge();

    /// <summary>Nothing of it was written.</summary>
    public abstract void Fail(Exception reason);
}

internal sealed class PendingWrite<T> : PendingWrite
{
    private readonly TaskCompletionSource<T> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ExecutionContext? _caller = ExecutionContext.Capture();
    private readonly AppDb _db;
    private readonly Func<Task<T>> _change;
    private readonly CancellationTokenRegistration _withdrawal;
    private T _result = default!;
    private bool _isTaken;

    public PendingWrite(AppDb db, Func<Task<T>> change, CancellationToken ct)
    {
        _db = db;
        _change = change;
        _withdrawal = ct.UnsafeRegister(static (unit, ct) => ((PendingWrite<T>)unit!).Withdraw(ct), this);
    }

    public Task<T> Answer => _answer.Task;

    public override async Task<bool> TryRunAsync(WriteConnection connection)
    {
        if (!TryTake())
            return false;

        _withdrawal.Unregister();
        var isBehindSavepoint = false;
        try
        {
            connection.Save();
            isBehindSavepoint = true;
            _result = await RunAsCallerAsync(connection);
            connection.Release();

            return true;
        }
        catch (Exception e)
        {
            Fail(e);

            if (!isBehindSavepoint)
                throw;

            connection.Undo();

            return false;
        }
    }

    public override void Acknowledge() => _answer.SetResult(_result);

    public override void Fail(Exception reason)
    {
        IsOutOfService = SqliteStore.IsOutOfService(reason);

        if (reason is OperationCanceledException cancelled)
            _answer.TrySetCanceled(cancelled.CancellationToken);
        else
            _answer.TrySetException(reason);
    }

    /// <summary>What the change logs, and what it finds out about the request, is the caller's.</summary>
    private Task<T> RunAsCallerAsync(WriteConnection connection)
    {
        if (_caller is null)
            return _db.RunOnAsync(connection, _change);

        var running = default(Task<T>)!;
        ExecutionContext.Run(_caller, _ => running = _db.RunOnAsync(connection, _change), null);

        return running;
    }

    private void Withdraw(CancellationToken ct)
    {
        if (TryTake())
            _answer.TrySetCanceled(ct);
    }

    private bool TryTake() => !Interlocked.Exchange(ref _isTaken, true);
}

/// <summary>Runs on the writer's thread between two groups: its turn is when its group has been committed.</summary>
internal sealed class BetweenGroups(Action run) : PendingWrite
{
    private readonly TaskCompletionSource _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Answer => _answer.Task;

    public override Task<bool> TryRunAsync(WriteConnection connection) => Task.FromResult(true);

    public override void Acknowledge()
    {
        try
        {
            run();
            _answer.SetResult();
        }
        catch (Exception e)
        {
            Fail(e);
        }
    }

    public override void Fail(Exception reason) => _answer.SetException(reason);
}
