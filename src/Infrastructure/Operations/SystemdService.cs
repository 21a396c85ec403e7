namespace TaskSlices.Infrastructure.Operations;

/// <summary>
/// As a service of systemd (<c>Type=notify</c>): it says when it listens and when it stops, and answers the watchdog. Started otherwise,
/// nothing of this is there.
/// </summary>
public static class SystemdService
{
    public static void AddSystemdService(this IServiceCollection services)
    {
        services.AddSystemd();
        if (Watchdog.IsAskedFor(out var timeout))
            services.AddHostedService(provider => ActivatorUtilities.CreateInstance<Watchdog>(provider, timeout));
    }
}
