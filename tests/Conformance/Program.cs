using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using TaskSlices.Conformance.Starts;
using TaskSlices.Conformance.Support;
using Xunit.Runner.InProc.SystemConsole;

// FastEndpoints keeps what it is given in statics of the process: a host is mapped while no other is in use.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace TaskSlices.Conformance;

/// <summary>The process of the tests; the host that a fixture starts; and, with <c>start NAME</c>, one start on its own.</summary>
public sealed class Program
{
    private Program() { }

    public static async Task<int> Main(string[] args) => args is ["start", var name] ? Start.Run(name) : await ConsoleRunner.Run(args);

    /// <summary>WebApplicationFactory looks for this method, and would otherwise run the entry point, which is the tests.</summary>
    public static IHostBuilder CreateHostBuilder(string[] args) => Host.CreateDefaultBuilder(args)
        .ConfigureLogging(logging => logging.ClearProviders())
        .ConfigureWebHostDefaults(web => web.ConfigureServices(Probes.Add).Configure(Probes.Use));
}
