using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;
using TaskSlices.Infrastructure.Hosting;

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

        // AddSystemd has the console write in systemd's own format, whatever Logging:Format says.
        services.AddOptions<ConsoleLoggerOptions>().PostConfigure<IOptions<LogSettings>>(static (console, log) =>
            console.FormatterName = log.Value.IsJson ? ConsoleFormatterNames.Json : console.FormatterName);
        if (Watchdog.IsAskedFor(out var timeout))
            services.AddHostedService(provider => ActivatorUtilities.CreateInstance<Watchdog>(provider, timeout));
    }
}
