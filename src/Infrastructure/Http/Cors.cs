using System.Collections.Concurrent;
using System.ComponentModel;
using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.Extensions.Options;
using TaskSlices.Infrastructure.Hosting;

namespace TaskSlices.Infrastructure.Http;

/// <summary>The <c>Cors</c> section: which pages may call this API from a browser.</summary>
public sealed class CorsSettings
{
    [Description("The pages that may call it from a browser, separated by commas; no *. Empty: none.")]
    public string Origins { get; set; } = "http://localhost:3000,http://localhost:5173";

    internal string[] List => Origins.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}

/// <summary>
/// Named origins only, with credentials: with a wildcard, any page could call in the name of the user who looks at it (Fetch section 3.2).
/// </summary>
public static class Cors
{
    public static void AddCorsOrigins(this IServiceCollection services)
    {
        services.AddSettings<CorsSettings>("Cors").Validate(
            settings => settings.List.All(IsOrigin),
            "Cors:Origins (CORS_ORIGINS) must be origins, separated by commas, each as scheme://host[:port] and nothing behind it, " +
            "and no *: https://app.example,http://localhost:3000");
        services.AddCors();
        services.AddSingleton<IConfigureOptions<CorsOptions>, NamedOrigins>();
        services.AddSingleton<RefusedOrigins>();
    }

    public static void UseCorsOrigins(this WebApplication app)
    {
        var refused = app.Services.GetRequiredService<RefusedOrigins>();
        app.Use((context, next) =>
        {
            if (context.Request.Headers.Origin is [{ } origin])
                refused.Log(context.Request, origin);

            return next(context);
        });
        app.UseCors();
    }

    private static bool IsOrigin(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
        && uri.GetLeftPart(UriPartial.Authority) == text && uri.UserInfo.Length == 0;

    /// <summary>A browser tells its page only that the call failed: the log says why, once for each origin.</summary>
    private sealed class RefusedOrigins(IOptions<CorsSettings> settings, ILogger<RefusedOrigins> logger)
    {
        /// <summary>Anybody may send any origin: neither memory nor log grows with what is sent.</summary>
        private const int Limit = 100;

        private readonly ConcurrentDictionary<string, bool> _logged = new(StringComparer.OrdinalIgnoreCase);

        public void Log(HttpRequest request, string origin)
        {
            // Browsers name the origin also when a page calls the server that it is from. (Request.Host throws for some names.)
            var isOwn = request.Headers["Sec-Fetch-Site"] == "same-origin"
                || origin.Equals($"{request.Scheme}://{request.Headers.Host}", StringComparison.OrdinalIgnoreCase);

            if (!isOwn && IsOrigin(origin) && !settings.Value.List.Contains(origin, StringComparer.OrdinalIgnoreCase)
                && _logged.Count < Limit && _logged.TryAdd(origin, true))
            {
                logger.LogWarning(
                    "Pages of {Origin} may not call this API from a browser. To allow it, add the origin to Cors:Origins (CORS_ORIGINS).",
                    origin);
            }
        }
    }

    private sealed class NamedOrigins(IOptions<CorsSettings> settings) : IConfigureOptions<CorsOptions>
    {
        public void Configure(CorsOptions options) => options.AddDefaultPolicy(policy => policy
            .WithOrigins(settings.Value.List)
            .AllowCredentials()
            .AllowAnyMethod()
            .AllowAnyHeader()
            .WithExposedHeaders(
                "Location", "Link", "X-Total-Count", "ETag", "WWW-Authenticate", "Retry-After", "RateLimit", "RateLimit-Policy",
                "Idempotency-Replayed")
            .SetPreflightMaxAge(TimeSpan.FromHours(1)));
    }
}
