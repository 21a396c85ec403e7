using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;

namespace TaskSlices.Infrastructure.Hosting;

/// <summary>
/// The one place on disk that holds everything: the database, its copies, the secrets. It is made with the first thing that is put there.
/// Only the owner of the process can read what is made here.
/// </summary>
public sealed partial class DataDirectory : ISecretStore, IDisposable
{
    /// <summary>The error codes for a file that another process holds: EWOULDBLOCK, EWOULDBLOCK, ERROR_SHARING_VIOLATION.</summary>
    private const int HeldOnLinux = 11, HeldOnMac = 35, HeldOnWindows = unchecked((int)0x80070020);

    private readonly string _path;
    private FileStream? _lock;

    public DataDirectory(IOptions<DataSettings> settings) => _path = Path.GetFullPath(settings.Value.Directory);

    public string PathOf(string name) => Path.Combine(_path, name);

    /// <summary>
    /// Holds the directory until the process ends, by a kill too: two processes on one SQLite file would wait for each other inside SQLite.
    /// </summary>
    /// <exception cref="StartupException">The directory can't be made, or another process holds it.</exception>
    public void Hold() => Refusing(() =>
    {
        Disk.MakeDirectory(_path);
        try
        {
            _lock ??= new FileStream(PathOf("lock"), Disk.OwnerOnlyFile(FileMode.OpenOrCreate));
        }
        catch (IOException e) when (e.HResult is HeldOnLinux or HeldOnMac or HeldOnWindows)
        {
            throw new StartupException(
                $"Another TaskSlices uses the data directory {_path}. Stop it, or set Data:Directory (DATA_DIR) to another one.");
        }
    });

    public string PlaceOf(string name) => PathOf(name);

    /// <summary>Of a file or a directory.</summary>
    public bool Has(string name) => Path.Exists(PathOf(name));

    public string Keep(string name, Func<string> make)
    {
        Refusing(() =>
        {
            if (File.Exists(PathOf(name)))
                return;

            Disk.MakeDirectory(_path);

            // Written under another name first: no kill leaves half a secret, and no second process reads one.
            var aside = PathOf($"{name}.{Guid.NewGuid():N}");
            using (var file = new FileStream(aside, Disk.OwnerOnlyFile(FileMode.CreateNew)))
            {
                file.Write(System.Text.Encoding.UTF8.GetBytes(make()));
                file.Flush(flushToDisk: true);
            }

            NameOnce(aside, PathOf(name));
        });

        var secret = "";
        Refusing(() => secret = File.ReadAllText(PathOf(name)).Trim());

        return secret;
    }

    /// <summary>The directory is made if there is none.</summary>
    public IReadOnlyList<(string Place, string Text)> InFolder(string folder)
    {
        var secrets = new List<(string, string)>();
        var path = Subdirectory(folder);
        Refusing(() =>
        {
            foreach (var file in Directory.GetFiles(path, "*.pem").Order(StringComparer.Ordinal))
                secrets.Add((file, File.ReadAllText(file)));
        });

        return secrets;
    }

    /// <summary>Whether a secret may have that name; none leads out of the directory.</summary>
    public static bool IsSecretName(string name) => SecretName().IsMatch(name);

    /// <summary>The names of all secrets, those in subdirectories too.</summary>
    public IReadOnlyList<string> Names() =>
    [
        .. Directory.GetFiles(_path, "*-secret")
            .Concat(Directory.GetDirectories(_path).SelectMany(folder => Directory.GetFiles(folder, "*.pem")))
            .Select(file => Path.GetRelativePath(_path, file).Replace('\\', '/')),
    ];

    /// <summary>
    /// Makes an empty file of that name, if there is none. What is written to it later keeps its mode, even in a directory that others may
    /// read.
    /// </summary>
    public void MakeFile(string name) => Refusing(() =>
    {
        Disk.MakeDirectory(_path);
        if (!File.Exists(PathOf(name)))
            new FileStream(PathOf(name), Disk.OwnerOnlyFile(FileMode.OpenOrCreate)).Dispose();
    });

    /// <summary>A directory inside this one, made if there is none.</summary>
    public string Subdirectory(string name)
    {
        Refusing(() =>
        {
            Disk.MakeDirectory(_path);
            Disk.MakeDirectory(PathOf(name));
        });

        return PathOf(name);
    }

    public void Dispose() => _lock?.Dispose();

    /// <summary>
    /// Gives the file its name, unless another file has it. File.Move on Unix replaces a file that is made after it has looked for one.
    /// </summary>
    private static void NameOnce(string aside, string path)
    {
        try
        {
            if (OperatingSystem.IsWindows() || (!Disk.TryLink(aside, path) && !File.Exists(path)))
                File.Move(aside, path, overwrite: false);
        }
        catch (IOException) when (File.Exists(path))
        {
            // Another process was first.
        }
        finally
        {
            File.Delete(aside);
        }
    }

    private void Refusing(Action action)
    {
        try
        {
            action();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartupException(
                $"The data directory {_path} can't be used: {e.Message} "
                + "Let the process write there, or set Data:Directory (DATA_DIR) to another one.");
        }
    }

    [GeneratedRegex(@"^([^/\\]+-secret|(?!\.\.?/)[^/\\]+/[^/\\]+\.pem)\z")]
    private static partial Regex SecretName();
}
