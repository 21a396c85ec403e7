using System.ComponentModel;
using Microsoft.Extensions.Options;
using TaskSlices.Infrastructure.Hosting;

namespace TaskSlices.Infrastructure.Data.Sqlite;

/// <summary>The <c>Backup</c> section: copies of the SQLite file that the server makes by itself.</summary>
public sealed class BackupSettings
{
    [Description("How often the server backs itself up: 1.00:00:00 is once a day, an hour is the least. 0: never.")]
    public TimeSpan Every { get; set; }

    [Description("How many backups stay in Backup:Directory, copies before migrations among them; older ones are deleted. 0: all.")]
    public int Keep { get; set; } = 7;

    [Description("Where backups go; no other server may use it. Empty: backups in Data:Directory.")]
    public string Directory { get; set; } = "";
}

internal sealed class BackupSettingsCheck(IOptions<DataSettings> data) : IValidateOptions<BackupSettings>
{
    private static readonly TimeSpan Shortest = TimeSpan.FromHours(1), Longest = TimeSpan.FromDays(365);

    public ValidateOptionsResult Validate(string? name, BackupSettings options) => options switch
    {
        _ when options.Every != TimeSpan.Zero && (options.Every < Shortest || options.Every > Longest) =>
            ValidateOptionsResult.Fail("Backup:Every must be from one hour to 365 days, such as 1.00:00:00 for a day; 0 means never."),
        { Keep: < 0 } => ValidateOptionsResult.Fail("Backup:Keep must be 0 or more: how many backups stay; 0 means all."),
        _ when options.Every != TimeSpan.Zero && data.Value.ConnectionString.Length > 0 =>
            ValidateOptionsResult.Fail("Backup:Every is for SQLite. Have PostgreSQL backed up by pg_dump or pg_basebackup, and remove it."),
        _ => ValidateOptionsResult.Success,
    };
}
