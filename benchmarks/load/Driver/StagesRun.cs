namespace TaskSlices.Load.Driver;

/// <summary>
/// The processor time of a get, and of a refused one, by stage: the product cut behind each of its stages, all in alternation. What a stage
/// takes is the difference to the one before it.
/// </summary>
public sealed class StagesRun(Bench bench, LoadOptions options, string assembly)
{
    private const int RoundSeconds = 2;
    private const int WarmSeconds = 8;

    public async Task RunAsync()
    {
        var user = new User();
        var seed = await bench.SeedAsync();
        seed.Fill([user], 1000);
        var names = (await Tools.RunAsync(Tools.Dotnet, assembly, "--list")).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var get = new Workload("w1", "get one of 1,000", "get-one", bench.Callers([user]));
        var costs = names.ToDictionary(name => name, _ => new List<double>());

        for (var life = 0; life < options.Lives; life++)
        {
            var servers = new List<Server>();
            try
            {
                foreach (var name in names)
                    servers.Add(await bench.StartAsync(Contender.Stage(assembly, name), seed, user));

                foreach (var server in servers)
                    await Round.RunAsync(server, get, WarmSeconds, Bench.WrkCpu, check: true);

                for (var i = 0; i < options.Rounds; i++)
                {
                    foreach (var server in i % 2 == 0 ? servers : Enumerable.Reverse(servers))
                        costs[server.Name].Add((await Round.RunAsync(server, get, options.Seconds ?? RoundSeconds, Bench.WrkCpu)).CpuPerRequest);
                }
            }
            finally
            {
                foreach (var server in servers)
                    await server.DisposeAsync();
            }
        }

        Console.WriteLine("| stage | CPU µs of a get up to here | of this stage | share |");
        Console.WriteLine("|---|---|---|---|");
        var (whole, before) = (costs[names[^1]].Median(), 0.0);
        foreach (var name in names)
        {
            var cost = costs[name].Median();
            Console.WriteLine($"| {name} | {Bench.Number(cost)} | {Bench.Number(cost - before)} | {Bench.Number(100 * (cost - before) / whole)} % |");
            before = cost;
        }
    }
}
