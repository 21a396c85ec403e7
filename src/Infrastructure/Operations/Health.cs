using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using TaskSlices.Infrastructure.Auth;
using TaskSlices.Infrastructure.Data;
using TaskSlices.Infrastructure.Hosting;
using TaskSlices.Infrastructure.Http;

namespace TaskSlices.Infrastructure.Operations;

/// <summary>/health/live: the process answers, with its version. /health/ready: it can also write; 503 when it can't.</summary>
public static class Health
{
    /// <summary>The tag of a check that must pass before traffic is wanted.</summary>
    private const string Readiness = "readiness";

    public static void AddHealth(this IServiceCollection services)
    {
        services.AddSingleton<Heartbeat>();
        services.AddHealthChecks()
            .AddCheck<Heartbeat>("database", tags: [Readiness])
            .AddCheck<BetterAuthKeys>("keys", tags: [Readiness]);
    }

    public static void MapHealth(this IEndpointRouteBuilder app)
    {
        Map(app, "/health/live", _ => false, new { Status = "ok", Version = ProductVersion.Text });
        Map(app, "/health/ready", check => check.Tags.Contains(Readiness), new { Status = "ok" });
    }

    private static void Map(IEndpointRouteBuilder app, string route, Func<HealthCheckRegistration, bool> predicate, object healthy) =>
        app.MapHealthChecks(route, new() { Predicate = predicate, ResponseWriter = (http, report) => WriteAsync(http, report, healthy) })
            .WithMetadata(new HttpMethodMetadata([HttpMethods.Get, HttpMethods.Head]))
            .DisableRateLimiting()
            .AllowAnonymous();

    private static Task WriteAsync(HttpContext context, HealthReport report, object healthy) => report.Status is HealthStatus.Unhealthy
        ? Problem.For(context, StatusCodes.Status503ServiceUnavailable, "NOT_READY", Describe(report)).ExecuteAsync(context)
        : context.Response.WriteAsJsonAsync(healthy);

    // The description of a check that threw is the text of its exception, which callers must not see.
    private static string Describe(HealthReport report) => string.Join(' ', report.Entries.Values
        .Where(e => e.Status is HealthStatus.Unhealthy)
        .Select(e => e.Exception is null ? e.Description : "A check failed; the log says why."));

    /// <summary>Anybody may ask, so one answer serves everybody for a second, and no crowd of askers takes the writer's time.</summary>
    [SuppressMessage("Performance", "CA1812", Justification = "The container makes it.")]
    internal sealed class Heartbeat(IStore store, TimeProvider clock) : IHealthCheck, IDisposable
    {
        private static readonly TimeSpan Remembered = TimeSpan.FromSeconds(1);
        private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

        private readonly SemaphoreSlim _one = new(1, 1);
        private (DateTimeOffset At, HealthCheckResult Result) _last = (DateTimeOffset.MinValue, default);

        public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        {
            await _one.WaitAsync(cancellationToken);
            try
            {
                if (clock.GetUtcNow() - _last.At >= Remembered)
                {
                    using var patience = new CancellationTokenSource(Patience);
                    var fault = await store.FindFaultAsync(patience.Token);
                    _last = (clock.GetUtcNow(), fault is null ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy(fault));
                }

                return _last.Result;
            }
            finally
            {
                _one.Release();
            }
        }

        public void Dispose() => _one.Dispose();
    }
}
