using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace TaskSlices.Tests.Clients;

/// <summary>The npm package of clients/typescript, against servers of this build.</summary>
[Trait("Speed", "slow")]
public sealed class TypeScriptTests(Browser browser) : IClassFixture<Browser>
{
    private const string Folder = "/clients/typescript/test";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);
    private static readonly NodeProject Package = new("clients", "typescript");
    private static readonly Lazy<Task> Built = new(() => Package.RunAsync(NodeProject.Npm, ["run", "build"], Patience));
    private static readonly NodeProject Bun = new("tests", "bun");
    private static readonly Dictionary<string, string> Build = new() { ["TASKSLICES_DLL"] = Path.Combine(AppContext.BaseDirectory, "TaskSlices.dll") };

    [Fact]
    public async Task Passes_its_own_tests_against_the_real_servers()
    {
        await BetterAuthServer.DemandAsync();
        await Package.DemandAsync();

        var output = await Package.RunAsync(NodeProject.Npm, ["test"], Patience, Build);

        Assert.Matches("(?m)^# pass [1-9]", output);
        Assert.Contains("\n# fail 0\n", output, StringComparison.Ordinal);
        Assert.Contains("\n# skipped 0\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Passes_those_of_client_and_store_in_Bun_too()
    {
        await BetterAuthServer.DemandAsync();
        await Package.DemandAsync();
        await Bun.DemandAsync();
        await Built.Value;

        // Puts the program of this platform there, as npm does where it may run scripts.
        await Bun.RunAsync("node", ["node_modules/bun/install.js"], Patience);
        var bun = Path.Combine(DropIn.Root, "tests", "bun", "node_modules", "bun", "bin", "bun.exe");

        await Bun.RunAsync(bun, ["test", "--timeout", "300000", $"../..{Folder}/client.test.mjs", $"../..{Folder}/sync.test.mjs"], Patience, Build);
    }

    /// <summary>The same files as in Node.js, with the browser's own fetch, streams, IndexedDB and locks, from another origin than the server's.</summary>
    [Theory]
    [InlineData("client", 20)]
    [InlineData("sync", 25)]
    [InlineData("model", 1)]
    public async Task Passes_them_in_Chromium_too(string name, int count)
    {
        await Package.DemandAsync();
        await Built.Value;
        var directory = Directory.CreateTempSubdirectory("taskslices-").FullName;
        await using var files = await KeyServer.StartAsync();
        files.Answer = SendFileAsync;
        Dictionary<string, string> settings = new(Browser.Settings) { ["CORS_ORIGINS"] = files.Url };
        var server = await ServerProcess.StartAsync(directory, settings);
        var (betterAuth, delegated) = ((BetterAuthServer?)null, (ServerProcess?)null);
        try
        {
            await using var context = await browser.NewContextAsync(new());
            var page = await context.NewPageAsync();
            await page.ExposeFunctionAsync("betterAuthUrl", async () => (betterAuth = await BetterAuthServer.StartAsync("EdDSA", origin: files.Url)).Url);
            await page.ExposeFunctionAsync("serverUrl", async (bool isDelegated) =>
            {
                if (!isDelegated)
                    return server.Listening;

                Directory.CreateDirectory($"{directory}/delegated");
                delegated = await ServerProcess.StartAsync($"{directory}/delegated", new(settings) { ["BETTER_AUTH_URL"] = betterAuth!.Url });

                return delegated.Listening;
            });
            await page.ExposeFunctionAsync("restartServer", async () =>
            {
                var port = new Uri(server.Listening).Port;
                await server.DisposeAsync();
                server = await ServerProcess.StartAsync(directory, settings, port: port);

                return true;
            });

            await page.GotoAsync($"{files.Url}{Folder}/browser/index.html");
            var results = await page.EvaluateAsync<JsonElement>(
                $"async () => {{ const {{ run }} = await import('node:test'); await import('{Folder}/{name}.test.mjs'); return run(); }}");

            var passed = results.EnumerateArray().Where(result => result.GetProperty("skipped").ValueKind is JsonValueKind.Null).ToList();
            Assert.Equal(count, passed.Count);
            Assert.All(passed, result => Assert.Equal($"{result.GetProperty("name")}: ", $"{result.GetProperty("name")}: {result.GetProperty("error")}"));
        }
        finally
        {
            await server.DisposeAsync();
            if (delegated is not null)
                await delegated.DisposeAsync();
            if (betterAuth is not null)
                await betterAuth.DisposeAsync();

            Engine.Drop(directory);
            Engine.Drop($"{directory}/delegated");
            Directory.Delete(directory, recursive: true);
        }
    }

    /// <summary>Of the repository; modules of other packages leave the end of a name out.</summary>
    private static Task SendFileAsync(HttpContext context)
    {
        var path = $"{DropIn.Root}{context.Request.Path}";
        path = File.Exists(path) ? path : $"{path}.js";
        if (!File.Exists(path))
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        }

        context.Response.ContentType = Path.GetExtension(path) switch
        {
            ".html" => "text/html",
            ".json" => "application/json",
            _ => "text/javascript",
        };

        return context.Response.SendFileAsync(path, context.RequestAborted);
    }
}
