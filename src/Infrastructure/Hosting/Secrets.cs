namespace TaskSlices.Infrastructure.Hosting;

/// <summary>The settings that are secrets: <c>NAME_FILE</c> says in which file one is, as container platforms mount them.</summary>
internal static class Secrets
{
    private const string FileSuffix = "_FILE";

    private static readonly string[] Settings = ["Auth:Secret", "Accounts:ServiceKey", "Data:ConnectionString", "Mail:Password"];

    public static bool IsSecret(string key) => Settings.Contains(key, StringComparer.OrdinalIgnoreCase);

    public static bool IsFileSetting(string key) =>
        Settings.Any(setting => string.Equals(key, setting + FileSuffix, StringComparison.OrdinalIgnoreCase));

    /// <summary>Whether the name says in which file the secret is that the variable <paramref name="variable"/> would hold.</summary>
    public static bool IsFileSetting(string name, string variable) =>
        name.Equals(variable + FileSuffix, StringComparison.OrdinalIgnoreCase);

    /// <summary>The secrets that stand in files, without the newline at their end, each with the name that says which file.</summary>
    /// <exception cref="StartupException">A secret is set twice, is empty, or its file can't be read.</exception>
    public static List<(string Setting, string Name, string Secret)> ReadFiles(IConfigurationRoot configuration)
    {
        var secrets = new List<(string, string, string)>();
        foreach (var setting in Settings)
        {
            string[] names = ShortNames.Of(setting) is { } shortName ? [shortName, setting] : [setting];
            string[] fileNames = [.. names.Select(name => name + FileSuffix)];

            if (names.Concat(fileNames).FirstOrDefault(name => IsSetToNothing(configuration, name)) is { } empty)
                throw new StartupException($"{empty} is set and empty. Set it to a value, or remove it.");

            if (fileNames.FirstOrDefault(name => configuration[name] is not null) is not { } file)
                continue;

            if (names.Concat(fileNames).FirstOrDefault(name => name != file && !string.IsNullOrEmpty(configuration[name])) is { } second)
                throw new StartupException($"{second} and {file} are both set. Remove one of them.");

            secrets.Add((setting, file, Read(file, configuration[file]!)));
        }

        return secrets;
    }

    /// <summary>The names of secrets that look like mistakes: quotes around them, or white space at the end, count.</summary>
    public static IEnumerable<string> Doubtful(IConfiguration configuration) =>
        from setting in Settings
        let value = configuration[setting]
        where value is [.., var last] && (char.IsWhiteSpace(last) || (value.Length > 1 && last is '"' or '\'' && value[0] == last))
        select ShortNames.Of(setting) is { } shortName ? $"{setting} ({shortName})" : setting;

    private static string Read(string name, string path)
    {
        try
        {
            return File.ReadAllText(path).TrimEnd('\r', '\n') is { Length: > 0 } secret
                ? secret
                : throw new StartupException($"The file that {name} names is empty: {path}. Write the secret into it.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new StartupException($"The file that {name} names can't be read: {e.Message}");
        }
    }

    /// <summary>In appsettings.json an empty text is the default. In a variable or an argument it is a value that got lost.</summary>
    private static bool IsSetToNothing(IConfigurationRoot configuration, string key) => configuration.Providers.Any(
        provider => provider is not FileConfigurationProvider && provider.TryGet(key, out var value) && value is "");
}
