using System.ComponentModel;
using Microsoft.Extensions.Options;

namespace TaskSlices.Infrastructure.Hosting;

/// <summary>What this program adds to the <c>Logging</c> section, whose other keys are ASP.NET Core's.</summary>
public sealed class LogSettings
{
    internal const string Section = "Logging";

    private const string Simple = "simple", Json = "json";

    [Description("Whether each request is logged in a line: method, route, status, duration, a digest of the user's id, trace id.")]
    public bool Requests { get; set; }

    [Description("How the log is written to standard error: simple, or json, an object on each line.")]
    public string Format { get; set; } = Simple;

    internal bool IsJson => Json.Equals(Format, StringComparison.OrdinalIgnoreCase);

    /// <summary>Chooses the console's formatter.</summary>
    internal static void Apply(ConfigurationManager configuration)
    {
        if (!Json.Equals(configuration[$"{Section}:{nameof(Format)}"], StringComparison.OrdinalIgnoreCase))
            return;

        configuration.AddInMemoryCollection(
        [
            new($"{Section}:Console:FormatterName", Json),
            new($"{Section}:Console:FormatterOptions:TimestampFormat", "yyyy-MM-ddTHH:mm:ss.fffZ"),
        ]);
    }

    internal sealed class Check : IValidateOptions<LogSettings>
    {
        public ValidateOptionsResult Validate(string? name, LogSettings options) =>
            new[] { Simple, Json }.Contains(options.Format, StringComparer.OrdinalIgnoreCase)
                ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail($"Logging:Format must be {Simple} or {Json}.");
    }
}
