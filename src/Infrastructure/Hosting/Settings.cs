using System.Globalization;
using Microsoft.Extensions.Options;

namespace TaskSlices.Infrastructure.Hosting;

/// <summary>Reads settings and checks them at the start.</summary>
public static class Settings
{
    /// <summary>In seconds: an hour.</summary>
    private const int LongestShutdown = 3600;

    /// <summary>Binds a section to its settings class. An unknown key, or a value that fails a check, stops the process.</summary>
    /// <param name="services">Where it is added.</param>
    /// <param name="section">The name of the section.</param>
    /// <param name="others">The keys that somebody else reads there.</param>
    public static OptionsBuilder<T> AddSettings<T>(this IServiceCollection services, string section, params string[] others) where T : class
    {
        services.AddSingleton(new SettingsSection(section, typeof(T)));
        services.AddSingleton<IValidateOptions<T>>(
            provider => new UnknownKeys<T>(provider.GetRequiredService<IConfiguration>().GetSection(section), others));

        return services.AddOptions<T>().BindConfiguration(section).ValidateOnStart();
    }

    /// <summary>Checks every setting, before anything is opened, and warns of secrets that look like mistakes.</summary>
    /// <param name="app">With everything that reads settings.</param>
    /// <param name="arguments">Those of the program that are settings.</param>
    /// <exception cref="CommandException">An argument sets what is no setting.</exception>
    /// <exception cref="StartupException">A setting without a section is wrong.</exception>
    /// <exception cref="OptionsValidationException">A setting of a section is wrong.</exception>
    /// <exception cref="AggregateException">Several sections have such a setting.</exception>
    public static void CheckSettings(this WebApplication app, string[] arguments)
    {
        SettingsList.Check(arguments, app.Services);
        var urls = (app.Configuration["Urls"] ?? "").Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (urls.FirstOrDefault(url => !IsAddress(url)) is { } wrong)
            throw new StartupException(
                $"Urls (ASPNETCORE_URLS, --urls) has '{wrong}', which is no address to listen at. Write it as http://localhost:8000.");

        var seconds = app.Configuration[nameof(ServerSettings.ShutdownTimeoutSeconds)];
        if (seconds is not null && (!int.TryParse(seconds, CultureInfo.InvariantCulture, out var time) || time is < 0 or > LongestShutdown))
            throw new StartupException($"ShutdownTimeoutSeconds must be a number from 0 to {LongestShutdown}.");

        var hosts = app.Configuration[nameof(ServerSettings.AllowedHosts)];
        if (hosts is { Length: > 0 } && hosts.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) is [])
            throw new StartupException("AllowedHosts names no host. Write it as tasks.example.com;localhost, or * for any.");

        app.Services.GetRequiredService<IStartupValidator>().Validate();

        foreach (var secret in Secrets.Doubtful(app.Configuration))
            app.Logger.LogWarning("{Secret} stands in quotes or ends in white space, which is taken as part of it. Is that meant?", secret);
    }

    private static bool IsAddress(string url)
    {
        try
        {
            return BindingAddress.Parse(url) is { Scheme: "http" or "https", PathBase: "", Port: >= 0 and <= ushort.MaxValue };
        }
        catch (FormatException)
        {
            return false;
        }
    }

    private sealed class UnknownKeys<T>(IConfigurationSection section, string[] others) : IValidateOptions<T> where T : class
    {
        public ValidateOptionsResult Validate(string? name, T options)
        {
            var known = typeof(T).GetProperties().Where(p => p.CanWrite).Select(p => p.Name).Concat(others).ToArray();
            var unknown = section.GetChildren().FirstOrDefault(
                child => !known.Contains(child.Key, StringComparer.OrdinalIgnoreCase) && !Secrets.IsFileSetting(child.Path));

            return unknown is null
                ? ValidateOptionsResult.Success
                : ValidateOptionsResult.Fail($"{unknown.Path} is no setting. {section.Key} has: {string.Join(", ", known)}.");
        }
    }
}
