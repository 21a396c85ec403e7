using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.Options;
using TaskSlices.Infrastructure.Hosting;

namespace TaskSlices.Infrastructure.Auth;

/// <summary>Who may call what: everything needs a token, and a user's routes need that user's.</summary>
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
        services.AddTransient<BearerHandler>();
        services.AddAuthentication(BearerHandler.SchemeName);
        services.Configure<AuthenticationOptions>(options => options.AddScheme<BearerHandler>(BearerHandler.SchemeName, null));

        // The fallback also covers what no slice declares: FastEndpoints maps a list of all routes, and unknown paths tell a stranger nothing.
        services.AddAuthorizationBuilder().SetFallbackPolicy(new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build());
    }
}
