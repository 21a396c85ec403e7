using Microsoft.Extensions.Options;
using TaskSlices.Infrastructure.Auth;

namespace TaskSlices.Infrastructure.Operations;

/// <summary>The process can't start as it is set up. The message is one sentence for the person who starts it: what, and the mend.</summary>
public sealed class StartupException(string message) : Exception(message);

/// <summary>Reads settings, under their own names and the short ones that the neighbours of this API use, and checks them at the start.</summary>
public static class Settings
{
    private static readonly Dictionary<string, string> ShortNames = new()
    {
        ["ASPNETCORE_URLS"] = "Urls",
        ["DATA_DIR"] = "Data:Directory",
        ["DATABASE_URL"] = "Data:ConnectionString",
        ["BETTER_AUTH_SECRET"] = "Auth:Secret",
        ["BETTER_AUTH_URL"] = "Auth:Url",
        ["CORS_ORIGINS"] = "Cors:Origins",
    };

    /// <summary>A short name wins over appsettings.json and Section__Key, the command line over both.</summary>
    /// <exception cref="StartupException">PORT is no port number.</exception>
    public static void AddShortNames(this IConfigurationManager configuration, string[] args)
    {
        var values = ShortNames
            .Select(name => KeyValuePair.Create(name.Value, Environment.GetEnvironmentVariable(name.Key)))
            .Where(value => !string.IsNullOrEmpty(value.Value))
            .ToDictionary();

        if (Environment.GetEnvironmentVariable("PORT") is { Length: > 0 } port)
        {
            if (!ushort.TryParse(port, out var number))
                throw new StartupException("PORT is not a port number. Set it to a number from 0 to 65535, or remove it.");

            values.TryAdd("Urls", $"http://localhost:{number}");
        }

        configuration.AddInMemoryCollection(values);
        configuration.AddCommandLine(args);
    }

    /// <summary>Binds a section to its settings class; a key that the class does not have, or a value that fails a check, stops the process.</summary>
    public static OptionsBuilder<T> AddSettings<T>(this IServiceCollection services, string section) where T : class
    {
        services.AddSingleton<IValidateOptions<T>>(provider => new UnknownKeys<T>(provider.GetRequiredService<IConfiguration>().GetSection(section)));

        return services.AddOptions<T>().BindConfiguration(section).ValidateOnStart();
    }

    /// <summary>Looks at every setting, and reads or makes the secrets, before anything is opened.</summary>
    /// <exception cref="StartupException">Urls holds something that is no address to listen at.</exception>
    /// <exception cref="OptionsValidationException">A setting of a section is wrong.</exception>
    public static void CheckSettings(this WebApplication app)
    {
        foreach (var url in (app.Configuration["Urls"] ?? "").Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (!IsAddress(url))
                throw new StartupException($"Urls (ASPNETCORE_URLS, --urls) has '{url}', which is no address to listen at. Write it as http://localhost:8000.");
        }

        app.Services.GetRequiredService<IStartupValidator>().Validate();
        _ = app.Services.GetServices<IKeySource>().ToArray();
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

    /// <summary>An expected refusal ends the process with its sentence and exit code 1, not with a stack trace.</summary>
    public static void RefuseInOneSentence() =>
        AppDomain.CurrentDomain.UnhandledException += static (_, e) =>
        {
            if (Sentence(e.ExceptionObject as Exception) is { } sentence)
            {
                Console.Error.WriteLine($"TaskSlices does not start. {sentence}");
                Environment.Exit(1);
            }
        };

    private static string? Sentence(Exception? exception) => exception switch
    {
        StartupException or OptionsValidationException => exception.Message,
        InvalidOperationException when exception.Message.StartsWith("Failed to convert configuration value", StringComparison.Ordinal) =>
            $"{exception.Message} Correct it, or remove it.",
        InvalidOperationException when exception.Message.StartsWith("Unable to configure HTTPS endpoint", StringComparison.Ordinal) =>
            "Urls asks for https, and there is no certificate. Set Kestrel:Certificates:Default:Path, or use http behind a proxy that has one.",
        InvalidOperationException when exception.Message.StartsWith("Dynamic port binding", StringComparison.Ordinal) =>
            $"Urls: {exception.Message}",
        IOException { InnerException: not null } when exception.Message.StartsWith("Failed to bind", StringComparison.Ordinal) =>
            $"{exception.Message} Stop what listens there, or set Urls (or PORT) to another address.",
        _ => null,
    };

    private sealed class UnknownKeys<T>(IConfigurationSection section) : IValidateOptions<T> where T : class
    {
        public ValidateOptionsResult Validate(string? name, T options)
        {
            var known = typeof(T).GetProperties().Where(p => p.CanWrite).Select(p => p.Name).ToArray();
            var unknown = section.GetChildren().FirstOrDefault(child => !known.Contains(child.Key, StringComparer.OrdinalIgnoreCase));

            return unknown is null
                ? ValidateOptionsResult.Success
                : ValidateOptionsResult.Fail($"{unknown.Path} is no setting. {section.Key} has: {string.Join(", ", known)}.");
        }
    }
}
