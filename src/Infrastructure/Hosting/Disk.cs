using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace TaskSlices.Infrastructure.Hosting;

/// <summary>Files that nobody but the owner of the process can read, and names that are there after a loss of power.</summary>
public static class Disk
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Options of a file that only its owner can read. It is opened by nobody else meanwhile, by this program.</summary>
    public static FileStreamOptions OwnerOnlyFile(FileMode mode)
    {
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.Write, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = OwnerOnly;

        return options;
    }

    /// <summary>Makes a directory that only its owner can use; one that is there stays as it is.</summary>
    public static void MakeDirectory(string path)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(path);
        else
            Directory.CreateDirectory(path, OwnerOnly | UnixFileMode.UserExecute);
    }

    /// <summary>Copies a file to where nothing is, onto the disk.</summary>
    /// <exception cref="IOException">It can't be read or written.</exception>
    public static void Copy(string source, string target)
    {
        using var from = new FileStream(source, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var to = new FileStream(target, OwnerOnlyFile(FileMode.CreateNew));
        from.CopyTo(to);
        to.Flush(flushToDisk: true);
    }

    /// <summary>Whether two files have the same bytes.</summary>
    /// <exception cref="IOException">One can't be read.</exception>
    public static bool AreEqual(string one, string other)
    {
        using var first = File.OpenRead(one);
        using var second = File.OpenRead(other);

        return first.Length == second.Length && SHA256.HashData(first).AsSpan().SequenceEqual(SHA256.HashData(second));
    }

    /// <summary>Renames a file, over one of that name. After a kill or a loss of power, one of both has it.</summary>
    /// <exception cref="IOException">It can't be renamed.</exception>
    public static void Rename(string source, string target)
    {
        File.Move(source, target, overwrite: true);
        FlushDirectory(Path.GetDirectoryName(target)!);
    }

    /// <summary>fsync(2) of a directory: what was named, renamed and deleted in it is on disk. Windows has no such call.</summary>
    public static void FlushDirectory(string path)
    {
        if (OperatingSystem.IsWindows() || Open(path, 0) is not (>= 0 and var descriptor))
            return;

        _ = Sync(descriptor);
        _ = Close(descriptor);
    }

    /// <summary>link(2): another name for a file; false if the name exists, and on file systems without hard links.</summary>
    public static bool TryLink(string existing, string name) => Link(existing, name) == 0;

    [DllImport("libc", EntryPoint = "link", BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Link(
        [MarshalAs(UnmanagedType.LPUTF8Str)] string existing, [MarshalAs(UnmanagedType.LPUTF8Str)] string name);

    [DllImport("libc", EntryPoint = "open", BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", EntryPoint = "fsync")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Sync(int descriptor);

    [DllImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Close(int descriptor);
}
