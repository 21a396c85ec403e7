using Microsoft.Extensions.Options;
using TaskSlices.Infrastructure.Data.Sqlite;
using TaskSlices.Infrastructure.Hosting;

namespace TaskSlices.Infrastructure.Operations;

/// <summary>
/// Backs up when the newest backup is older than <see cref="BackupSettings.Every"/>, a restart in between or not. What fails is tried again
/// an hour later.
/// </summary>
internal sealed partial class ScheduledBackups(
    IOptions<BackupSettings> settings, BackupFolder folder, IServiceProvider services, TimeProvider clock, ILogger<ScheduledBackups> log)
    : BackgroundService
{
    /// <summary>After a start, when most is to be done, and between two looks at the clock, which may be set.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan AfterFailure = TimeSpan.FromHours(1);

    private DateTimeOffset _notBefore = DateTimeOffset.MinValue;

    /// <exception cref="StartupException">The directory of the backups can't be written.</exception>
    public override Task StartAsync(CancellationToken cancellationToken)
    {
        if (settings.Value.Every != TimeSpan.Zero)
            folder.Demand();

        return base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (settings.Value.Every == TimeSpan.Zero)
            return;

        using var timer = new PeriodicTimer(Interval, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            await LookAsync(stoppingToken);
    }

    private async Task LookAsync(CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        try
        {
            if (now < _notBefore || (folder.NewestBackup() is { } newest && newest + settings.Value.Every > now && newest <= now))
                return;

            LogBackup(await services.GetRequiredService<Backups>().MakeAsync(path: null, withKeys: false, ct));
        }
        catch (Exception e) when (e is CommandException or IOException or UnauthorizedAccessException)
        {
            _notBefore = now + AfterFailure;
            LogFailure(e.Message);
        }
    }

    [LoggerMessage(LogLevel.Information, "Backed up to {File}")]
    private partial void LogBackup(string file);

    [LoggerMessage(LogLevel.Error, "There is no backup; it is tried again in an hour. {Reason}")]
    private partial void LogFailure(string reason);
}
