using System.Net.Sockets;
using TaskSlices.Infrastructure.Hosting;

namespace TaskSlices.Infrastructure.Operations;

/// <summary>A server of its own for the metrics: the API is not there, and the metrics are not where the API is.</summary>
/// <param name="url">Where it listens.</param>
/// <param name="serve">Adds what answers.</param>
internal sealed class MetricsEndpoint(string url, Action<WebApplication> serve) : IHostedService, IAsyncDisposable
{
    private WebApplication? _app;

    /// <exception cref="StartupException">It can't listen there.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls(url).ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
        _app = builder.Build();
        serve(_app);
        try
        {
            await _app.StartAsync(cancellationToken);
        }
        catch (Exception e) when (e is IOException or SocketException or InvalidOperationException)
        {
            throw new StartupException($"Metrics:Url can't be listened at: {e.Message} Set it to another address.");
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => _app?.StopAsync(cancellationToken) ?? Task.CompletedTask;

    public ValueTask DisposeAsync() => _app?.DisposeAsync() ?? default;
}
