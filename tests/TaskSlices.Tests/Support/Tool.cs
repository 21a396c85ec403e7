using System.Diagnostics;

namespace TaskSlices.Tests.Support;

/// <summary>Programs of the system that some tests need; a test says so and is skipped where one is missing.</summary>
public static class Tool
{
    private static readonly string[] Folders = [.. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator), "/usr/sbin", "/sbin"];

    /// <summary>The path of the program; skips the test without it.</summary>
    public static string Find(string name, string package)
    {
        if (Folders.Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists) is { } path)
            return path;

        var missing = $"This test needs {name}: apt-get install {package}.";
        TestContext.Current.AddWarning(missing);
        Assert.Skip(missing);

        return "";
    }

    /// <summary>Runs it to its end, and gives all that it prints.</summary>
    public static async Task<(int ExitCode, string Output)> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(
            new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = DropIn.Root })!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);

        return (process.ExitCode, await output + await error);
    }
}
