using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace TaskSlices.Tests.Support;

/// <summary>What the machine of a developer sets must reach neither the application in this process nor one that a test starts.</summary>
internal static partial class Surroundings
{
    /// <summary>A home for servers, without a developer certificate; it does not exist, and nothing may make it.</summary>
    public static string NoHome { get; } = Path.Combine(Path.GetTempPath(), $"taskslices-no-home-{Environment.ProcessId}");

    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "It must run before the first host is built.")]
    internal static void Clean()
    {
        // A server that loads this assembly has what its test has set (QuickHashes).
        if (Assembly.GetEntryAssembly() != typeof(Surroundings).Assembly)
            return;

        foreach (var name in Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Select(variable => (string)variable.Key))
        {
            if (Setting().IsMatch(name))
                Environment.SetEnvironmentVariable(name, null);
        }

        // A proxy stays for npm, and is not asked for servers on this machine.
        foreach (var name in new[] { "no_proxy", "NO_PROXY" })
            Environment.SetEnvironmentVariable(name, "localhost,127.0.0.1,[::1]");

        // Each host would watch the files of its settings, and Linux lets a user have 128 watchers (inotify).
        Environment.SetEnvironmentVariable("DOTNET_hostBuilder__reloadConfigOnChange", "false");

        // Most processes that a test starts end before a profile pays (6 % of a start); the other protects the compiler's memory (2 %).
        Environment.SetEnvironmentVariable("DOTNET_TieredPGO", "0");
        Environment.SetEnvironmentVariable("DOTNET_EnableWriteXorExecute", "0");
    }

    /// <summary>Settings of the application and of ASP.NET; variables of the .NET runtime and its tools (DOTNET_ROOT …) stay.</summary>
    [GeneratedRegex(
        """
        ^(ASPNETCORE_.*
        |OTEL_.*
        |(DOTNET_)?(URLS|ENVIRONMENT|APPLICATIONNAME|CONTENTROOT|HTTPS?_PORTS|PORT|ALLOWEDHOSTS|PATHBASE)
        |(DOTNET_)?(Accounts|Auth|Backup|Cors|Data|Kestrel|Limits|Logging|Mail|Metrics)(__|:).*
        |DOTNET_RUNNING_IN_CONTAINER|(DATA_DIR|DATABASE_URL|BETTER_AUTH_SECRET|BETTER_AUTH_URL|CORS_ORIGINS)(_FILE)?)$
        """, RegexOptions.IgnoreCase | RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Setting();
}
