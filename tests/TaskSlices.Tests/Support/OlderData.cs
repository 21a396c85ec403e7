using System.Formats.Tar;
using System.IO.Compression;
using System.Text.Json.Nodes;

namespace TaskSlices.Tests.Support;

/// <summary>What an earlier version left behind and what it answered, from <c>tests/upgrades</c>; its README says what is there.</summary>
public static class OlderData
{
    private static readonly string Folder = Path.Combine(DropIn.Root, "tests", "upgrades");

    /// <summary>The versions that the engine of this run had, oldest first.</summary>
    public static string[] Versions =>
        [.. Directory.GetDirectories(Folder).Where(folder => File.Exists(Path.Combine(folder, Answers))).Select(folder => Path.GetFileName(folder)!).Order(StringComparer.Ordinal)];

    private static string Answers => Engine.IsPostgres ? "postgres.json" : "sqlite.json";

    /// <summary>Puts it into a directory, or into the database of that directory, and gives what it answered.</summary>
    public static JsonObject Restore(string version, string directory)
    {
        if (Engine.IsPostgres)
        {
            using var database = Engine.Open(directory);
            database.Execute(Dump(Path.Combine(Folder, version, "postgres.sql.gz")));
        }
        else
        {
            using var archive = new GZipStream(File.OpenRead(Path.Combine(Folder, version, "sqlite.tar.gz")), CompressionMode.Decompress);
            TarFile.ExtractToDirectory(archive, directory, overwriteFiles: false);
        }

        return JsonNode.Parse(File.ReadAllText(Path.Combine(Folder, version, Answers)))!.AsObject();
    }

    /// <summary>Without the commands to psql.</summary>
    private static string Dump(string path)
    {
        using var reader = new StreamReader(new GZipStream(File.OpenRead(path), CompressionMode.Decompress));

        return string.Join('\n', reader.ReadToEnd().Split('\n').Where(line => !line.StartsWith('\\')));
    }
}
