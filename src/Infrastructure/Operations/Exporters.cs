using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using TaskSlices.Infrastructure.Hosting;
using TaskSlices.Infrastructure.Http;

namespace TaskSlices.Infrastructure.Operations;

/// <summary>
/// All that names OpenTelemetry. No type here derives from one of its types or has one in a field: such a type would load it whenever the
/// types of this program are looked through.
/// </summary>
internal static class Exporters
{
    /// <param name="services">Where they are added.</param>
    /// <param name="hasCollector">Whether traces, metrics and logs go to a collector, by OTLP.</param>
    /// <param name="metricsUrl">Where the metrics are served; empty for nowhere.</param>
    public static void Add(IServiceCollection services, bool hasCollector, string metricsUrl)
    {
        var telemetry = services.AddOpenTelemetry();

        // OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES come last, and win.
        telemetry.ConfigureResource(resource => resource.Clear()
            .AddService(Instruments.Name, serviceVersion: ProductVersion.Text).AddTelemetrySdk().AddEnvironmentVariableDetector());
        telemetry.WithMetrics(metrics =>
        {
            metrics.AddMeter(Instruments.Name).AddAspNetCoreInstrumentation().AddRuntimeInstrumentation().AddProcessInstrumentation();
            if (metricsUrl.Length > 0)
                metrics.AddPrometheusExporter();
        });
        if (metricsUrl.Length > 0)
            services.AddHostedService(provider => new MetricsEndpoint(metricsUrl, app => Serve(app, provider)));

        if (!hasCollector)
            return;

        telemetry.WithTracing(traces => traces.AddSource(Instruments.Name).AddAspNetCoreInstrumentation(requests =>
        {
            requests.EnrichWithHttpRequest = static (span, _) => span.SetTag("url.path", null).SetTag("url.query", null);
            requests.EnrichWithHttpResponse = static (span, response) =>
                span.SetTag("url.path", response.HttpContext.RouteTemplate()).SetTag("url.query", null);
        }));

        // Without scopes: that of a request has its path.
        telemetry.WithLogging(configureBuilder: null, static logs => (logs.IncludeScopes, logs.IncludeFormattedMessage) = (false, true));
        telemetry.UseOtlpExporter();
    }

    private static void Serve(WebApplication app, IServiceProvider provider) => app.UseOpenTelemetryPrometheusScrapingEndpoint(
        provider.GetRequiredService<MeterProvider>(), static context => context.Request.Path == "/metrics", null, null, null);
}
