using System.ComponentModel;
using System.Globalization;
using System.Reflection;

namespace TaskSlices.Infrastructure.Hosting;

/// <summary>A section of the settings and the class that it is bound to. The settings without a section are those of "".</summary>
public sealed record SettingsSection(string Name, Type Type)
{
    /// <summary>The names of its keys, in the order in which they are declared.</summary>
    public IEnumerable<string> Keys => Properties.Select(property => property.Name);

    private IEnumerable<PropertyInfo> Properties => Type.GetProperties().Where(property => property.CanWrite);

    public IEnumerable<Setting> List()
    {
        var defaults = Activator.CreateInstance(Type);

        return Properties.Select(property => new Setting(
            Name.Length == 0 ? property.Name : $"{Name}:{property.Name}",
            property.GetCustomAttribute<DescriptionAttribute>()?.Description ?? "",
            string.Format(CultureInfo.InvariantCulture, "{0}", property.GetValue(defaults))));
    }
}

/// <param name="Key">As <c>Section:Key</c>.</param>
/// <param name="Description">What it is, in a sentence or two.</param>
/// <param name="Default">As it would be written.</param>
public sealed record Setting(string Key, string Description, string Default)
{
    /// <summary>The environment variable that sets it too, beside <c>Section__Key</c>; null if there is none.</summary>
    public string? ShortName => ShortNames.Of(Key);

    public bool IsSecret => Secrets.IsSecret(Key);
}

/// <summary>The settings that there are: those of the sections that were added, and ASP.NET Core's own.</summary>
public static class SettingsList
{
    /// <summary>Of ASP.NET Core, with whatever keys.</summary>
    private static readonly string[] ForeignSections = ["Kestrel", "Logging", "hostBuilder"];

    /// <summary>Names without a section that ASP.NET Core reads.</summary>
    private static readonly string[] ForeignNames =
    [
        "applicationName", "environment", "contentRoot", "webroot", "detailedErrors", "captureStartupErrors", "preferHostingUrls",
        "suppressStatusMessages", "hostingStartupAssemblies", "hostingStartupExcludeAssemblies", "preventHostingStartup",
        "http_ports", "https_ports", "https_port", "forwardedHeaders_enabled", "servicesStartConcurrently", "servicesStopConcurrently",
    ];

    private static readonly SettingsSection Server = new("", typeof(ServerSettings));

    /// <summary>Every setting of this program, by section.</summary>
    public static IEnumerable<Setting> All(IServiceProvider services) =>
        services.GetServices<SettingsSection>().Prepend(Server).SelectMany(section => section.List());

    /// <summary>Whether it is the name of a setting without a section, or of a variable that is read.</summary>
    internal static bool IsPlainName(string name) =>
        Server.Keys.Concat(ForeignNames).Contains(name, StringComparer.OrdinalIgnoreCase) || ShortNames.IsRead(name)
        || name.StartsWith("OTEL_", StringComparison.OrdinalIgnoreCase);

    /// <summary>Refuses arguments that set what is no setting. (Files and variables may be meant for other programs.)</summary>
    /// <exception cref="CommandException">There is such an argument.</exception>
    internal static void Check(string[] arguments, IServiceProvider services)
    {
        var sections = services.GetServices<SettingsSection>().ToArray();
        foreach (var key in Arguments.KeysOf(arguments).Where(key => !IsPlainName(key) && !Secrets.IsFileSetting(key)))
        {
            var (name, rest) = key.Split(':', 2) is [var first, var second] ? (first, second) : (key, null);
            if (ForeignSections.Contains(name, StringComparer.OrdinalIgnoreCase))
                continue;

            var section = sections.FirstOrDefault(section => section.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
                ?? throw new CommandException($"{key} is no setting. The command settings lists them.", CommandException.Usage);
            if (rest is not null && !section.Keys.Contains(rest, StringComparer.OrdinalIgnoreCase))
                throw new CommandException(
                    $"{key} is no setting. {section.Name} has: {string.Join(", ", section.Keys)}.", CommandException.Usage);
        }
    }
}
