using System.Collections;
using Microsoft.Extensions.Configuration.CommandLine;
using Microsoft.Extensions.Configuration.EnvironmentVariables;

namespace TaskSlices.Infrastructure.Hosting;

/// <summary>Where the value of a setting comes from.</summary>
public static class SettingSource
{
    /// <returns>The name of a file or of an environment variable, "command line", or "default".</returns>
    public static string Of(IConfigurationRoot configuration, Setting setting)
    {
        var provider = configuration.Providers.LastOrDefault(provider => provider.TryGet(setting.Key, out _));

        return provider switch
        {
            null => "default",
            CommandLineConfigurationProvider => "command line",
            ShortNames.NamedValues values => values.NameOf(setting.Key),
            EnvironmentVariablesConfigurationProvider => VariableOf(setting.Key),

            // appsettings.json has each setting with its default.
            FileConfigurationProvider when configuration[setting.Key] == setting.Default => "default",
            FileConfigurationProvider file => file.Source.Path ?? "file",
            _ => provider.GetType().Name,
        };
    }

    /// <summary>The name as it is written in the environment: case does not matter, and a prefix may stand before it.</summary>
    private static string VariableOf(string key) => Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
        .Select(variable => (string)variable.Key)
        .Where(name => name.Replace("__", ":", StringComparison.Ordinal).EndsWith(key, StringComparison.OrdinalIgnoreCase))
        .OrderBy(name => name.Length).FirstOrDefault("environment");
}
