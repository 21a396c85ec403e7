using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using TaskSlices.Features.Accounts.BetterAuth;
using TaskSlices.Infrastructure.Auth;
using TaskSlices.Infrastructure.Data;
using TaskSlices.Infrastructure.Hosting;

namespace TaskSlices.Features.Accounts;

/// <summary>The accounts that are kept here while no Better Auth server is configured, behind the addresses that its client knows.</summary>
public static class EmbeddedAccounts
{
    /// <summary>Beside those of the API: what Better Auth's client reads.</summary>
    private static readonly string[] ExposedHeaders = ["set-auth-jwt", "X-Retry-After"];

    public static void AddAccounts(this IServiceCollection services)
    {
        services.AddSettings<AccountSettings>("Accounts");
        services.AddSingleton<IValidateOptions<AccountSettings>, AccountSettingsCheck>();
        services.AddSingleton<AccountJson>();
        services.AddSingleton<AccountKeys>();
        services.AddSingleton<IKeySource>(provider => provider.GetRequiredService<AccountKeys>());
        services.AddSingleton<EndedSessions>();
        services.AddSingleton<Passwords>();
        services.AddSingleton<SignInLimits>();
        services.AddSingleton<SessionCookies>();
        services.AddSingleton<Origins>();
        services.AddSingleton<AccountGate>();
        services.AddSingleton(provider => new ServiceKey(provider.GetRequiredService<IOptions<AccountSettings>>().Value.ServiceKey));
        services.AddScoped<Sessions>();
        services.AddHostedService<AccountStartup>();
        services.PostConfigure<CorsOptions>(cors => Array.ForEach(ExposedHeaders, cors.GetPolicy(cors.DefaultPolicyName)!.ExposedHeaders.Add));
    }

    /// <summary>
    /// Stands between routing and authentication: these routes have callers without a token, and refusals of their own. A user may be called
    /// auth: the users' routes are left alone.
    /// </summary>
    public static void UseAccounts(this IApplicationBuilder app) => app.Use(static (context, next) =>
        context.Request.Path.StartsWithSegments(AccountGate.Path) && !context.Request.RouteValues.ContainsKey(OwnerGuard.RouteValue)
            ? context.RequestServices.GetRequiredService<AccountGate>().InvokeAsync(context, next)
            : next(context));

    /// <summary>Before the first request: the keys are there, and what was signed out stays so.</summary>
    private sealed class AccountStartup(
        IOptions<AuthSettings> auth, IServiceScopeFactory scopes, AccountKeys keys, SessionCookies cookies, EndedSessions ended, TimeProvider clock) : IHostedService
    {
        /// <summary>Rows that are over and removed at a start; the rest goes with the sessions that come.</summary>
        private const int AtOnce = 10_000;

        public async Task StartAsync(CancellationToken cancellationToken)
        {
            if (auth.Value.IsDelegated)
                return;

            keys.Prepare();
            cookies.Prepare();
            var now = clock.GetUtcNow();
            await using var scope = scopes.CreateAsyncScope();
            var db = scope.ServiceProvider.GetRequiredService<AppDb>();

            // One more than it holds is enough for it to know that there are too many.
            ended.Add(await db.EndedSessions.AsNoTracking().Where(e => e.Until > now).Take(EndedSessions.Capacity + 1).ToListAsync(cancellationToken));
            db.RemoveRange(await db.Sessions.Where(s => s.ExpiresAt <= now).Take(AtOnce).ToListAsync(cancellationToken));
            db.RemoveRange(await db.EndedSessions.Where(e => e.Until <= now).Take(AtOnce).ToListAsync(cancellationToken));
            await db.SaveChangesAsync(cancellationToken);
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
