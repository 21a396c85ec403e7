using System.Diagnostics;

namespace TaskSlices.Tests.Deploy;

/// <summary>The publish profile single-file, from a copy of the sources: a publish writes between them.</summary>
[Trait("Speed", "slow")]
public sealed class SingleFileTests : IDisposable
{
    private const int Megabytes = 1_000_000;
    private const string LeftOut = "A publish as a single file takes minutes. It is left out, unless the variable CI is set.";

    private static readonly string[] Sources =
        ["src", "standins", "docs", "appsettings.json", "global.json", "Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props"];

    private readonly string _directory = Directory.CreateTempSubdirectory("taskslices-publish-").FullName;

    private string Program => Path.Combine(_directory, "out", "TaskSlices");

    /// <summary>SQLite's library is unpacked there.</summary>
    private string Unpacked => Path.Combine(_directory, "unpacked");

    /// <summary>In one test, and in CI only: a publish takes minutes.</summary>
    [Fact]
    public async Task Is_one_program_that_needs_nothing_beside_it()
    {
        if (Environment.GetEnvironmentVariable("CI") is null)
        {
            // The console shows warnings, and keeps the reason of a skipped test to itself.
            TestContext.Current.AddWarning(LeftOut);
            Assert.Skip(LeftOut);
        }

        await PublishAsync();

        Assert.Equal([Program], Directory.EnumerateFileSystemEntries(Path.GetDirectoryName(Program)!));
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
        Assert.Equal([Program], Directory.EnumerateFileSystemEntries(Path.GetDirectoryName(Program)!));
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private async Task PublishAsync()
    {
        var copy = Directory.CreateDirectory(Path.Combine(_directory, "sources")).FullName;
        using (var tar = Process.Start("/bin/sh", ["-c", "cd \"$0\" && to=$1 && shift && tar -c --exclude=bin --exclude=obj \"$@\" | tar -x -C \"$to\"", DropIn.Root, copy, .. Sources]))
        {
            await tar.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.Equal(0, tar.ExitCode);
        }

        var (exitCode, output) = await Tool.RunAsync(
            "dotnet", "publish", Path.Combine(copy, "src"), "-p:PublishProfile=single-file", "-o", Path.GetDirectoryName(Program)!,
            "-nodeReuse:false", "-v:quiet", "-nologo", "-p:RunAnalyzers=false", "-p:EnforceCodeStyleInBuild=false");
        Assert.True(exitCode == 0, output);
    }

    private async Task<int> RunAsync(params string[] arguments) =>
        (await Tool.RunAsync("/usr/bin/env", [$"DOTNET_BUNDLE_EXTRACT_BASE_DIR={Unpacked}", $"DATA_DIR={_directory}", Program, .. arguments])).ExitCode;
}
