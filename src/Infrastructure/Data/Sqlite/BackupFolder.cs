using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;
using TaskSlices.Infrastructure.Hosting;

namespace TaskSlices.Infrastructure.Data.Sqlite;

/// <summary>The directory of the backups that the server names itself. Others in it are left alone.</summary>
public sealed partial class BackupFolder(IOptions<BackupSettings> settings, DataDirectory data)
{
    /// <summary>What comes before the time in the name of a copy that was made because the schema changed.</summary>
    public const string BeforeMigration = "before-migration";

    /// <summary>What comes before the time in the name of any other.</summary>
    public const string Backup = "backup";

    /// <summary>At the end of the name of what is not whole yet.</summary>
    public const string Partial = ".partial";

    private const string TimeFormat = "yyyyMMdd'T'HHmmssfff";

    private string Place => settings.Value.Directory is { Length: > 0 } path ? Path.GetFullPath(path) : data.PathOf("backups");

    /// <summary>The path of a new file. The directory is made, if there is none.</summary>
    /// <param name="kind">One of the constants above.</param>
    /// <param name="now">For its name.</param>
    /// <param name="extension">With its dot.</param>
    /// <exception cref="IOException">The directory can't be made.</exception>
    public string NewFile(string kind, DateTimeOffset now, string extension)
    {
        Disk.MakeDirectory(Place);

        return Path.Combine(Place, $"{kind}-{now.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture)}{extension}");
    }

    /// <summary>Makes the directory, if there is none.</summary>
    /// <exception cref="StartupException">It can't be made, or nothing can be written there.</exception>
    public void Demand()
    {
        var probe = Path.Combine(Place, $"{Backup}-00000000T000000000.db{Partial}");
        try
        {
            Disk.MakeDirectory(Place);
            File.WriteAllBytes(probe, []);
            File.Delete(probe);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartupException(
                $"Backup:Directory ({Place}) can't be written: {e.Message} Set it to a directory of the server's own.");
        }
    }

    /// <summary>When the newest backup was made; null if there is none.</summary>
    /// <exception cref="IOException">The directory can't be read.</exception>
    public DateTimeOffset? NewestBackup() => Whole(Backup)
        .Select(file => DateTimeOffset.TryParseExact(
            file.Time, TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time
            : (DateTimeOffset?)null)
        .Max();

    /// <summary>The newest file of that kind; null if there is none.</summary>
    /// <exception cref="IOException">The directory can't be read.</exception>
    public string? Newest(string kind) =>
        Whole(kind).OrderByDescending(file => file.Time, StringComparer.Ordinal).Select(file => file.Path).FirstOrDefault();

    /// <summary>Deletes what killed processes left half done, and all but the newest <see cref="BackupSettings.Keep"/>.</summary>
    /// <exception cref="IOException">One can't be deleted.</exception>
    public void Prune()
    {
        var files = Directory.GetFiles(Place).Select(path => (Path: path, Name: OwnName().Match(Path.GetFileName(path))))
            .Where(file => file.Name.Success).ToArray();
        var whole = files.Where(file => !file.Name.Groups["partial"].Success)
            .OrderByDescending(file => file.Name.Groups["time"].Value, StringComparer.Ordinal);
        var old = settings.Value.Keep == 0 ? [] : whole.Skip(settings.Value.Keep);

        foreach (var file in files.Where(file => file.Name.Groups["partial"].Success).Concat(old))
            File.Delete(file.Path);
    }

    private IEnumerable<(string Path, string Time)> Whole(string kind) =>
        from path in Directory.Exists(Place) ? Directory.GetFiles(Place) : []
        let name = OwnName().Match(Path.GetFileName(path))
        where name.Success && name.Groups["kind"].Value == kind && !name.Groups["partial"].Success
        select (path, name.Groups["time"].Value);

    [GeneratedRegex(
        @"^(?<kind>backup|before-migration)-(?<time>\d{8}T\d{9})\.(db|tar)(?<partial>(\.db)?\.partial(-wal|-shm|-journal)?)?\z")]
    private static partial Regex OwnName();
}
