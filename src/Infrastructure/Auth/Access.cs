using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.Options;
using TaskSlices.Infrastructure.Data;
using TaskSlices.Infrastructure.Hosting;

namespace TaskSlices.Infrastructure.Auth;

/// <summary>Who may call what: every route needs a token, and a user's routes need a token of that user.</summary>
public static class Access
{
    public static void AddAccess(this IServiceCollection services)
    {
        services.AddSettings<AuthSettings>("Auth");
        services.AddSingleton<IValidateOptions<AuthSettings>, AuthSettingsCheck>();
        services.AddSingleton<SharedSecret>();
        services.AddSingleton<IKeySource>(provider => provider.GetRequiredService<SharedSecret>());
        services.AddSingleton<BetterAuthKeys>();
        services.AddSingleton<IKeySource>(provider => provider.GetRequiredService<BetterAuthKeys>());
        services.AddHostedService(provider => provider.GetRequiredService<BetterAuthKeys>());
        services.AddSingleton<TokenMemory>();
        services.AddSingleton<TokenVerifier>();
        services.AddSingleton<EventTickets>();
        services.AddSingleton<IExpiringRows>(new ExpiredRows<EventTicket>(nameof(EventTicket.ExpiresAt)));
        services.AddSingleton<RequestLimits>();
        services.AddScoped<BearerHandler>();

        // AddAuthentication would add data protection, which stores keys in the home or working directory; nothing here uses them.
        services.AddAuthenticationCore(options =>
        {
            options.DefaultScheme = BearerHandler.SchemeName;
            options.AddScheme<BearerHandler>(BearerHandler.SchemeName, null);
        });

        // The fallback covers what is no slice: unknown paths, which tell a stranger nothing, and the list of all routes that FastEndpoints
        // maps. A service key opens slices only.
        services.AddAuthorizationBuilder().SetFallbackPolicy(new AuthorizationPolicyBuilder()
            .RequireAuthenticatedUser().RequireAssertion(static caller => !caller.User.IsService()).Build());
    }

    /// <summary>Must stand behind routing: finds out whose the request is, counts it, and refuses it if the route is not for it.</summary>
    public static void UseAccess(this IApplicationBuilder app)
    {
        app.UseCaller();
        app.UseRateLimits();
        app.UseAuthorization();
    }

    /// <summary>
    /// In place of UseAuthentication, which copies what the handler finds, and asks for transformations of it; see
    /// docs/decisions/0009-speed.md. A policy that names a scheme asks that one.
    /// </summary>
    public static void UseCaller(this IApplicationBuilder app)
    {
        // Says that authentication is there: the host would add its own.
        app.Properties["__AuthenticationMiddlewareSet"] = true;
        app.Use(static async (context, next) =>
        {
            var found = await context.RequestServices.GetRequiredService<BearerHandler>().AuthenticateAsync(context);
            if (found.Principal is { } caller)
                context.User = caller;

            await next(context);
        });
    }
}
