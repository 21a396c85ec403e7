namespace TaskSlices.Load.Driver;

/// <summary>w1 to w5 and the start, on one CPU, product and ceiling in alternation.</summary>
public sealed class WorkloadsRun(Bench bench, LoadOptions options)
{
    private const int Starts = 5;
    private const int RoundSeconds = 5;

    private readonly List<User> _ten = [.. Enumerable.Range(0, 10).Select(_ => new User())];
    private readonly List<User> _hundred = [.. Enumerable.Range(0, 100).Select(_ => new User())];

    public async Task RunAsync()
    {
        var seed = await bench.SeedAsync();
        seed.Fill(_ten, 1000);
        seed.Fill(_hundred, 100);

        Console.WriteLine(await AgreeAsync(seed));
        Console.WriteLine();
        var workloads = Workloads().Where(w => options.Asks(w.Name)).ToList();
        if (workloads.Count > 0)
            WriteHead();
        foreach (var workload in workloads)
            await MeasureAsync(workload, seed);

        if (options.Asks("start"))
            await StartAsync(seed);
    }

    private IEnumerable<Workload> Workloads() =>
    [
        new("w1", "get one of 1,000", "get-one", bench.Callers(_ten.Take(1))),
        new("w2", "list 50 of 1,000", "first-page", bench.Callers(_ten)),
        new("w3", "create", "create", bench.Callers(_hundred)),
        new("w4", "80/20 mixed, 100 users", "mixed", bench.Callers(_hundred)),
        new("w5", "401, bad signature", "bad-signature", bench.Strangers(Enumerable.Range(0, 100).SelectMany(_ => _ten)), IsRefused: true),
    ];

    /// <summary>
    /// The same work, or no ratio: what both answer is compared before anything is measured. An alternative has its own words; wrk looks at
    /// the status of its answers while it is warmed.
    /// </summary>
    private async Task<string> AgreeAsync(Seed seed)
    {
        await using var product = await bench.StartAsync(bench.Product, seed, _ten[0]);
        await using var ceiling = await bench.StartAsync(bench.Ceiling, seed, _ten[0]);
        if (options.Against is null)
            await Agreement.DemandAsync(product, ceiling, _ten[0], bench.Secret);

        return bench.Describe(product, ceiling);
    }

    private async Task MeasureAsync(Workload workload, Seed seed)
    {
        var (product, ceiling) = (new List<Round>(), new List<Round>());
        var (productMemory, ceilingMemory) = (new List<(double, double)>(), new List<(double, double)>());
        for (var life = 0; life < options.Lives; life++)
        {
            await using var first = await bench.StartAsync(life % 2 == 0 ? bench.Product : bench.Ceiling, seed, _ten[0]);
            await using var second = await bench.StartAsync(life % 2 == 0 ? bench.Ceiling : bench.Product, seed, _ten[0]);
            await Round.WarmAsync([first, second], workload, Bench.WrkCpu);
            for (var i = 0; i < options.Rounds; i++)
            {
                // ABBA: a machine that gets slower or faster meanwhile does so for both.
                foreach (var server in i % 2 == 0 ? new[] { first, second } : [second, first])
                {
                    var round = await Round.RunAsync(server, workload, options.Seconds ?? RoundSeconds, Bench.WrkCpu);
                    (server.Name == bench.Product.Name ? product : ceiling).Add(round);
                }
            }

            foreach (var server in new[] { first, second })
                (server.Name == bench.Product.Name ? productMemory : ceilingMemory).Add(server.Memory);
        }

        WriteLine(workload, (product, productMemory), (ceiling, ceilingMemory));
    }

    private void WriteHead()
    {
        Console.WriteLine($"| {bench.Product.Name} / {bench.Ceiling.Name} | CPU µs per request | ratio | requests per second | ratio | p50 ms | p99 ms | slowest ms | resident MiB | anonymous MiB |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|---|---|");
    }

    private static void WriteLine(Workload workload,
        (List<Round> Rounds, List<(double Resident, double Anonymous)> Memory) product,
        (List<Round> Rounds, List<(double Resident, double Anonymous)> Memory) ceiling)
    {
        var cpu = product.Rounds.Zip(ceiling.Rounds, (p, c) => c.CpuPerRequest / p.CpuPerRequest).Median();
        var perSecond = product.Rounds.Zip(ceiling.Rounds, (p, c) => p.PerSecond / c.PerSecond).Median();

        Console.WriteLine(
            $"| {workload.Name} {workload.Title} | {Both(r => r.CpuPerRequest)} | **{Bench.Number(cpu)}** | {Both(r => r.PerSecond)} | {Bench.Number(perSecond)} "
            + $"| {Both(r => r.Seen.P50)} | {Both(r => r.Seen.P99)} | {Bench.Number(product.Rounds.Max(r => r.Seen.Slowest))} / {Bench.Number(ceiling.Rounds.Max(r => r.Seen.Slowest))} "
            + $"| {Bench.Number(product.Memory.Max(m => m.Resident))} / {Bench.Number(ceiling.Memory.Max(m => m.Resident))} "
            + $"| {Bench.Number(product.Memory.Max(m => m.Anonymous))} / {Bench.Number(ceiling.Memory.Max(m => m.Anonymous))} |");

        string Both(Func<Round, double> value) => $"{Bench.Number(product.Rounds.Select(value).Median())} / {Bench.Number(ceiling.Rounds.Select(value).Median())}";
    }

    private async Task StartAsync(Seed seed)
    {
        Console.WriteLine();
        Console.WriteLine($"| start to first answer, ms | {bench.Product.Name} | {bench.Ceiling.Name} |");
        Console.WriteLine("|---|---|---|");

        foreach (var (cpus, title) in new[] { (Bench.ServerCpu, "one CPU"), ($"{Bench.ServerCpu},{Bench.WrkCpu}", "two CPUs") })
        {
            var times = new Dictionary<Contender, List<double>> { [bench.Product] = [], [bench.Ceiling] = [] };
            for (var i = 0; i < Starts; i++)
            {
                foreach (var contender in i % 2 == 0 ? new[] { bench.Product, bench.Ceiling } : [bench.Ceiling, bench.Product])
                    times[contender].Add(await TimeStartAsync(contender, seed, cpus));
            }

            Console.WriteLine($"| {title} | {Bench.Number(times[bench.Product].Median())} | {Bench.Number(times[bench.Ceiling].Median())} |");
        }
    }

    private async Task<double> TimeStartAsync(Contender contender, Seed seed, string cpus)
    {
        var directory = bench.NewDirectory();
        seed.CopyTo(contender, directory);
        await using var server = contender.Start(directory, bench.Secret, cpus);

        return (await server.FirstAnswerAsync($"/api/{_ten[0].Name}/tasks/{_ten[0].Tasks[0]}", _ten[0].Token(bench.Secret))).TotalMilliseconds;
    }
}
