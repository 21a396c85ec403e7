namespace TaskSlices.Infrastructure.Hosting;

/// <summary>The environment variables that the neighbours of this API use, as names of its settings.</summary>
public static class ShortNames
{
    private static readonly Dictionary<string, string> SettingOf = new()
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
        var values = SettingOf
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
}
