using System.ComponentModel;
using Microsoft.Extensions.Options;

namespace TaskSlices.Infrastructure.Hosting;

/// <summary>The <c>Data</c> section: where everything is kept.</summary>
public sealed class DataSettings
{
    [Description("The directory of the SQLite file, the secrets and the backups; relative to the working directory.")]
    public string Directory { get; set; } = "data";

    [Description("The address of a PostgreSQL database, postgres://user:password@host/database. Empty: SQLite in Data:Directory.")]
    public string ConnectionString { get; set; } = "";

    [Description("How long what was deleted can be restored, and told to other devices, up to ten years.")]
    public TimeSpan KeepDeleted { get; set; } = TimeSpan.FromDays(30);
}

internal sealed class DataSettingsCheck : IValidateOptions<DataSettings>
{
    private static readonly TimeSpan Longest = TimeSpan.FromDays(3650);

    public ValidateOptionsResult Validate(string? name, DataSettings options) => options switch
    {
        { Directory.Length: 0 } =>
            ValidateOptionsResult.Fail("Data:Directory (DATA_DIR) is empty. Set it to the directory to keep the data in."),
        _ when options.KeepDeleted < TimeSpan.Zero || options.KeepDeleted > Longest =>
            ValidateOptionsResult.Fail("Data:KeepDeleted must be from 0 to 3650 days, such as 30.00:00:00."),
        _ => ValidateOptionsResult.Success,
    };
}
