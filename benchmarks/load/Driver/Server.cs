using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace TaskSlices.Load.Driver;

/// <summary>A server in a process of its own, and what the kernel says about it. Disposing ends it, by its own handle.</summary>
public sealed class Server : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>What a shell may have set for another server.</summary>
    private static readonly string[] Unwanted = ["PORT", "DATABASE_URL", "BETTER_AUTH_URL", "CORS_ORIGINS", "ASPNETCORE_URLS", "ASPNETCORE_ENVIRONMENT", "DOTNET_ENVIRONMENT"];

    private readonly long _started = Stopwatch.GetTimestamp();
    private readonly StringBuilder _log = new();
    private readonly Process _process;

    public Server(string name, int port, string[] command, Dictionary<string, string> environment)
    {
        Name = name;
        Address = new Uri($"http://127.0.0.1:{port}");
        var start = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true };

        foreach (var unwanted in Unwanted)
            start.Environment.Remove(unwanted);
        foreach (var (key, value) in environment)
            start.Environment[key] = value;

        _process = Process.Start(start)!;
        _process.OutputDataReceived += Keep;
        _process.ErrorDataReceived += Keep;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public string Name { get; }
    public Uri Address { get; }

    public string Log
    {
        get
        {
            lock (_log)
                return _log.ToString();
        }
    }

    /// <summary>User and system time of all threads, those that ended too.</summary>
    public TimeSpan CpuTime
    {
        get
        {
            // Behind the name, which may hold spaces: state is field 3 of proc(5), utime 14 and stime 15, in ticks of 1/100 s.
            var stat = ReadProc("stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');

            return TimeSpan.FromMilliseconds(10 * (Number(fields[11]) + Number(fields[12])));
        }
    }

    /// <summary>In MiB: what is resident, and the part of it that no file backs.</summary>
    public (double Resident, double Anonymous) Memory => (Kibibytes("VmRSS:") / 1024.0, Kibibytes("RssAnon:") / 1024.0);

    /// <summary>Asks until it gets the answer 200, and says how long that took from the start of the process.</summary>
    /// <exception cref="LoadException">It ended, or does not answer.</exception>
    public async Task<TimeSpan> FirstAnswerAsync(string path, string token)
    {
        var request = Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: {Address.Authority}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n");

        while (!_process.HasExited && Stopwatch.GetElapsedTime(_started) < Patience)
        {
            if (await StatusAsync(request) is { Length: > 0 } status)
            {
                return status.StartsWith("HTTP/1.1 200", StringComparison.Ordinal)
                    ? Stopwatch.GetElapsedTime(_started)
                    : throw new LoadException($"The {Name}'s first answer is {status}{Environment.NewLine}{Log}");
            }

            await Task.Delay(2);
        }

        throw new LoadException($"The {Name} does not answer.{Environment.NewLine}{Log}");
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();

        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    /// <summary>Not an HttpClient: its own warming up would be in the time.</summary>
    private async Task<string?> StatusAsync(byte[] request)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, Address.Port);
            await socket.SendAsync(request);
            var answer = new byte[64];

            return Encoding.ASCII.GetString(answer, 0, await socket.ReceiveAsync(answer));
        }
        catch (SocketException)
        {
            return null;
        }
    }

    private void Keep(object sender, DataReceivedEventArgs line)
    {
        lock (_log)
            _log.AppendLine(line.Data);
    }

    private string ReadProc(string file) => File.ReadAllText($"/proc/{_process.Id}/{file}");

    private long Kibibytes(string name) =>
        Number(ReadProc("status").Split('\n').First(line => line.StartsWith(name, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]);

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
}
