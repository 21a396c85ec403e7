using FastEndpoints.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting.Systemd;
using TaskSlices.Infrastructure.Data;
using TaskSlices.Infrastructure.Operations;

namespace TaskSlices.Tests.Infrastructure.Operations;

public sealed class SystemdServiceTests(SystemdServiceTests.BusyApp app) : TestBase<SystemdServiceTests.BusyApp>
{
    [Trait("Engine", "SQLite")]
    [Fact]
    public async Task The_watchdog_hears_nothing_while_the_store_does_not_answer()
    {
        var (systemd, clock, timeout) = (new Listener(), new SteppedClock(), TimeSpan.FromSeconds(60));
        using var watchdog = new Watchdog(systemd, app.Services.GetRequiredService<IStore>(), clock, timeout);
        await watchdog.StartAsync(Cancellation);

        await using (await HeldWriter.TakeAsync(app.Services))
        {
            await clock.PassAsync(timeout / 3);
            await app.As("ann").Get("/api/ann/tasks").IsList();
            Assert.Equal(0, systemd.Heard);
        }

        await Wait.Until("the store has answered", () => systemd.Heard == 1);
        await watchdog.StopAsync(Cancellation);
    }

    /// <summary>A service is known by its parent, which is called systemd.</summary>
    [Trait("Speed", "slow")]
    [Theory]
    [InlineData("simple", "<6>")]
    [InlineData("json", "{")]
    public async Task Writes_the_log_for_the_journal_or_as_JSON_if_that_is_set(string format, string start)
    {
        var directory = Directory.CreateTempSubdirectory("taskslices-").FullName;
        var parent = File.CreateSymbolicLink(Path.Combine(directory, "systemd"), "/bin/sh").FullName;
        await using (var server = await ServerProcess.StartAsync(
            directory, new() { ["Logging__Format"] = format }, through: [parent, "-c", "setpriv --pdeathsig KILL \"$@\"; exit", "sh"]))
            Assert.StartsWith(start, server.Log, StringComparison.Ordinal);

        Engine.Drop(directory);
        Directory.Delete(directory, recursive: true);
    }

    /// <summary>Its writer is kept busy.</summary>
    [DisableWafCache]
    public sealed class BusyApp : App;

    private sealed class Listener : ISystemdNotifier
    {
        private int _heard;

        public int Heard => Volatile.Read(ref _heard);

        public bool IsEnabled => true;

        public void Notify(ServiceState state)
        {
            if (state.ToString() == "WATCHDOG=1")
                Interlocked.Increment(ref _heard);
        }
    }
}
