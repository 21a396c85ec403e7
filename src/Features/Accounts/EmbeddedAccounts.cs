using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;
using TaskSlices.Features.Accounts.BetterAuth;
using TaskSlices.Infrastructure.Auth;
using TaskSlices.Infrastructure.Data;
using TaskSlices.Infrastructure.Hosting;
using TaskSlices.Infrastructure.Slices;

namespace TaskSlices.Features.Accounts;

/// <summary>The accounts that this server keeps while no Better Auth server is configured, with Better Auth's endpoints.</summary>
public static class EmbeddedAccounts
{
    /// <summary>What Better Auth's client reads, beside the headers of the API.</summary>
    private static readonly string[] ExposedHeaders = ["set-auth-jwt", "X-Retry-After"];

    public static void AddAccounts(this IServiceCollection services)
    {
        services.AddSettings<AccountSettings>("Accounts");
        services.AddSingleton<IValidateOptions<AccountSettings>, AccountSettingsCheck>();
        services.AddSingleton<AccountJson>();
        services.AddSingleton<IOwnDocument, AccountDocument>();
        services.AddSingleton<IAccounts, AccountDirectory>();
        services.AddSingleton<AccountKeys>();
        services.AddSingleton<IKeySource>(provider => provider.GetRequiredService<AccountKeys>());
        services.AddSingleton<EndedSessions>();
        services.Configure<PasswordHasherOptions>(options => options.IterationCount = Passwords.Iterations);
        services.AddSingleton<IPasswordHasher<Account>, PasswordHasher<Account>>();
        services.AddSingleton<Passwords>();
        services.AddSingleton<SignInLimits>();
        services.AddSingleton<SessionCookies>();
        services.AddSingleton<Origins>();
        services.AddSingleton<AccountGate>();
        services.AddSingleton(provider => new ServiceKey(provider.GetRequiredService<IOptions<AccountSettings>>().Value.ServiceKey));
        services.AddScoped<CurrentSession>();
        services.AddScoped<SessionRemoval>();
        services.AddScoped<Sessions>();
        services.AddSingleton<CurrentPassword>();
        services.AddScoped<PasswordResets>();
        services.AddScoped<Invitations>();
        services.AddSingleton<IExpiringRows>(new ExpiredRows<Session>(nameof(Session.ExpiresAt)));
        services.AddSingleton<IExpiringRows>(new ExpiredRows<EndedSession>(nameof(EndedSession.Until)));
        services.AddSingleton<IExpiringRows>(new ExpiredRows<PasswordReset>(nameof(PasswordReset.ExpiresAt)));
        services.AddSingleton<IExpiringRows>(new ExpiredRows<Invitation>(nameof(Invitation.ExpiresAt)));
        services.AddHostedService<AccountStartup>();
        services.AddHostedService<EndedSessionsWatch>();
        services.PostConfigure<CorsOptions>(cors =>
            Array.ForEach(ExposedHeaders, cors.GetPolicy(cors.DefaultPolicyName)!.ExposedHeaders.Add));
    }

    /// <summary>Before requests are tidied, which refuses some: a body that is too large, for example.</summary>
    public static void UseAccountErrors(this IApplicationBuilder app) => app.Use(static (context, next) =>
    {
        if (context.Request.Path.StartsWithSegments(AccountGate.Path) && SliceAudit.IsPublic(context.Request.Path))
            context.RequestServices.GetRequiredService<AccountGate>().Shape(context);

        return next(context);
    });

    /// <summary>
    /// Stands between routing and authentication: callers of these routes have no token, and get errors in Better Auth's shape. The routes
    /// of a user whose id is <c>auth</c> are left alone.
    /// </summary>
    public static void UseAccounts(this IApplicationBuilder app) => app.Use(static (context, next) =>
        context.Request.Path.StartsWithSegments(AccountGate.Path) && !context.Request.RouteValues.ContainsKey(OwnerGuard.RouteValue)
            ? context.RequestServices.GetRequiredService<AccountGate>().InvokeAsync(context, next)
            : next(context));
}
