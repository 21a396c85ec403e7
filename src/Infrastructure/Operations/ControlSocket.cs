using System.Collections.Concurrent;
using System.CommandLine;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using TaskSlices.Infrastructure.Data;
using TaskSlices.Infrastructure.Hosting;

namespace TaskSlices.Infrastructure.Operations;

/// <param name="Words">Of the command.</param>
/// <param name="Directory">In which it was typed.</param>
/// <param name="Input">What was read from the terminal.</param>
internal sealed record ControlRequest(string[] Words, string Directory, string? Input);

/// <param name="ExitCode">Of the command.</param>
/// <param name="Output">For standard output.</param>
/// <param name="Error">For standard error.</param>
internal sealed record ControlAnswer(int ExitCode, string Output, string Error);

/// <summary>
/// A unix socket in the data directory, at which the server runs the commands that use the SQLite file. The owner of the process may
/// connect, nobody else. One connection is one command: a line of JSON to the server, one back; a client that goes away ends it.
/// </summary>
internal sealed partial class ControlSocket(
    DataDirectory directory, IStore store, IServiceProvider services, IHostApplicationLifetime lifetime, ILogger<ControlSocket> log)
    : IHostedService, IDisposable
{
    private const string FileName = "control";

    /// <summary>In bytes, of a path in sockaddr_un: 108 on Linux (unix(7)), 104 on macOS, with the zero at its end.</summary>
    private const int PathLimit = 104 - 1;

    /// <summary>In bytes, of a request.</summary>
    private const int Limit = 64 * 1024;

    private readonly ConcurrentDictionary<Task, bool> _running = [];
    private Socket? _listener;

    /// <summary>The server holds the directory: a socket that is there already is one of a process that was killed.</summary>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (store.IsShared)
            return Task.CompletedTask;

        if (FindPath(directory) is not { } path)
        {
            LogTooLong(directory.PathOf(FileName));
            return Task.CompletedTask;
        }

        try
        {
            File.Delete(path);
            _listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            _listener.Bind(new UnixDomainSocketEndPoint(path));

            // Nobody can connect before the socket listens: the mode is right from the first connection on.
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            _listener.Listen();
            _ = AcceptAsync(_listener);
        }
        catch (Exception e) when (e is SocketException or IOException or UnauthorizedAccessException)
        {
            LogNoSocket(path, e.Message);
        }

        return Task.CompletedTask;
    }

    /// <summary>A command that runs is told to end: the database is closed after this.</summary>
    public Task StopAsync(CancellationToken cancellationToken)
    {
        Dispose();

        return Task.WhenAll(_running.Keys);
    }

    /// <summary>Removes the file too.</summary>
    public void Dispose() => _listener?.Dispose();

    /// <summary>Has the server of the data directory run a command.</summary>
    /// <returns>Null if no server listens there.</returns>
    /// <exception cref="CommandException">It ended before it answered.</exception>
    public static async Task<ControlAnswer?> TrySendAsync(DataDirectory directory, ControlRequest request, CancellationToken ct)
    {
        if (FindPath(directory) is not { } path || !File.Exists(path))
            return null;

        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), ct);
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionRefused or SocketError.AddressNotAvailable)
        {
            return null;
        }
        catch (SocketException e)
        {
            throw new CommandException($"The server can't be asked at {path}: {e.Message}. Run the command as the user of the server.");
        }

        try
        {
            await using var stream = new NetworkStream(socket);
            await WriteLineAsync(stream, request, ct);
            using var reader = new StreamReader(stream);
            var answer = await reader.ReadLineAsync(ct) ?? throw new IOException("it ended.");

            return JsonSerializer.Deserialize<ControlAnswer>(answer)!;
        }
        catch (IOException e)
        {
            throw new CommandException($"The server did not finish the command: {e.Message} Its log may say why.");
        }
    }

    /// <summary>The full path, or that from the working directory; null if both are too long for a socket.</summary>
    private static string? FindPath(DataDirectory directory)
    {
        var full = directory.PathOf(FileName);
        var relative = Path.GetRelativePath(Environment.CurrentDirectory, full);

        return new[] { full, relative }.FirstOrDefault(path => Encoding.UTF8.GetByteCount(path) <= PathLimit);
    }

    private static async Task WriteLineAsync<T>(Stream stream, T value, CancellationToken ct) =>
        await stream.WriteAsync((byte[])[.. JsonSerializer.SerializeToUtf8Bytes(value), (byte)'\n'], ct);

    private async Task AcceptAsync(Socket listener)
    {
        while (true)
        {
            try
            {
                var answer = AnswerAsync(await listener.AcceptAsync());
                _running[answer] = true;
                _ = answer.ContinueWith(ended => _running.TryRemove(ended, out _), TaskScheduler.Default);
            }
            catch (Exception e) when (e is ObjectDisposedException or SocketException)
            {
                return;
            }
        }
    }

    private async Task AnswerAsync(Socket client)
    {
        try
        {
            using var end = CancellationTokenSource.CreateLinkedTokenSource(lifetime.ApplicationStopping);
            await using var stream = new NetworkStream(client, ownsSocket: true);
            var request = await ReadAsync(stream, end.Token);
            var answer = RunAsync(request, end.Token);

            // The client sends nothing more: what ends this read is that it is gone.
            var gone = stream.ReadAsync(new byte[1], end.Token).AsTask();
            if (await Task.WhenAny(answer, gone) == gone)
                await end.CancelAsync();

            await WriteLineAsync(stream, await answer, lifetime.ApplicationStopping);
        }
        catch (Exception e) when (e is IOException or JsonException or OperationCanceledException)
        {
            LogUnanswered(e.Message);
        }
    }

    private static async Task<ControlRequest> ReadAsync(NetworkStream stream, CancellationToken ct)
    {
        var bytes = new List<byte>();
        var buffer = new byte[4096];
        while (bytes is [] || bytes[^1] != '\n')
        {
            var count = await stream.ReadAsync(buffer, ct);
            if (count == 0 || bytes.Count + count > Limit)
                throw new IOException("No whole request came.");

            bytes.AddRange(buffer[..count]);
        }

        return JsonSerializer.Deserialize<ControlRequest>(bytes.ToArray()) ?? throw new JsonException("The request is null.");
    }

    private async Task<ControlAnswer> RunAsync(ControlRequest request, CancellationToken ct)
    {
        using var output = new StringWriter();
        try
        {
            var line = CommandLine.Parse(request.Words, (command, line, _) => command.UsesData(line)
                ? command.RunAsync(new CommandRun(line, services, output, request.Directory, request.Input), ct)
                : throw new CommandException("This command is not for the server.", CommandException.Usage));

            // The server has its own handlers of SIGTERM.
            var invocation = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
            var code = await Task.Run(() => line.InvokeAsync(invocation, ct), ct);

            return new ControlAnswer(code, output.ToString(), "");
        }
        catch (CommandException e)
        {
            return new ControlAnswer(e.ExitCode, output.ToString(), $"{e.Message}{Environment.NewLine}");
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            LogFailure(e);

            return new ControlAnswer(1, output.ToString(), $"It failed: {e.Message} The log of the server says more.{Environment.NewLine}");
        }
    }

    [LoggerMessage(LogLevel.Warning, "The path of {Socket} is too long for a unix socket: commands such as backup can't ask this process. "
        + "Start it in the data directory, or set Data:Directory (DATA_DIR) to a shorter path")]
    private partial void LogTooLong(string socket);

    [LoggerMessage(LogLevel.Warning, "There is no socket at {Socket}, so that commands such as backup can't ask this process: {Reason}")]
    private partial void LogNoSocket(string socket, string reason);

    [LoggerMessage(LogLevel.Warning, "A command was not answered: {Reason}")]
    private partial void LogUnanswered(string reason);

    [LoggerMessage(LogLevel.Error, "A command failed")]
    private partial void LogFailure(Exception exception);
}
