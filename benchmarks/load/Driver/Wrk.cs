using System.Globalization;

namespace TaskSlices.Load.Driver;

/// <summary>A kind of load: one script of wrk, over the callers of one file.</summary>
/// <param name="Name">w1 to w5, as <c>--only</c> names it.</param>
/// <param name="Title">What it does, for a person.</param>
/// <param name="Script">In the folder wrk.</param>
/// <param name="Callers">The path of the file that the script reads.</param>
/// <param name="IsRefused">Whether every answer must be a refusal; otherwise none may be.</param>
public sealed record Workload(string Name, string Title, string Script, string Callers, bool IsRefused = false);

/// <summary>What one run of wrk saw. Times in milliseconds.</summary>
public sealed record WrkResult(long Requests, double Seconds, double P50, double P99, double Slowest);

/// <summary>wrk, one thread and 32 connections, on its own CPU.</summary>
public static class Wrk
{
    private const int Connections = 32;

    /// <param name="server">Who is loaded.</param>
    /// <param name="workload">With what.</param>
    /// <param name="seconds">How long.</param>
    /// <param name="cpus">Where wrk runs, as taskset names CPUs.</param>
    /// <param name="check">Whether every status is looked at, which makes wrk slower, and not only counted.</param>
    /// <exception cref="LoadException">An answer was not what it should be, or a connection failed.</exception>
    public static async Task<WrkResult> RunAsync(Server server, Workload workload, int seconds, string cpus, bool check = false)
    {
        // The scripts find each other in the working directory.
        var (exitCode, output) = await Tools.RunAsync(
            "env", "-C", Tools.Scripts, "taskset", "-c", cpus, "wrk", "-t", "1", "-c", $"{Connections}", "-d", $"{seconds}", "-s", $"{workload.Script}.lua",
            $"{server.Address}", "--", workload.Callers, check ? "check" : "count");

        if (exitCode != 0 || output.Split('\n').FirstOrDefault(line => line.StartsWith("RESULT ", StringComparison.Ordinal)) is not { } line)
            throw new LoadException($"{workload.Name} on the {server.Name}: {output}{Environment.NewLine}{server.Log}");

        var numbers = line.Split(' ')[1..].Select(text => long.Parse(text, CultureInfo.InvariantCulture)).ToArray();
        var (requests, refused, failed) = (numbers[0], numbers[2], numbers[3]);

        if (requests == 0 || failed > 0 || refused != (workload.IsRefused ? requests : 0))
            throw new LoadException($"{workload.Name} on the {server.Name}: of {requests} answers {refused} are refusals, and {failed} requests failed.{Environment.NewLine}{server.Log}");

        return new WrkResult(requests, numbers[1] / 1e6, numbers[4] / 1e3, numbers[5] / 1e3, numbers[6] / 1e3);
    }
}
