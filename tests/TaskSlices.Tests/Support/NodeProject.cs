using System.ComponentModel;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace TaskSlices.Tests.Support;

/// <summary>A folder with a package.json. What it needs is installed once; without Node.js the test is skipped.</summary>
public sealed class NodeProject
{
    /// <summary>The oldest major version of Node.js that the projects run on.</summary>
    private const int OldestNode = 20;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan PatienceToInstall = TimeSpan.FromMinutes(5);

    private readonly string _folder;
    private readonly Lazy<Task<string?>> _whyNot;

    /// <param name="path">From the root of the repository, or the whole of it.</param>
    public NodeProject(params string[] path)
    {
        _folder = Path.Combine([DropIn.Root, .. path]);
        _whyNot = new(async () => await FindHindranceAsync() ?? await InstallAsync());
    }

    /// <summary>The arguments of npm that install what it needs.</summary>
    public string[] Installation { get; init; } = ["ci", "--no-audit", "--no-fund", "--ignore-scripts"];

    public static string Npm { get; } = OperatingSystem.IsWindows() ? "npm.cmd" : "npm";

    /// <summary>Whether it is installed and can run.</summary>
    public async Task<bool> CanRunAsync() => await _whyNot.Value is null;

    /// <summary>Skips the test where the project can't run.</summary>
    public async Task DemandAsync()
    {
        if (await _whyNot.Value is { } reason)
            Skip(reason);
    }

    /// <summary>Skips the test that runs.</summary>
    [DoesNotReturn]
    public static void Skip(string reason)
    {
        // The console shows warnings, and keeps the reason of a skipped test to itself.
        TestContext.Current.AddWarning(reason);
        Assert.Skip(reason);
    }

    /// <summary>Runs it to its end, which must be a good one, and gives what it prints.</summary>
    public async Task<string> RunAsync(string command, string[] arguments, TimeSpan limit, Dictionary<string, string>? environment = null)
    {
        using var process = Start(command, arguments, environment);
        using var patience = new CancellationTokenSource(limit);
        var output = process.StandardOutput.ReadToEndAsync(patience.Token);
        var error = process.StandardError.ReadToEndAsync(patience.Token);
        try
        {
            await process.WaitForExitAsync(patience.Token);
            Assert.True(
                process.ExitCode == 0,
                $"'{command} {string.Join(' ', arguments)}' ended with {process.ExitCode}:\n{await error}\n{await output}");

            return await output;
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }

    public Process Start(string command, string[] arguments, Dictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(command, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = _folder,
        };

        // What the machine happens to set for a Better Auth of its own must not reach this one.
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("BETTER_AUTH_", StringComparison.Ordinal)).ToArray())
            start.Environment.Remove(name);
        foreach (var (name, value) in environment ?? [])
            start.Environment[name] = value;

        return Process.Start(start)!;
    }

    private async Task<string?> FindHindranceAsync()
    {
        try
        {
            var version = (await RunAsync("node", ["--version"], Patience)).Trim();
            await RunAsync(Npm, ["--version"], Patience);

            return int.Parse(version.TrimStart('v').Split('.')[0], CultureInfo.InvariantCulture) < OldestNode
                ? $"This test needs Node.js {OldestNode}, and here is {version}."
                : null;
        }
        catch (Win32Exception)
        {
            return $"This test needs Node.js {OldestNode} and npm on the PATH.";
        }
    }

    /// <summary>Once for each content of the lock file; npm takes the mark away together with all else. Gives why it can't, or null.</summary>
    private async Task<string?> InstallAsync()
    {
        var wanted = await File.ReadAllTextAsync(Path.Combine(_folder, "package-lock.json"));
        var mark = Path.Combine(_folder, "node_modules", ".installed");
        if (File.Exists(mark) && await File.ReadAllTextAsync(mark) == wanted)
            return null;

        try
        {
            await RunAsync(Npm, Installation, PatienceToInstall);
        }
        catch (Exception e) when (Environment.GetEnvironmentVariable("CI") is null)
        {
            // At somebody's desk npm may have no network; in CI, these tests are there to be run.
            return $"npm could not install what this test needs: {e.Message.Split('\n')[0]}";
        }

        await File.WriteAllTextAsync(mark, wanted);

        return null;
    }
}
