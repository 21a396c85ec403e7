using System.Globalization;
using Microsoft.Extensions.Hosting.Systemd;
using TaskSlices.Infrastructure.Data;

namespace TaskSlices.Infrastructure.Operations;

/// <summary>
/// Tells the watchdog of systemd (sd_watchdog_enabled(3)) that the store answers. One that names its fault, such as a full disk, needs
/// no restart: reads go on. One that no longer answers does.
/// </summary>
public sealed class Watchdog(ISystemdNotifier systemd, IStore store, TimeProvider clock, TimeSpan timeout) : BackgroundService
{
    /// <summary>A question to a busy store may take as long as two of these.</summary>
    private const int QuestionsInTimeout = 3;

    /// <summary>Whether systemd waits for this process, and how long.</summary>
    public static bool IsAskedFor(out TimeSpan timeout)
    {
        var isSet = long.TryParse(
            Environment.GetEnvironmentVariable("WATCHDOG_USEC"), NumberStyles.None, CultureInfo.InvariantCulture, out var microseconds);
        timeout = TimeSpan.FromMicroseconds(microseconds);

        return isSet && microseconds > 0 && SystemdHelpers.IsSystemdService();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var questions = new PeriodicTimer(timeout / QuestionsInTimeout, clock);
        while (await questions.WaitForNextTickAsync(stoppingToken))
        {
            _ = await store.FindFaultAsync(stoppingToken);
            systemd.Notify(new ServiceState("WATCHDOG=1"));
        }
    }
}
