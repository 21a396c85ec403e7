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

    private const string Addresses = "ASPNETCORE_URLS", Port = "PORT", InContainer = "DOTNET_RUNNING_IN_CONTAINER";

    private static readonly string[] AddressNames = [Addresses, Port, "HTTP_PORTS", "HTTPS_PORTS"];

    /// <summary>A short name wins over appsettings.json and Section__Key, the command line over both.</summary>
    /// <exception cref="StartupException">A port is no port number, or a secret can't be read.</exception>
    public static void AddShortNames(this ConfigurationManager configuration, string[] args)
    {
        var values = new NamedValues();
        foreach (var (name, setting) in SettingOf)
        {
            if (configuration[name] is { Length: > 0 } value)
                values.Set(setting, value, name);
        }

        foreach (var (setting, name, secret) in Secrets.ReadFiles(configuration))
            values.Set(setting, secret, name);
        AddAddresses(configuration, values);

        ((IConfigurationBuilder)configuration).Add(values);
        configuration.AddCommandLine(args);
    }

    /// <summary>The short name of a setting, or null.</summary>
    internal static string? Of(string setting) =>
        setting == nameof(ServerSettings.Urls) ? Addresses : SettingOf.FirstOrDefault(name => name.Value == setting).Key;

    /// <summary>Whether a variable of that name is read here.</summary>
    internal static bool IsRead(string name) =>
        AddressNames.Append(InContainer).Concat(SettingOf.Keys).Contains(name, StringComparer.OrdinalIgnoreCase)
        || SettingOf.Any(shortName => Secrets.IsSecret(shortName.Value) && Secrets.IsFileSetting(name, shortName.Key));

    /// <summary>
    /// ASPNETCORE_URLS, then PORT, then ASPNETCORE_HTTP_PORTS and ASPNETCORE_HTTPS_PORTS. A port is one of localhost, in a container of all
    /// interfaces: from outside nothing else can be reached.
    /// </summary>
    private static void AddAddresses(ConfigurationManager configuration, NamedValues values)
    {
        var inContainer = string.Equals(configuration[InContainer], "true", StringComparison.OrdinalIgnoreCase);
        var host = inContainer ? "*" : "localhost";
        var port = Read("http", Port);
        string[] ports = [.. Read("http", "HTTP_PORTS"), .. Read("https", "HTTPS_PORTS")];

        if (configuration[Addresses] is { Length: > 0 } urls)
            values.Set("Urls", urls, Addresses);
        else if (port.Length > 0)
            values.Set("Urls", string.Join(';', port), Port);
        else if (ports.Length > 0)
        {
            values.Set("Urls", string.Join(';', ports), "ASPNETCORE_HTTP_PORTS");
            values.Set("HTTPS_PORTS", "");
        }

        // The official images set it always; ASP.NET would warn at each start that Urls overrides it.
        values.Set("HTTP_PORTS", "");

        string[] Read(string scheme, string name) =>
            [.. (configuration[name] ?? "").Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                .Select(text => ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                    ? AddressOf(scheme, host, number)
                    : throw new StartupException($"{name} is not a port number. Set it to a number from 0 to 65535, or remove it."))];
    }

    /// <summary>Kestrel refuses port 0 (any free port) of the name localhost.</summary>
    private static string AddressOf(string scheme, string host, ushort port) =>
        $"{scheme}://{(port == 0 && host == "localhost" ? "127.0.0.1" : host)}:{port}";

    /// <summary>Values of settings, with the names of the variables that they come from.</summary>
    internal sealed class NamedValues : ConfigurationProvider, IConfigurationSource
    {
        private readonly Dictionary<string, string> _names = new(StringComparer.OrdinalIgnoreCase);

        public void Set(string setting, string value, string name)
        {
            Set(setting, value);
            _names[setting] = name;
        }

        public string NameOf(string setting) => _names.GetValueOrDefault(setting, "");

        public IConfigurationProvider Build(IConfigurationBuilder builder) => this;
    }
}
