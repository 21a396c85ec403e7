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
