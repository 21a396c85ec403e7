using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using TaskSlices.Infrastructure.Hosting;

namespace TaskSlices.Infrastructure.Operations;

/// <summary>Asks the server of these settings for /health/live, as a container's health check does.</summary>
internal static class LiveCheck
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <returns>What it answers.</returns>
    /// <exception cref="CommandException">It does not answer 200 within five seconds.</exception>
    [SuppressMessage("Security", "CA5359", Justification = "It sends nothing, and believes nothing but that something answers.")]
    public static async Task<string> AskAsync(IConfiguration configuration, CancellationToken ct)
    {
        var address = BindingAddress.Parse(FindAddress(configuration));
        using var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            ConnectCallback = address.IsUnixPipe ? (_, ct) => ConnectAsync(address.UnixPipePath, ct) : null,

            // The certificate is for the name that browsers see; this asks the machine itself whether the process answers.
            SslOptions = { RemoteCertificateValidationCallback = static (_, _, _, _) => true },
        };
        using var client = new HttpClient(handler) { Timeout = Patience };

        // Not localhost: an image may have no /etc/hosts.
        var host = address.IsUnixPipe || IsAnyHost(address.Host) ? "127.0.0.1" : address.Host;
        using var request = new HttpRequestMessage(
            HttpMethod.Get, $"{address.Scheme}://{host}{(address.IsUnixPipe ? "" : $":{address.Port}")}/health/live");

        // Requests that name another host are refused.
        if (configuration["AllowedHosts"]?.Split(';')[0] is { Length: > 0 } allowed && !allowed.Contains('*', StringComparison.Ordinal))
            request.Headers.Host = allowed;

        try
        {
            using var response = await client.SendAsync(request, ct);

            return response.StatusCode is HttpStatusCode.OK
                ? await response.Content.ReadAsStringAsync(ct)
                : throw new CommandException($"The server at {request.RequestUri} answers {(int)response.StatusCode}.");
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException && !ct.IsCancellationRequested)
        {
            throw new CommandException($"The server does not answer at {request.RequestUri}: {e.Message}");
        }
    }

    /// <summary>Kestrel's own endpoints override Urls.</summary>
    private static string FindAddress(IConfiguration configuration) =>
        configuration.GetSection("Kestrel:Endpoints").GetChildren().Select(endpoint => endpoint["Url"]).OfType<string>().FirstOrDefault()
        ?? configuration["Urls"]?.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).FirstOrDefault()
        ?? new ServerSettings().Urls;

    private static bool IsAnyHost(string host) => host is "*" or "+" or "[::]" or "0.0.0.0";

    private static async ValueTask<Stream> ConnectAsync(string path, CancellationToken ct)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), ct);

            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
