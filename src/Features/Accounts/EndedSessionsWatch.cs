using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using TaskSlices.Infrastructure.Auth;
using TaskSlices.Infrastructure.Data;

namespace TaskSlices.Features.Accounts;

/// <summary>
/// With several instances on one database: reads which sessions the others have ended. While that fails, their tokens are answered with
/// 503.
/// </summary>
public sealed partial class EndedSessionsWatch(
    IOptions<AuthSettings> auth, IStore store, IServiceScopeFactory scopes, EndedSessions ended, ILogger<EndedSessionsWatch> log)
    : BackgroundService
{
    /// <summary>So that the end of a session is known everywhere within a second.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(400);

    /// <summary>More than a transaction takes to be seen, and the clocks of two instances differ.</summary>
    private static readonly TimeSpan Overlap = TimeSpan.FromSeconds(30);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!store.IsShared || auth.Value.IsDelegated)
            return;

        using var timer = new PeriodicTimer(Interval);
        var isFailing = false;
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            var sessions = await ReadAsync(stoppingToken);
            if (sessions is not null)
                ended.Refresh(sessions, ErasedUsers.Delay);
            else if (!isFailing)
                LogFailure();

            isFailing = sessions is null;
        }
    }

    private async Task<List<EndedSession>?> ReadAsync(CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        var since = ended.LastExpiry() - Overlap;

        var db = scope.ServiceProvider.GetRequiredService<AppDb>();

        return await db.TryReadAsync(() => db.EndedSessions.AsNoTracking().Where(session => session.Until > since).ToListAsync(ct));
    }

    [LoggerMessage(LogLevel.Warning, "Which sessions other instances have ended can't be read. It is tried again")]
    private partial void LogFailure();
}
