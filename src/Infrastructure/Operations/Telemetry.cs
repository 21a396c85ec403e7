using System.ComponentModel;
using System.Diagnostics.Metrics;
using TaskSlices.Infrastructure.Auth;
using TaskSlices.Infrastructure.Data;
using TaskSlices.Infrastructure.Hosting;

namespace TaskSlices.Infrastructure.Operations;

/// <summary>The <c>Metrics</c> section: the metrics as Prometheus reads them.</summary>
public sealed class MetricsSettings
{
    [Description("Where /metrics is served for Prometheus, such as http://localhost:9464: an address of its own. Empty: nowhere.")]
    public string Url { get; set; } = "";

    /// <summary>As Kestrel takes them: * is every interface.</summary>
    internal static bool IsAddress(string url) =>
        Uri.TryCreate(url.Replace("//*:", "//any:", StringComparison.Ordinal), UriKind.Absolute, out var uri)
        && uri is { Scheme: "http", PathAndQuery: "/", Fragment: "", UserInfo: "" };
}

/// <summary>
/// Traces, metrics and logs, for a collector and for Prometheus. Without one of them nothing of OpenTelemetry is loaded. See
/// docs/decisions/0017-telemetry.md.
/// </summary>
public static class Telemetry
{
    /// <summary>OpenTelemetry's own name; the other OTEL_ variables hold too.</summary>
    private const string Collector = "OTEL_EXPORTER_OTLP_ENDPOINT";

    private const string Protocol = "OTEL_EXPORTER_OTLP_PROTOCOL";

    /// <exception cref="StartupException">The address or the protocol of the collector is none.</exception>
    public static void AddTelemetry(this WebApplicationBuilder builder)
    {
        builder.Services.AddSettings<MetricsSettings>("Metrics").Validate(
            settings => settings.Url.Length == 0 || MetricsSettings.IsAddress(settings.Url),
            "Metrics:Url is no address to listen at. Write it as http://localhost:9464.");
        builder.Services.AddHostedService<Gauges>();

        var (collector, metrics) = (builder.Configuration[Collector] ?? "", builder.Configuration["Metrics:Url"] ?? "");
        if (collector.Length > 0 && !(Uri.TryCreate(collector, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"))
            throw new StartupException($"{Collector} is no address. Write it as http://localhost:4317.");

        if (collector.Length > 0 && (builder.Configuration[Protocol] ?? "grpc") is not ("" or "grpc" or "http/protobuf"))
            throw new StartupException($"{Protocol} must be grpc or http/protobuf.");

        if (collector.Length > 0 || MetricsSettings.IsAddress(metrics))
            Exporters.Add(builder.Services, hasCollector: collector.Length > 0, metrics);
    }

    /// <summary>What is measured when somebody reads the metrics.</summary>
    private sealed class Gauges(IMeterFactory meters, IStore store, BetterAuthKeys keys) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            var meter = meters.Create(Instruments.Name);
            meter.CreateObservableUpDownCounter(
                "taskslices.queue.length", () => store.Waiting, "{change}", "Changes that wait for their turn to be written.");
            meter.CreateObservableGauge(
                "taskslices.keys.age", AgeOfKeys, "s", "Time since the keys of the Better Auth server were fetched.");

            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        private IEnumerable<Measurement<double>> AgeOfKeys() => keys.Age is { } age ? [new(age.TotalSeconds)] : [];
    }
}
