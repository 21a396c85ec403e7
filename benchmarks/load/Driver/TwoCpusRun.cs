namespace TaskSlices.Load.Driver;

/// <summary>w4 for a minute with two CPUs for the server: how long the slowest request took.</summary>
public sealed class TwoCpusRun(Bench bench, LoadOptions options)
{
    private const int Minute = 60;

    public async Task RunAsync()
    {
        const string serverCpus = "0,1";
        var wrkCpus = Environment.ProcessorCount > 2 ? "2" : serverCpus;
        var users = Enumerable.Range(0, 100).Select(_ => new User()).ToList();
        var seed = await bench.SeedAsync();
        seed.Fill(users, 100);

        await using var product = await bench.StartAsync(bench.Product, seed, users[0], serverCpus);
        await using var ceiling = await bench.StartAsync(bench.Ceiling, seed, users[0], serverCpus);
        var workload = new Workload("w4", "80/20 mixed, 100 users", "mixed", bench.Callers(users));
        Console.WriteLine($"{bench.Describe(product, ceiling)} wrk on {(wrkCpus == serverCpus ? "the same CPUs" : "a CPU of its own")}.");
        Console.WriteLine();
        await Round.WarmAsync([product, ceiling], workload, wrkCpus);

        Console.WriteLine("| w4 on two CPUs | requests per second | p50 ms | p99 ms | slowest ms | anonymous MiB |");
        Console.WriteLine("|---|---|---|---|---|---|");
        foreach (var server in new[] { product, ceiling })
        {
            var round = await Round.RunAsync(server, workload, options.Seconds ?? Minute, wrkCpus);
            Console.WriteLine(
                $"| {server.Name} | {Bench.Number(round.PerSecond)} | {Bench.Number(round.Seen.P50)} | {Bench.Number(round.Seen.P99)} | {Bench.Number(round.Seen.Slowest)} "
                + $"| {Bench.Number(server.Memory.Anonymous)} |");
        }
    }
}
