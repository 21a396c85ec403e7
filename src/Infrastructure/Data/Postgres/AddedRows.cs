using System.Diagnostics;
using System.Threading.Channels;
using Npgsql;
using TaskSlices.Infrastructure.Hosting;

namespace TaskSlices.Infrastructure.Data.Postgres;

/// <summary>
/// Adds single rows. Those that wait together are one batch and one transaction: a group waits for the disk, and for a standby, once. If a
/// batch fails, each is tried alone, so that one locked user or one bad row is nobody else's fault.
/// </summary>
internal sealed class AddedRows : IAsyncDisposable
{
    /// <summary>The most rows that share a transaction. It bounds the latency of the first of them.</summary>
    private const int GroupLimit = 256;

    /// <summary>Connections that add rows; while one waits for the disk, the next batch is on its way on the other.</summary>
    private const int Loops = 2;

    /// <summary>A batch gives up on a locked counter sooner than a row that is tried alone.</summary>
    private static readonly TimeSpan GroupPatience = TimeSpan.FromMilliseconds(200);

    private readonly Channel<Row> _waiting = Channel.CreateUnbounded<Row>();
    private readonly PostgresStore _store;
    private readonly Task _adding;

    public AddedRows(PostgresStore store)
    {
        _store = store;

        // Without the context (AsyncLocal) of the caller that happens to come first.
        using (ExecutionContext.SuppressFlow())
            _adding = Task.WhenAll(Enumerable.Range(0, Loops).Select(_ => Task.Run(AddAsync)));
    }

    /// <summary>How many rows wait for a batch.</summary>
    public int Waiting => _waiting.Reader.Count;

    /// <summary>The number that the row got, once it is on disk.</summary>
    /// <param name="userId">Whose row it is.</param>
    /// <param name="statement">Makes the statement that adds it, anew for each try.</param>
    public Task<long> AddAsync(string userId, Func<NpgsqlBatchCommand> statement)
    {
        var row = new Row(userId, statement);

        return _waiting.Writer.TryWrite(row) ? row.Answer.Task : throw new ObjectDisposedException(nameof(AddedRows));
    }

    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        await _adding;
    }

    private async Task AddAsync()
    {
        while (await _waiting.Reader.WaitToReadAsync())
        {
            var group = new List<Row>();
            while (group.Count < GroupLimit && _waiting.Reader.TryRead(out var row))
                group.Add(row);

            if (group.Count > 0)
                await AddAsync(group);
        }
    }

    private async Task AddAsync(List<Row> group)
    {
        // In one order everywhere: two batches never wait for each other's counters.
        group.Sort((one, other) => string.CompareOrdinal(one.UserId, other.UserId));
        try
        {
            await RunAsync(group, GroupPatience);
        }
        catch (Exception e) when (PostgresErrors.IsUndone(e))
        {
            // Not waited for: the next group has nothing to do with it.
            foreach (var row in group)
                _ = AddAloneAsync(row);
        }
        catch (Exception e)
        {
            // It may have been carried out: tried again, a row could be there twice, or refused for being there.
            foreach (var row in group)
                row.Answer.TrySetException(e);
        }
    }

    private async Task AddAloneAsync(Row row)
    {
        try
        {
            await _store.RunInTurnAsync(
                async patience =>
                {
                    await RunAsync([row], patience);

                    return true;
                });
        }
        catch (Exception e)
        {
            row.Answer.TrySetException(e);
        }
    }

    private async Task RunAsync(List<Row> group, TimeSpan patience)
    {
        await using var session = await _store.OpenAsync(CancellationToken.None);

        var watch = CommitWatch.Begin(PostgresStore.EngineName);

        // A batch is a transaction anyway, but not to Citus, which would commit each statement alone.
        await using var batch = new NpgsqlBatch(session.Connection)
        {
            BatchCommands = { new NpgsqlBatchCommand("BEGIN"), PostgresWriter.Limits(patience) },
        };
        foreach (var row in group)
        {
            batch.BatchCommands.Add(PostgresWriter.Of(PostgresWriter.Next, row.UserId));
            batch.BatchCommands.Add(row.Statement());
        }

        batch.BatchCommands.Add(new NpgsqlBatchCommand("COMMIT"));
        var numbers = new long[group.Count];
        await using (var results = await batch.ExecuteReaderAsync())
        {
            for (var i = 0; i < numbers.Length; i++)
            {
                // Of the counter, then of the row.
                await results.NextResultAsync();
                await results.NextResultAsync();
                await results.ReadAsync();
                numbers[i] = results.GetInt64(0);
            }

            // Of the commit.
            await results.NextResultAsync();
        }

        session.DemandReplicated();
        watch.End(group.Count);
        for (var i = 0; i < numbers.Length; i++)
        {
            watch.Trace(group[i].Caller, group.Count);
            group[i].Answer.TrySetResult(numbers[i]);
        }
    }

    private sealed record Row(string UserId, Func<NpgsqlBatchCommand> Statement)
    {
        /// <summary>The span that it came from, for that of its commit.</summary>
        public ActivityContext Caller { get; } = CommitWatch.Caller();

        public TaskCompletionSource<long> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
