using System.Diagnostics;
using System.Globalization;

namespace TaskSlices.Tests.Support;

/// <summary>How a process ends when it is asked to, and what it said until then.</summary>
public static class Stopping
{
    /// <summary>Asks it to end, as a service manager does (SIGINT would be ignored where the tests run in the background), and waits; gives the exit code and the whole log.</summary>
    public static async Task<(int ExitCode, string Log)> StopAsync(this ServerProcess server)
    {
        using (var kill = Process.Start("kill", ["-TERM", server.Process.Id.ToString(CultureInfo.InvariantCulture)]))
            await kill.WaitForExitAsync(TestContext.Current.CancellationToken);

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(30));
        await server.Process.WaitForExitAsync(patience.Token);
        await Task.Run(server.Process.WaitForExit, TestContext.Current.CancellationToken);

        return (server.Process.ExitCode, server.Log);
    }

    /// <summary>Asserts a start that was refused as a person can read it: exit code 1, and one line about what is wrong and how to mend it.</summary>
    public static string IsRefused(this (int ExitCode, string Output, string Error) run, params string[] words)
    {
        Assert.True(run.ExitCode == 1, $"It ended with {run.ExitCode}:\n{run.Output}{run.Error}");
        Assert.Equal("", run.Output);
        var line = Assert.Single(run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        Assert.StartsWith("TaskSlices does not start. ", line, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", line, StringComparison.Ordinal);
        foreach (var word in words)
            Assert.Contains(word, line, StringComparison.Ordinal);

        return line;
    }
}
