using System.Diagnostics;

namespace TaskSlices.Tests.Support;

/// <summary>A file system in memory that can be filled; only root can mount one, and only Linux has it.</summary>
public sealed class SmallDisk : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("taskslices-disk-").FullName;

    /// <param name="size">As <c>mount</c> takes it.</param>
    public static SmallDisk Mount(string size)
    {
        var disk = new SmallDisk();
        if (!OperatingSystem.IsLinux() || Run("mount", "-t", "tmpfs", "-o", $"size={size},mode=777", "none", disk._directory) != 0)
        {
            Directory.Delete(disk._directory);
            Assert.Skip("A disk that can be filled is a tmpfs, and only root can mount one.");
        }

        return disk;
    }

    /// <summary>One that the user of PostgreSQL owns.</summary>
    public string NewDirectory()
    {
        var directory = Directory.CreateDirectory(Path.Combine(_directory, "server")).FullName;
        Run("chown", "postgres", directory);

        return directory;
    }

    /// <summary>Leaves no byte.</summary>
    public void Fill()
    {
        using var file = File.Create(Balloon, bufferSize: 0);
        var block = new byte[4096];
        try
        {
            while (true)
                file.Write(block);
        }
        catch (IOException)
        {
            // It is full.
        }
    }

    public void Free() => File.Delete(Balloon);

    public void Dispose()
    {
        Run("umount", "--lazy", _directory);
        Directory.Delete(_directory);
    }

    private string Balloon => Path.Combine(_directory, "balloon");

    private static int Run(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();

        return process.ExitCode;
    }
}
