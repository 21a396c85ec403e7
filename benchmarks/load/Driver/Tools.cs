using System.Diagnostics;

namespace TaskSlices.Load.Driver;

/// <summary>The programs that the driver runs beside the two servers, and where things are.</summary>
public static class Tools
{
    /// <summary>The host that runs this program, too, where it says so.</summary>
    public static string Dotnet { get; } = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } host ? host : "dotnet";

    public static string Scripts { get; } = Path.Combine(AppContext.BaseDirectory, "wrk");

    /// <exception cref="LoadException">Something is missing.</exception>
    public static void Demand()
    {
        if (!OperatingSystem.IsLinux() || Environment.ProcessorCount < 2)
            throw new LoadException("This needs Linux and two CPUs: one for the server, one for wrk.");

        if (!IsThere("wrk"))
            throw new LoadException("wrk is not installed. On Debian: apt-get install wrk");

        if (!IsThere("taskset"))
            throw new LoadException("taskset is not installed. On Debian: apt-get install util-linux");
    }

    /// <summary>Publishes the product as it is in this repository, with everything that is built kept out of the working tree.</summary>
    /// <returns>The path of its TaskSlices.dll.</returns>
    public static Task<string> PublishProductAsync(string temporary) => PublishAsync(temporary, "../src", "TaskSlices");

    /// <summary>Publishes a project of the repository as <c>dotnet publish</c> does.</summary>
    /// <param name="temporary">Where to.</param>
    /// <param name="folder">Of the project, from benchmarks.</param>
    /// <param name="name">Of the project.</param>
    /// <returns>The path of its assembly.</returns>
    /// <exception cref="LoadException">It can't be built.</exception>
    public static async Task<string> PublishAsync(string temporary, string folder, string name)
    {
        var output = Path.Combine(temporary, name);
        var (exitCode, text) = await RunAsync(
            Dotnet, "publish", Path.Combine(Repository(), "benchmarks", folder, $"{name}.csproj"), "-c", "Release", "-o", output, "-v", "q", "--nologo",
            "--artifacts-path", Path.Combine(temporary, "artifacts"));

        return exitCode == 0 ? Path.Combine(output, $"{name}.dll") : throw new LoadException($"{name} can't be published:{Environment.NewLine}{text}");
    }

    public static async Task<(int ExitCode, string Output)> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();

        return (process.ExitCode, await output + await error);
    }

    private static bool IsThere(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(directory => File.Exists(Path.Combine(directory, program)));

    private static string Repository()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "TaskSlices.sln")))
                return directory.FullName;
        }

        throw new LoadException("TaskSlices.sln is in no directory above this program: use --product.");
    }
}
