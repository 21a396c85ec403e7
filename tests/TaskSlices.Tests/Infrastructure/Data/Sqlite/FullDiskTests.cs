using System.Diagnostics;
using System.Net.Http.Headers;

namespace TaskSlices.Tests.Infrastructure.Data.Sqlite;

/// <summary>A disk that is full, as the process sees it: the system refuses to let any of its files grow.</summary>
[Trait("Engine", "SQLite")]
[Trait("Speed", "slow")]
public sealed class FullDiskTests
{
    private static readonly Dictionary<string, string> Environment = new() { ["BETTER_AUTH_SECRET"] = Token.Secret };

    [Fact]
    public async Task Is_told_to_those_who_write_and_needs_no_restart()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && File.Exists("/usr/bin/prlimit"), "prlimit (Linux, util-linux) is not here: the limit of a running process can't be changed.");
        var ann = App.NewUser();
        await using var server = await ServerProcess.StartAsync(
            Directory.CreateTempSubdirectory("taskslices-").FullName, Environment, through: ["env", "--ignore-signal=XFSZ"]);
        server.Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token.For(ann));
        var acknowledged = new List<string> { (await server.Client.CreateTask(ann)).Id() };

        await LimitFileSizeAsync(server, "1");
        for (var i = 0; i < 3; i++)
        {
            var started = Stopwatch.GetTimestamp();
            var refused = await server.Client.Post($"/api/{ann}/tasks", """{"title":"New"}""");
            await refused.IsProblem(HttpStatusCode.ServiceUnavailable);
            Assert.NotNull(refused.Headers.RetryAfter);
            Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.Zero, TimeSpan.FromSeconds(5));
            Assert.Equal(acknowledged, (await server.Client.Get($"/api/{ann}/tasks").IsList()).Ids().Reverse());
        }

        await server.Client.Get("/health/ready").IsProblem(HttpStatusCode.ServiceUnavailable, "NOT_READY");
        await LimitFileSizeAsync(server, "unlimited");
        acknowledged.Add((await server.Client.CreateTask(ann)).Id());
        Assert.Equal(acknowledged, (await server.Client.Get($"/api/{ann}/tasks").IsList()).Ids().Reverse());

        // One answer serves for a second.
        await Wait.Until("it is ready again", async () => (await server.Client.Get("/health/ready")).IsSuccessStatusCode);
    }

    private static async Task LimitFileSizeAsync(ServerProcess server, string bytes)
    {
        using var limit = Process.Start("prlimit", ["--pid", $"{server.Process.Id}", $"--fsize={bytes}:unlimited"]);
        await limit.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, limit.ExitCode);
    }
}
