using System.Formats.Tar;
using TaskSlices.Infrastructure.Hosting;

namespace TaskSlices.Infrastructure.Data.Sqlite;

/// <summary>
/// A backup with the secrets: a tar file (POSIX.1-2001, pax) with the names that they have in the data directory, the secrets first, so
/// that <c>tar xf</c> into an empty one restores it, too.
/// </summary>
internal static class BackupArchive
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Puts a copy of the database and the secrets of the directory into a new file, onto the disk.</summary>
    /// <exception cref="IOException">One can't be read, or the file can't be written.</exception>
    public static void Write(string path, string database, DataDirectory directory)
    {
        using var file = new FileStream(path, Disk.OwnerOnlyFile(FileMode.CreateNew));
        using (var tar = new TarWriter(file, TarEntryFormat.Pax, leaveOpen: true))
        {
            foreach (var name in directory.Names().Where(DataDirectory.IsSecretName).Order(StringComparer.Ordinal))
                Add(tar, directory.PathOf(name), name);
            Add(tar, database, SqliteStore.FileName);
        }

        file.Flush(flushToDisk: true);
    }

    /// <summary>Whether the file is one, by what stands at its beginning.</summary>
    /// <exception cref="IOException">It can't be read.</exception>
    public static bool Is(string path)
    {
        Span<byte> header = stackalloc byte[262];
        using var file = File.OpenRead(path);

        return file.ReadAtLeast(header, header.Length, throwOnEndOfStream: false) == header.Length
            && header[257..262].SequenceEqual("ustar"u8);
    }

    /// <summary>Writes what is in the archive to a directory, onto the disk.</summary>
    /// <exception cref="IOException">It is cut off, or can't be read or written.</exception>
    /// <exception cref="CommandException">It has something that no backup has.</exception>
    public static void Extract(string path, string directory)
    {
        using var file = File.OpenRead(path);
        using var tar = new TarReader(file);
        while (tar.GetNextEntry() is { } entry)
        {
            var isKnown = entry.Name == SqliteStore.FileName || DataDirectory.IsSecretName(entry.Name);
            if (!isKnown || entry is not { EntryType: TarEntryType.RegularFile, DataStream: { } data })
                throw new CommandException("The archive has something in it that no backup has. Name a file that the command backup made.");

            var target = Path.Combine(directory, entry.Name);
            Disk.MakeDirectory(Path.GetDirectoryName(target)!);
            using var copy = new FileStream(target, Disk.OwnerOnlyFile(FileMode.CreateNew));
            data.CopyTo(copy);
            copy.Flush(flushToDisk: true);
        }
    }

    private static void Add(TarWriter tar, string path, string name)
    {
        using var data = File.OpenRead(path);
        tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = data, Mode = OwnerOnly });
    }
}
