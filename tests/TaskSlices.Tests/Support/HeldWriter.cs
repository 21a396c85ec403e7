using Microsoft.Extensions.DependencyInjection;
using TaskSlices.Infrastructure.Data;

namespace TaskSlices.Tests.Support;

/// <summary>The writer, busy with a change that ends when this is disposed: whoever writes meanwhile waits.</summary>
public sealed class HeldWriter : IAsyncDisposable
{
    private readonly TaskCompletionSource _release = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _holding = Task.CompletedTask;

    public static async Task<HeldWriter> TakeAsync(IServiceProvider services)
    {
        var held = new HeldWriter();
        var taken = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        held._holding = held.HoldAsync(services, taken);
        await await Task.WhenAny(taken.Task, held._holding);

        return held;
    }

    public async ValueTask DisposeAsync()
    {
        _release.TrySetResult();
        await _holding;
    }

    private async Task HoldAsync(IServiceProvider services, TaskCompletionSource taken)
    {
        await using var scope = services.CreateAsyncScope();
        await scope.ServiceProvider.GetRequiredService<AppDb>().WriteAsync(
            async () =>
            {
                taken.SetResult();
                await _release.Task;
                return 0;
            },
            CancellationToken.None);
    }
}
