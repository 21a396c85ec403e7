using System.ComponentModel;
using Microsoft.Extensions.Options;

namespace TaskSlices.Infrastructure.Hosting;

/// <summary>The <c>Limits</c> section: how much one user, or one address, may ask of the server. 0 is no limit.</summary>
public sealed class LimitSettings
{
    [Description("Changes a minute of one user, and of one address without a user; those of a batch count each. 0: any number.")]
    public int WritesPerMinute { get; set; } = 300;

    [Description("Requests a minute that only read, of one user, and of one address without a user. 0: any number.")]
    public int ReadsPerMinute { get; set; } = 3_000;

    [Description("Tasks that one user may have; deleted ones do not count. 0: any number.")]
    public int TasksPerUser { get; set; } = 100_000;
}

internal sealed class LimitSettingsCheck : IValidateOptions<LimitSettings>
{
    public ValidateOptionsResult Validate(string? name, LimitSettings options) =>
        options is { WritesPerMinute: < 0 } or { ReadsPerMinute: < 0 } or { TasksPerUser: < 0 }
            ? ValidateOptionsResult.Fail(
                "Limits:WritesPerMinute, Limits:ReadsPerMinute and Limits:TasksPerUser must be 0 at least; 0 is no limit.")
            : ValidateOptionsResult.Success;
}
