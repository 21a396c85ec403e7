using System.Net;
using System.Net.Sockets;

namespace TaskSlices.Load.Driver;

/// <summary>A server, as the command that starts it.</summary>
public sealed class Contender
{
    private readonly Func<string, int, string[]> _command;
    private readonly string? _database;
    private string? _stage;

    private Contender(string name, Func<string, int, string[]> command, string? database = null)
    {
        Name = name;
        _command = command;
        _database = database;
    }

    public string Name { get; }

    public static Contender Product(string assembly, string name) =>
        new(name, (_, port) => [Tools.Dotnet, assembly, "--urls", $"http://127.0.0.1:{port}"]);

    public static Contender Postgres(string assembly, string database) =>
        new("PostgreSQL", (_, port) => [Tools.Dotnet, assembly, "--urls", $"http://127.0.0.1:{port}"], database);

    /// <param name="assembly">Of benchmarks/contenders.</param>
    /// <param name="name">Which of them.</param>
    public static Contender Alternative(string assembly, string name) =>
        new(name, (_, port) => [Tools.Dotnet, assembly, name, "--urls", $"http://127.0.0.1:{port}"]);

    /// <param name="assembly">Of benchmarks/stages.</param>
    /// <param name="stage">The last one that a request passes.</param>
    public static Contender Stage(string assembly, string stage) =>
        new(stage, (_, port) => [Tools.Dotnet, assembly, "--urls", $"http://127.0.0.1:{port}"]) { _stage = stage };

    /// <summary>Under the runtimeconfig.json of the product: the same collector, the same tiers, whatever they come to be.</summary>
    public static Contender Ceiling(string product) =>
        new("ceiling", (directory, port) =>
        [
            Tools.Dotnet, "exec", "--runtimeconfig", Path.ChangeExtension(product, ".runtimeconfig.json"),
            Path.Combine(AppContext.BaseDirectory, "TaskSlices.Load.dll"), "ceiling", Path.Combine(directory, Seed.FileName), $"{port}",
        ]);

    /// <summary>Starts it over the data of a directory, on the CPUs that are named as taskset names them.</summary>
    public Server Start(string directory, string secret, string cpus)
    {
        var port = FreePort();
        var environment = new Dictionary<string, string>
        {
            ["DATA_DIR"] = directory,
            ["BETTER_AUTH_SECRET"] = secret,

            // Counted, and out of reach.
            ["Limits__WritesPerMinute"] = $"{int.MaxValue}",
            ["Limits__ReadsPerMinute"] = $"{int.MaxValue}",
            ["Limits__TasksPerUser"] = $"{int.MaxValue}",
        };
        if (_database is not null)
            environment["DATABASE_URL"] = _database;

        if (_stage is not null)
            environment["STAGE"] = _stage;

        return new Server(Name, port, ["taskset", "-c", cpus, .. _command(directory, port)], environment);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();

        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
