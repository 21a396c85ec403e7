using System.Globalization;

namespace TaskSlices.Load.Driver;

/// <summary>What the command line asks for.</summary>
public sealed record LoadOptions
{
    public const string Usage = """
        dotnet run -c Release --project benchmarks/load -- [options]
          --seconds N     how long a round is (default 5; with --two-cpus 60)
          --rounds N      rounds of each server and workload (default 6)
          --only w1,w3    only these of w1 w2 w3 w4 w5 and start
          --two-cpus      instead: w4 with two CPUs for the server, one long round each: the slowest request
          --depth         instead: a user of 100,000 tasks among 1,000,000 rows, against a user of 1,000
          --streams       instead: 2,000 live streams of the product, and creates beside them
          --postgres URL  measured on the PostgreSQL database of this address, which is empty, in place of the ceiling
          --shape         instead, with --postgres: a page of 50 among 100,000, 1,000,000 and 10,000,000 tasks
          --product FILE  a TaskSlices.dll that is built already; without it the product is published first
          --beside FILE   the TaskSlices.dll of another build, measured in place of the ceiling
          --against NAME  in place of the ceiling: what one would write instead, fastendpoints or minimal, each with EF Core and JwtBearer
          --lives N       how often both servers are started anew for each workload (default 2): no two starts compile alike
          --stages        instead: what each stage of the product's pipeline takes of a get
        """;

    public int? Seconds { get; private init; }
    public int Rounds { get; private init; } = 6;
    public IReadOnlyList<string> Only { get; private init; } = [];
    public bool TwoCpus { get; private init; }
    public bool Depth { get; private init; }
    public bool Shape { get; private init; }
    public bool Streams { get; private init; }
    public string? Postgres { get; private init; }
    public string? Product { get; private init; }
    public string? Beside { get; private init; }
    public string? Against { get; private init; }
    public int Lives { get; private init; } = 2;
    public bool Stages { get; private init; }

    /// <exception cref="LoadException">An option is not known, or its value is wrong.</exception>
    public static LoadOptions Read(string[] args)
    {
        var options = new LoadOptions();

        for (var i = 0; i < args.Length; i++)
        {
            options = args[i] switch
            {
                "--seconds" => options with { Seconds = Number(args, ++i) },
                "--rounds" => options with { Rounds = Number(args, ++i) },
                "--only" => options with { Only = Value(args, ++i).Split(',') },
                "--two-cpus" => options with { TwoCpus = true },
                "--depth" => options with { Depth = true },
                "--streams" => options with { Streams = true },
                "--shape" => options with { Shape = true },
                "--postgres" => options with { Postgres = Value(args, ++i) },
                "--product" => options with { Product = Path.GetFullPath(Value(args, ++i)) },
                "--against" => options with { Against = Value(args, ++i) },
                "--lives" => options with { Lives = Number(args, ++i) },
                "--stages" => options with { Stages = true },
                "--beside" => options with { Beside = Path.GetFullPath(Value(args, ++i)) },
                _ => throw new LoadException($"{args[i]} is no option.{Environment.NewLine}{Usage}"),
            };
        }

        return options switch
        {
            { Shape: true, Postgres: null } => throw new LoadException("--shape needs --postgres."),
            { Against: not (null or "fastendpoints" or "minimal") } => throw new LoadException("--against takes fastendpoints or minimal."),
            _ when new[] { options.Beside, options.Postgres, options.Against }.OfType<string>().Count() > 1 =>
                throw new LoadException("One of --beside, --postgres and --against takes the place of the ceiling."),
            _ => options,
        };
    }

    public bool Asks(string name) => Only.Count == 0 || Only.Contains(name);

    private static string Value(string[] args, int at) => at < args.Length ? args[at] : throw new LoadException($"{args[^1]} needs a value.");

    private static int Number(string[] args, int at) =>
        int.TryParse(Value(args, at), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is > 0 and <= 3600
            ? number
            : throw new LoadException($"{args[at - 1]} needs a number from 1 to 3600.");
}

/// <summary>The run can't go on; the message says why, for the person who started it.</summary>
public sealed class LoadException(string message) : Exception(message);
