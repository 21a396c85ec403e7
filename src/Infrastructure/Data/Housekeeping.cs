namespace TaskSlices.Infrastructure.Data;

/// <summary>Rows that are kept for a time and then removed. Whoever registers one has it called by <see cref="Housekeeping"/>.</summary>
public interface IExpiringRows
{
    /// <summary>
    /// Removes some of those that have expired, of all users, within a unit. Writers wait meanwhile: remove a few hundred rows at most.
    /// </summary>
    /// <returns>Whether there may be more.</returns>
    Task<bool> RemoveSomeAsync(AppDb db, DateTimeOffset now, CancellationToken ct);
}

/// <summary>
/// Removes what has expired: a minute after the start, then once an hour. What has expired may stay for so long. Several instances may do
/// it at once.
/// </summary>
public sealed partial class Housekeeping(
    IEnumerable<IExpiringRows> kinds, IServiceScopeFactory scopes, TimeProvider clock, ILogger<Housekeeping> log) : BackgroundService
{
    private static readonly TimeSpan AfterStart = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    /// <summary>Removes everything that has expired by now, in as many units as it takes.</summary>
    public async Task RemoveExpiredAsync(CancellationToken ct)
    {
        foreach (var rows in kinds)
        {
            var isMore = true;
            while (isMore)
            {
                await using var scope = scopes.CreateAsyncScope();
                var db = scope.ServiceProvider.GetRequiredService<AppDb>();
                isMore = await db.WriteAsync(() => rows.RemoveSomeAsync(db, clock.GetUtcNow(), ct), ct);
            }
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(AfterStart);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            timer.Period = Interval;
            try
            {
                await RemoveExpiredAsync(stoppingToken);
            }
            catch (Exception e)
            {
                // An exception that leaves this method ends the process.
                if (!stoppingToken.IsCancellationRequested)
                    LogFailure(e);
            }
        }
    }

    [LoggerMessage(LogLevel.Warning, "Rows that have expired could not be removed. It is tried again in an hour")]
    private partial void LogFailure(Exception exception);
}
