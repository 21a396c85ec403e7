using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace TaskSlices.Load.Driver;

/// <summary>What the numbers were measured on: they mean nothing without it.</summary>
public static partial class Machine
{
    public static string Describe(string product, string sqlite)
    {
        var cpu = File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim();
        var kernel = File.ReadAllText("/proc/sys/kernel/osrelease").Trim();

        return $"{DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}, {Environment.ProcessorCount} CPUs ({cpu}), Linux {kernel}, "
            + $"{RuntimeInformation.FrameworkDescription}, SQLite {sqlite}; the product with {Settings(product)}.";
    }

    /// <summary>Each server says in its log which SQLite it loaded.</summary>
    public static string SqliteOf(Server server) => SqliteVersion().Match(server.Log).Groups[1].Value;

    private static string Settings(string product)
    {
        using var config = JsonDocument.Parse(File.ReadAllText(Path.ChangeExtension(product, ".runtimeconfig.json")));
        var settings = config.RootElement.GetProperty("runtimeOptions").GetProperty("configProperties").EnumerateObject()
            .Where(setting => setting.Name.StartsWith("System.GC.", StringComparison.Ordinal) || setting.Name.StartsWith("System.Runtime.Tiered", StringComparison.Ordinal))
            .Select(setting => $"{setting.Name["System.".Length..]}={setting.Value}".ToLowerInvariant());

        return string.Join(", ", settings);
    }

    [GeneratedRegex(@"SQLite (\d+\.\d+\.\d+)")]
    private static partial Regex SqliteVersion();
}
