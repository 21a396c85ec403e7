using System.Diagnostics;
using System.Net.NetworkInformation;
using System.Text;

namespace TaskSlices.Tests.Support;

/// <summary>
/// samples/nextjs and the API, started by the two commands of its README in a copy, as from a clean clone: "npm install" and "npm run dev" beside
/// "dotnet run --project src", at their own ports. It needs Node.js, and npm's packages (50, 400 MB unpacked) from a cache or a registry; without
/// them, or where the ports are taken, the tests are skipped. What npm has installed there is kept for the next run.
/// </summary>
public sealed class NextJsSample : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);
    private static readonly string Copy = Path.Combine(AppContext.BaseDirectory, "nextjs-sample");
    private static readonly NodeProject Project = new(Path.Combine(Copy, "samples", "nextjs")) { Installation = ["install"] };

    private readonly StringBuilder _log = new();
    private readonly List<Process> _started = [];
    private string? _taken;

    public Uri Address { get; } = new("http://localhost:3000");

    public Uri Api { get; } = new("http://localhost:8000");

    /// <summary>What both have printed: a line for each request of the sample, among others.</summary>
    public string Log
    {
        get
        {
            lock (_log)
                return _log.ToString();
        }
    }

    public async ValueTask InitializeAsync()
    {
        CopyFolder("clients", "typescript");
        CopyFolder("samples", "nextjs");
        if (!await Project.CanRunAsync())
            return;

        var listeners = IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners();
        _taken = new[] { Address, Api }.FirstOrDefault(address => listeners.Any(listener => listener.Port == address.Port))?.Authority;
        if (_taken is not null)
            return;

        foreach (var folder in new[] { "src", "standins", "docs" })
            CopyFolder(folder);
        foreach (var file in new DirectoryInfo(DropIn.Root).EnumerateFiles())
            file.CopyTo(Path.Combine(Copy, file.Name), overwrite: true);
        if (Directory.Exists(Path.Combine(Copy, "data")))
            Directory.Delete(Path.Combine(Copy, "data"), recursive: true);

        Note(Process.Start(new ProcessStartInfo("dotnet", ["run", "--project", "src"])
        {
            WorkingDirectory = Copy,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["MSBUILDDISABLENODEREUSE"] = "1" },
        })!);
        Note(Project.Start(NodeProject.Npm, ["run", "dev"]));

        foreach (var url in new[] { new Uri(Api, "health/ready"), new Uri(Address, "api/auth/ok"), Address })
            await AnswersAsync(url);
    }

    /// <summary>Skips the test where the sample can't run.</summary>
    public async Task DemandAsync()
    {
        await Project.DemandAsync();
        if (_taken is not null)
            NodeProject.Skip($"The sample needs {_taken}, and something listens there.");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _started)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
            process.Dispose();
        }
    }

    private async Task AnswersAsync(Uri url)
    {
        using var client = new HttpClient { Timeout = Patience };
        await Wait.Until(
            $"{url} answers:\n{Log}",
            async () =>
            {
                Assert.All(_started, process => Assert.False(process.HasExited, Log));
                try
                {
                    return (await client.GetAsync(url)).IsSuccessStatusCode;
                }
                catch (HttpRequestException)
                {
                    return false;
                }
            },
            Patience);
    }

    private void Note(Process process)
    {
        _started.Add(process);
        process.OutputDataReceived += (_, line) => Note(line.Data);
        process.ErrorDataReceived += (_, line) => Note(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    private void Note(string? line)
    {
        lock (_log)
            _log.AppendLine(line);
    }

    /// <summary>Without what is installed and built there.</summary>
    private static void CopyFolder(params string[] path)
    {
        const string installed = "node_modules";
        string[] made = [installed, ".next", "data", "dist", "bin", "obj"];
        var source = new DirectoryInfo(Path.Combine([DropIn.Root, .. path]));
        var target = Directory.CreateDirectory(Path.Combine([Copy, .. path]));
        foreach (var old in target.EnumerateDirectories().Where(old => old.Name != installed))
            old.Delete(recursive: true);

        foreach (var file in source.EnumerateFiles())
            file.CopyTo(Path.Combine(target.FullName, file.Name), overwrite: true);
        foreach (var folder in source.EnumerateDirectories().Where(folder => !made.Contains(folder.Name)))
            CopyFolder([.. path, folder.Name]);
    }
}
