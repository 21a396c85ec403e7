using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using TaskSlices.Infrastructure.Auth;
using TaskSlices.Infrastructure.Hosting;
using TaskSlices.Infrastructure.Http;

namespace TaskSlices.Infrastructure.Operations;

/// <summary>
/// A line for each request, when <c>Logging:Requests</c> asks for it. It has nothing that the caller has sent: of the address the route, of
/// the user a digest that is the same each time.
/// </summary>
public sealed partial class RequestLog(ISecretStore secrets, ILogger<RequestLog> log)
{
    private const string SecretName = "log-secret";

    /// <summary>Made with the first request, and kept: a command that does not serve makes none.</summary>
    private readonly Lazy<byte[]> _key = new(() =>
        Convert.FromBase64String(secrets.Keep(SecretName, () => Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)))));

    /// <summary>That of the start, without the scopes of a request, which have its path.</summary>
    private readonly ExecutionContext _outside = ExecutionContext.Capture()!;

    public async Task RunAsync(HttpContext context, RequestDelegate next)
    {
        var (began, method) = (Stopwatch.GetTimestamp(), KnownMethod(context.Request.Method));
        try
        {
            await next(context);
        }
        finally
        {
            var (route, status) = (context.RouteTemplate() ?? "-", context.Response.StatusCode);
            var (user, elapsed) = (Describe(context), Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            var trace = context.TraceIdentifier;
            ExecutionContext.Run(_outside, _ => LogRequest(method, route, status, elapsed, user, trace), null);
        }
    }

    /// <summary>A method is any word.</summary>
    private static string KnownMethod(string method) => method switch
    {
        "GET" or "HEAD" or "POST" or "PUT" or "PATCH" or "DELETE" or "OPTIONS" => method,
        _ => "_OTHER",
    };

    private string Describe(HttpContext context) =>
        context.User.IsService() ? "service"
        : context.User.FindFirst(OwnerGuard.SubjectClaim)?.Value is not { } user ? "-"
        : Convert.ToHexStringLower(HMACSHA256.HashData(_key.Value, Encoding.UTF8.GetBytes(user)).AsSpan(0, 8));

    [LoggerMessage(LogLevel.Information, "{Method} {Route} {Status} in {Elapsed:0.0} ms, user {User}, trace {Trace}")]
    private partial void LogRequest(string method, string route, int status, double elapsed, string user, string trace);
}

public static class RequestLogging
{
    public static void AddRequestLog(this IServiceCollection services)
    {
        // Those of ASP.NET Core and of the providers of its host.
        services.AddSettings<LogSettings>(
            LogSettings.Section, "LogLevel", "CaptureScopes", "Console", "Debug", "EventLog", "EventSource", "OpenTelemetry");
        services.AddSingleton<IValidateOptions<LogSettings>, LogSettings.Check>();
        services.AddSingleton<RequestLog>();
    }

    /// <summary>Must be the first middleware behind the trace ids, to see how each request ends.</summary>
    public static void UseRequestLog(this WebApplication app)
    {
        if (!app.Services.GetRequiredService<IOptions<LogSettings>>().Value.Requests)
            return;

        var log = app.Services.GetRequiredService<RequestLog>();
        app.Use(log.RunAsync);
    }
}
