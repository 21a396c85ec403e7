using System.Diagnostics;
using System.Text;

namespace TaskSlices.Tests.Support;

/// <summary>The real program in a process of its own, on Kestrel: what is about starting, listening, being killed and limits of the server.</summary>
public sealed class ServerProcess : IAsyncDisposable
{
    /// <summary>More than a start takes on a busy machine with few processors.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private readonly Process _process;
    private readonly StringBuilder _log = new();
    private readonly TaskCompletionSource<string> _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ServerProcess(Process process) => _process = process;

    public string Log
    {
        get
        {
            lock (_log)
                return _log.ToString();
        }
    }

    public HttpClient Client { get; private set; } = null!;

    /// <summary>The first address that it listens at, as it says itself.</summary>
    public string Listening { get; private set; } = "";

    public Process Process => _process;

    public string WorkingDirectory => _process.StartInfo.WorkingDirectory;

    /// <summary>Starts it on a free port, or the one given, and waits until it listens; through another program that becomes it, if one is named.</summary>
    public static async Task<ServerProcess> StartAsync(
        string dataDirectory, Dictionary<string, string>? environment = null, string? assembly = null, string[]? through = null, int port = 0)
    {
        var server = await ListenAsync(["--urls", $"http://127.0.0.1:{port}"], dataDirectory, environment, assembly, through);
        server.Client = new HttpClient { BaseAddress = new Uri(server.Listening) };

        return server;
    }

    /// <summary>Starts it with the arguments that are given, and waits until it listens: <see cref="Listening"/> says where.</summary>
    public static async Task<ServerProcess> ListenAsync(
        string[] arguments, string dataDirectory, Dictionary<string, string>? environment = null, string? assembly = null, string[]? through = null)
    {
        var server = Launch(assembly ?? OwnAssembly, arguments, dataDirectory, environment ?? [], through);
        var first = await Task.WhenAny(server._listening.Task, server._process.WaitForExitAsync(), Task.Delay(Patience));
        Assert.True(first == server._listening.Task, $"The server did not listen:\n{server.Log}");
        server.Listening = await server._listening.Task;

        return server;
    }

    /// <summary>Begins it, and waits for nothing.</summary>
    public static ServerProcess Begin(string[] arguments, string dataDirectory, Dictionary<string, string> environment) =>
        Launch(OwnAssembly, arguments, dataDirectory, environment);

    /// <summary>Runs it to its end: a command, or a start that is refused.</summary>
    public static async Task<(int ExitCode, string Output, string Error)> RunAsync(
        string[] arguments, string dataDirectory, Dictionary<string, string>? environment = null, string? assembly = null)
    {
        await using var server = Launch(assembly ?? OwnAssembly, arguments, dataDirectory, environment ?? []);
        var output = server._process.StandardOutput.ReadToEndAsync();
        using var patience = new CancellationTokenSource(Patience);
        await server._process.WaitForExitAsync(patience.Token);
        await Task.Run(server._process.WaitForExit);

        return (server._process.ExitCode, await output, server.Log);
    }

    /// <summary>kill -9: no handler of the process runs.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Client?.Dispose();
        if (!_process.HasExited)
            await KillAsync();
        _process.Dispose();
    }

    private static string OwnAssembly => Path.Combine(AppContext.BaseDirectory, "TaskSlices.dll");

    private static ServerProcess Launch(
        string assembly, string[] arguments, string dataDirectory, Dictionary<string, string> environment, string[]? through = null)
    {
        var dotnet = Environment.ProcessPath!.EndsWith("dotnet", StringComparison.Ordinal) ? Environment.ProcessPath : "dotnet";
        string[] command = [.. through ?? [], dotnet, "exec", .. QuickHashes.Arguments(environment), assembly, .. arguments];
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = dataDirectory,
        };

        start.Environment["HOME"] = Surroundings.NoHome;
        start.Environment["DATA_DIR"] = dataDirectory;
        // Most of these processes end before optimized code would pay; compiling it is a third of their processor time.
        start.Environment["DOTNET_TC_CallCountingDelayMs"] = "1000";
        // Tests ask more in a minute than a user does; those of the limits set them.
        start.Environment["Limits__WritesPerMinute"] = start.Environment["Limits__ReadsPerMinute"] = "0";
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        if (Engine.IsPostgres && start.Environment["DATA_DIR"] is { Length: > 0 } directory)
            start.Environment.TryAdd("DATABASE_URL", Engine.ConnectionString(directory));

        var server = new ServerProcess(Process.Start(start)!);
        server._process.ErrorDataReceived += (_, line) => server.Read(line.Data);
        server._process.BeginErrorReadLine();

        return server;
    }

    private void Read(string? line)
    {
        if (line is null)
            return;

        lock (_log)
            _log.AppendLine(line);

        const string listening = "Listening on ";
        if (line.IndexOf(listening, StringComparison.Ordinal) is >= 0 and var at)
            _listening.TrySetResult(line[(at + listening.Length)..].Split(',', '"')[0]);
    }
}
