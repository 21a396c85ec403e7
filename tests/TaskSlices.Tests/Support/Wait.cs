using System.Diagnostics;

namespace TaskSlices.Tests.Support;

/// <summary>For what happens by itself, soon.</summary>
public static class Wait
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(20);

    /// <summary>Until it is so; fails after the time given, ten seconds if none is.</summary>
    /// <returns>How long it took.</returns>
    public static async Task<TimeSpan> Until(string what, Func<Task<bool>> condition, TimeSpan? patience = null)
    {
        var watch = Stopwatch.StartNew();
        while (!await condition())
        {
            Assert.True(watch.Elapsed < (patience ?? TimeSpan.FromSeconds(10)), $"Waited {watch.Elapsed.TotalSeconds:0.0} s in vain until {what}.");
            await Task.Delay(Step, TestContext.Current.CancellationToken);
        }

        return watch.Elapsed;
    }

    public static Task<TimeSpan> Until(string what, Func<bool> condition, TimeSpan? patience = null) => Until(what, () => Task.FromResult(condition()), patience);
}
