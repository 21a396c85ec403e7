using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using TaskSlices.Features.Accounts.BetterAuth;
using TaskSlices.Infrastructure.Auth;
using TaskSlices.Infrastructure.Data;

namespace TaskSlices.Features.Accounts;

/// <summary>Before the first request: makes or reads the keys, and reads which sessions have ended.</summary>
public sealed partial class AccountStartup(
    IOptions<AuthSettings> auth,
    IOptions<AccountSettings> settings,
    IServiceScopeFactory scopes,
    AccountKeys keys,
    SessionCookies cookies,
    EndedSessions ended,
    TimeProvider clock,
    IServer server,
    IHostApplicationLifetime lifetime,
    ILogger<AccountStartup> log) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (auth.Value.IsDelegated)
            return;

        lifetime.ApplicationStarted.Register(WarnOfForgedHosts);
        if (!Passwords.CanNormalize)
            LogNoNormalization();

        keys.Prepare();
        cookies.Prepare();
        var now = clock.GetUtcNow();
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<AppDb>();

        // One more than the capacity is enough to show that there are too many.
        var kept = db.EndedSessions.AsNoTracking().Where(e => e.Until > now).Take(EndedSessions.Capacity + 1);
        ended.Add(await kept.ToListAsync(cancellationToken));
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private void WarnOfForgedHosts()
    {
        var addresses = server.Features.Get<IServerAddressesFeature>()?.Addresses ?? [];

        if (settings.Value.Origin is null && addresses.Any(IsBeyondThisMachine))
            LogForgedHosts(string.Join(", ", addresses));
    }

    private static bool IsBeyondThisMachine(string address) =>
        !BindingAddress.Parse(address).IsUnixPipe && !(Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri.IsLoopback);

    [LoggerMessage(
        LogLevel.Warning,
        "Accounts:Url is not set, and {Addresses} can be reached from other machines: the Host header of each request decides about "
        + "iss and aud of the tokens, the cookies and the pages that may sign in. Set Accounts:Url to the address that browsers see.")]
    private partial void LogForgedHosts(string addresses);

    [LoggerMessage(
        LogLevel.Warning,
        ".NET runs without ICU here: a password with accents signs in only in the form in which it was set. "
        + "Install libicu, and do not set DOTNET_SYSTEM_GLOBALIZATION_INVARIANT.")]
    private partial void LogNoNormalization();
}
