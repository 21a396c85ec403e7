using System.Globalization;

namespace TaskSlices.Infrastructure.Hosting;

/// <summary>Environment variables that Better Auth, container images and hosting platforms use, as names of settings.</summary>
public static class ShortNames
{
    private static readonly Dictionary<string, string> SettingOf = new()
    {
        ["DATA_DIR"] = "Data:Directory",
        ["DATABASE_URL"] = "Data:ConnectionString",
        ["BETTER_AUTH_SECRET"] = "Auth:Secret",
        ["BETTER_AUTH_URL"] = "Auth:Url",
        ["CORS_ORIGINS"] = "Cors:Origins",
    };

    /// <summary>A short name wins over appsettings.json and Section__Key, the command line over both.</summary>
    /// <exception cref="StartupException">A port is no port number, or a secret can't be read.</exception>
    public static void AddShortNames(this ConfigurationManager configuration, string[] args)
    {
        var values = SettingOf
            .Select(name => KeyValuePair.Create(name.Value, configuration[name.Key]))
            .Where(value => !string.IsNullOrEmpty(value.Value))
            .ToDictionary();

        foreach (var (setting, secret) in Secrets.ReadFiles(configuration))
            values[setting] = secret;
        AddAddresses(configuration, values);

        configuration.AddInMemoryCollection(values);
        configuration.AddCommandLine(args);
    }

    /// <summary>The short name of a setting, or null.</summary>
    internal static string? Of(string setting) => SettingOf.FirstOrDefault(name => name.Value == setting).Key;

    /// <summary>
    /// ASPNETCORE_URLS, then PORT, then ASPNETCORE_HTTP_PORTS and ASPNETCORE_HTTPS_PORTS. A port is one of localhost, in a container of all
    /// interfaces: from outside nothing else can be reached.
    /// </summary>
    private static void AddAddresses(ConfigurationManager configuration, Dictionary<string, string?> values)
    {
        var inContainer = string.Equals(configuration["DOTNET_RUNNING_IN_CONTAINER"], "true", StringComparison.OrdinalIgnoreCase);
        var host = inContainer ? "*" : "localhost";
        var port = Addresses("http", "PORT");
        string[] ports = [.. Addresses("http", "HTTP_PORTS"), .. Addresses("https", "HTTPS_PORTS")];

        if (configuration["ASPNETCORE_URLS"] is { Length: > 0 } urls)
            values["Urls"] = urls;
        else if (port.Length > 0)
            values["Urls"] = string.Join(';', port);
        else if (ports.Length > 0)
            (values["Urls"], values["HTTPS_PORTS"]) = (string.Join(';', ports), "");

        // The official images set it always; ASP.NET would warn at each start that Urls overrides it.
        values["HTTP_PORTS"] = "";

        string[] Addresses(string scheme, string name) =>
            [.. (configuration[name] ?? "").Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                .Select(text => ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                    ? AddressOf(scheme, host, number)
                    : throw new StartupException($"{name} is not a port number. Set it to a number from 0 to 65535, or remove it."))];
    }

    /// <summary>Kestrel refuses port 0 (any free port) of the name localhost.</summary>
    private static string AddressOf(string scheme, string host, ushort port) =>
        $"{scheme}://{(port == 0 && host == "localhost" ? "127.0.0.1" : host)}:{port}";
}
