using TaskSlices.Infrastructure.Data;

namespace TaskSlices.Tests.Infrastructure.Data;

public sealed class ChangeSignalsTests : IAsyncDisposable
{
    private readonly ChangeSignals _signals = new();

    public ValueTask DisposeAsync() => _signals.DisposeAsync();

    [Fact]
    public async Task Have_the_last_change_seen_in_few_looks_and_not_by_the_caller()
    {
        var (changed, seen, looks, atOnce) = (0, 0, 0, 0);
        using var watch = _signals.Watch("ann", async () =>
        {
            Assert.Equal(1, Interlocked.Increment(ref atOnce));
            Interlocked.Increment(ref looks);
            Volatile.Write(ref seen, Volatile.Read(ref changed));
            await Task.Delay(10);
            Interlocked.Decrement(ref atOnce);
        });

        await Parallel.ForAsync(0, 1000, TestContext.Current.CancellationToken, (_, _) =>
        {
            Interlocked.Increment(ref changed);
            _signals.Announce("ann");
            _signals.Announce("bob");

            return default;
        });

        await Wait.Until("the last change is seen", () => Volatile.Read(ref seen) == 1000);
        Assert.InRange(looks, 1, 20);
    }

    [Fact]
    public async Task Do_not_wait_for_who_looks()
    {
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var blocked = new ManualResetEventSlim();
        using var watch = _signals.Watch("ann", () =>
        {
            blocked.Wait();
            release.TrySetResult();

            return Task.CompletedTask;
        });

        _signals.Announce("ann");
        _signals.Announce("ann");
        Assert.False(release.Task.IsCompleted);
        blocked.Set();
        await release.Task;
    }

    [Fact]
    public async Task Tell_nobody_who_has_left()
    {
        var looks = 0;
        var watch = _signals.Watch("ann", () => Task.FromResult(Interlocked.Increment(ref looks)));
        Assert.Throws<InvalidOperationException>(() => _signals.Watch("ann", () => Task.CompletedTask));

        watch.Dispose();
        _signals.Announce("ann");
        watch.Signal();
        using (_signals.Watch("ann", () => Task.CompletedTask))
            await Task.Delay(100, TestContext.Current.CancellationToken);
        Assert.Equal(0, looks);
    }
}
