namespace TaskSlices.Tests.Deploy;

/// <summary>What the publish profile single-file has made, in the folder that SINGLE_FILE names. .ci/run publishes it: that takes minutes.</summary>
[Trait("Speed", "slow")]
public sealed class SingleFileTests : IDisposable
{
    private const int Megabytes = 1_000_000;
    private const string Missing = "SINGLE_FILE does not name a folder with a publish of the profile single-file. The test is left out.";

    private static readonly string? Folder = Environment.GetEnvironmentVariable("SINGLE_FILE");

    private readonly string _directory = Directory.CreateTempSubdirectory("taskslices-").FullName;

    private static string Program => Path.Combine(Folder!, "TaskSlices");

    /// <summary>SQLite's library is unpacked there.</summary>
    private string Unpacked => Path.Combine(_directory, "unpacked");

    [Fact]
    public async Task Is_one_program_that_needs_nothing_beside_it()
    {
        if (Folder is null)
        {
            // The console shows warnings, and keeps the reason of a skipped test to itself.
            TestContext.Current.AddWarning(Missing);
            Assert.Skip(Missing);
        }

        Assert.Equal([Program], Directory.EnumerateFileSystemEntries(Folder));
        Assert.InRange(new FileInfo(Program).Length, 1, 110 * Megabytes);

        var data = Directory.CreateDirectory(Path.Combine(_directory, "data")).FullName;
        await using (var server = await ServerProcess.StartAsync(
            data, new() { ["DOTNET_BUNDLE_EXTRACT_BASE_DIR"] = Unpacked }, Program, through: ["/bin/sh", "-c", "shift 2; exec \"$@\"", "sh"]))
        {
            // What ran before it is gone: dotnet, and exec.
            Assert.Equal(Program, new FileInfo($"/proc/{server.Process.Id}/exe").LinkTarget);
            foreach (var (path, type) in new[] { ("/", "text/html"), ("/app.js", "text/javascript"), ("/swagger", "text/html"), ("/errors", "text/html") })
            {
                var response = await server.Client.Get(path);
                Assert.Equal((HttpStatusCode.OK, type), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
            }

            Assert.NotNull((await server.Client.Get("/swagger/v1/swagger.json").Is(HttpStatusCode.OK))["paths"]);
            Assert.Equal(0, await RunAsync("check", "--live", "--urls", server.Listening));
            Assert.Equal(0, (await server.StopAsync()).ExitCode);
            Assert.Equal(1, await RunAsync("check", "--live", "--urls", server.Listening));
        }

        Assert.Equal(0, await RunAsync("--version"));
        Assert.Equal(2, await RunAsync("nonsense"));
        Assert.Equal([Program], Directory.EnumerateFileSystemEntries(Folder));
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private async Task<int> RunAsync(params string[] arguments) =>
        (await Tool.RunAsync("/usr/bin/env", [$"DOTNET_BUNDLE_EXTRACT_BASE_DIR={Unpacked}", $"DATA_DIR={_directory}", Program, .. arguments])).ExitCode;
}
