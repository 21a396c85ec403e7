namespace TaskSlices.Infrastructure.Data;

/// <summary>
/// One writer at a time, in the order they came. SQLite has a single writer anyway; waiting here costs nothing, while waiting inside SQLite
/// sleeps, in whole seconds with some builds, and ends in "database is locked".
/// </summary>
public sealed class WriteGate : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1, 1);

    /// <summary>Waits for its turn; disposing what is returned ends it. Cancelling withdraws.</summary>
    public async Task<IDisposable> TakeTurnAsync(CancellationToken ct)
    {
        await _turn.WaitAsync(ct);

        return new Turn(_turn);
    }

    public void Dispose() => _turn.Dispose();

    private sealed class Turn(SemaphoreSlim turn) : IDisposable
    {
        public void Dispose() => turn.Release();
    }
}
