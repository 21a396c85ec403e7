namespace TaskSlices.Load.Driver;

/// <summary>What a task costs one who has 100,000 of them, among 1,000,000 rows, against one who has 1,000.</summary>
public sealed class DepthRun(Bench bench, LoadOptions options)
{
    private const int Rows = 1_000_000;
    private const int Many = 100_000;
    private const int Few = 1000;
    private const int RoundSeconds = 5;

    public async Task RunAsync()
    {
        var deep = new User();
        var others = Enumerable.Range(0, (Rows - Many) / Few).Select(_ => new User()).ToList();
        var seed = await bench.SeedAsync();
        seed.Fill([deep], Many);
        seed.Fill(others, Few);

        await using var product = await bench.StartAsync(bench.Product, seed, deep);
        await using var ceiling = await bench.StartAsync(bench.Ceiling, seed, deep);
        var (deepFile, fewFile) = (bench.Callers([deep]), bench.Callers([others[0]]));
        Console.WriteLine(bench.Describe(product, ceiling));
        Console.WriteLine();
        Console.WriteLine($"| CPU µs per request, {Many:#,0} tasks of {Rows:#,0} / {Few:#,0} tasks | {bench.Product.Name} | ratio | {bench.Ceiling.Name} | ratio |");
        Console.WriteLine("|---|---|---|---|---|");

        foreach (var (title, script) in new[] { ("get, any of them", "get-one"), ("first page of 50", "first-page"), ("middle page of 50", "middle-page") })
        {
            var (many, few) = (new Workload("depth", title, script, deepFile), new Workload("depth", title, script, fewFile));
            await Round.WarmAsync([product, ceiling], few, Bench.WrkCpu);
            Console.WriteLine($"| {title} | {await CompareAsync(product, many, few)} | {await CompareAsync(ceiling, many, few)} |");
        }

        // What the ceiling does not have.
        foreach (var (title, script) in new[] { ("100 changes", "changes"), ("a list that the caller has (304)", "unchanged") })
        {
            var (many, few) = (new Workload("depth", title, script, deepFile), new Workload("depth", title, script, fewFile));
            await Round.WarmAsync([product], few, Bench.WrkCpu);
            Console.WriteLine($"| {title} | {await CompareAsync(product, many, few)} | | |");
        }

        var (unchanged, refused) = (
            new Workload("depth", "304", "unchanged", fewFile), new Workload("depth", "401", "bad-signature", bench.Strangers(others), IsRefused: true));
        await Round.WarmAsync([product], refused, Bench.WrkCpu);
        Console.WriteLine($"| a list that the caller has / a refused signature | {await CompareAsync(product, unchanged, refused)} | | |");
    }

    private async Task<string> CompareAsync(Server server, Workload many, Workload few)
    {
        var costs = new Dictionary<Workload, List<double>> { [many] = [], [few] = [] };
        for (var i = 0; i < options.Rounds; i++)
        {
            foreach (var workload in i % 2 == 0 ? new[] { many, few } : [few, many])
                costs[workload].Add((await Round.RunAsync(server, workload, options.Seconds ?? RoundSeconds, Bench.WrkCpu)).CpuPerRequest);
        }

        var ratio = costs[many].Zip(costs[few], (m, f) => m / f).Median();

        return $"{Bench.Number(costs[many].Median())} / {Bench.Number(costs[few].Median())} | **{Bench.Number(ratio)}**";
    }
}
