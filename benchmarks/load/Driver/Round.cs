namespace TaskSlices.Load.Driver;

/// <summary>One round of one server: what wrk saw, and what the kernel counted for the server meanwhile.</summary>
/// <param name="Seen">From outside.</param>
/// <param name="CpuPerRequest">In microseconds, user and system.</param>
public sealed record Round(WrkResult Seen, double CpuPerRequest)
{
    /// <summary>In one second, writers that wait for SQLite's lock may have no answer at all.</summary>
    private const int BurstSeconds = 2;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    public double PerSecond => Seen.Requests / Seen.Seconds;

    public static async Task<Round> RunAsync(Server server, Workload workload, int seconds, string wrkCpus, bool check = false)
    {
        var before = server.CpuTime;
        var seen = await Wrk.RunAsync(server, workload, seconds, wrkCpus, check);

        return new Round(seen, (server.CpuTime - before).TotalMicroseconds / seen.Requests);
    }

    /// <summary>
    /// Short bursts in turns, each with a pause behind it: on one saturated CPU the thread that compiles the next tier gets no time. Goes on
    /// until no server has become cheaper by 3 % for two turns.
    /// </summary>
    public static async Task WarmAsync(IReadOnlyList<Server> servers, Workload workload, string wrkCpus)
    {
        const int fewest = 5;
        const int most = 15;
        var best = servers.ToDictionary(server => server, _ => double.MaxValue);
        var steady = 0;

        for (var turn = 0; turn < most && (turn < fewest || steady < 2); turn++)
        {
            var improved = false;
            foreach (var server in servers)
            {
                var cost = (await RunAsync(server, workload, BurstSeconds, wrkCpus, check: turn == 0)).CpuPerRequest;
                await Task.Delay(Pause);
                improved |= cost < best[server] * 0.97;
                best[server] = Math.Min(best[server], cost);
            }

            steady = improved ? 0 : steady + 1;
        }
    }
}

public static class Statistics
{
    public static double Median(this IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();

        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
