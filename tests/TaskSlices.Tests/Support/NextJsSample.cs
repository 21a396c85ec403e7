using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace TaskSlices.Tests.Support;

/// <summary>
/// samples/nextjs, started by the commands of its README, and the API beside it. It needs Node.js, and npm's packages (50, 400 MB unpacked)
/// from a cache or a registry; without them, the tests are skipped. It runs in a copy, as from a clean clone, so that its build of the package
/// meets no other test's; what npm has installed there is kept for the next run.
/// </summary>
public sealed class NextJsSample : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly string Copy = Path.Combine(AppContext.BaseDirectory, "nextjs-sample");
    private static readonly NodeProject Project = new(Path.Combine(Copy, "samples", "nextjs"));

    private readonly string _directory = Directory.CreateTempSubdirectory("taskslices-").FullName;
    private readonly StringBuilder _log = new();
    private Process? _sample;

    public Uri Address { get; } = new($"http://localhost:{PostgresServer.FreePort()}");

    public ServerProcess Api { get; private set; } = null!;

    /// <summary>What it has printed: a line for each request, among others.</summary>
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

        var url = Address.GetLeftPart(UriPartial.Authority);
        Api = await ServerProcess.StartAsync(_directory, new() { ["BETTER_AUTH_URL"] = url, ["CORS_ORIGINS"] = url });
        await StartAsync();
    }

    /// <summary>Skips the test where the sample can't run.</summary>
    public static Task DemandAsync() => Project.DemandAsync();

    public async Task StartAsync()
    {
        _sample = Project.Start(NodeProject.Npm, ["run", "dev"], new()
        {
            ["PORT"] = Address.Port.ToString(CultureInfo.InvariantCulture),
            ["NEXT_PUBLIC_TASKS_URL"] = Api.Client.BaseAddress!.GetLeftPart(UriPartial.Authority),
        });
        _sample.OutputDataReceived += (_, line) => Note(line.Data);
        _sample.ErrorDataReceived += (_, line) => Note(line.Data);
        _sample.BeginOutputReadLine();
        _sample.BeginErrorReadLine();

        using var client = new HttpClient { BaseAddress = Address, Timeout = Patience };
        foreach (var path in new[] { "/api/auth/ok", "/" })
        {
            await Wait.Until(
                $"the sample answers:\n{Log}",
                async () =>
                {
                    Assert.False(_sample.HasExited, Log);
                    try
                    {
                        return (await client.GetAsync(path)).IsSuccessStatusCode;
                    }
                    catch (HttpRequestException)
                    {
                        return false;
                    }
                },
                Patience);
        }
    }

    public async Task StopAsync()
    {
        if (_sample is null)
            return;

        _sample.Kill(entireProcessTree: true);
        await _sample.WaitForExitAsync();
        _sample.Dispose();
        _sample = null;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        if (Api is not null)
            await Api.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
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
        string[] made = [installed, ".next", "data", "dist"];
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
