using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.Extensions.Options;
using TaskSlices.Infrastructure.Hosting;

namespace TaskSlices.Infrastructure.Http;

/// <summary>The <c>Cors</c> section: which pages may call this API from a browser.</summary>
public sealed class CorsSettings
{
    /// <summary>Origins, separated by commas: <c>https://app.example,http://localhost:3000</c>. Empty means none.</summary>
    public string Origins { get; set; } = "";

    internal string[] List => Origins.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}

/// <summary>Named origins only, with credentials: with a wildcard, any page could call in the name of whoever looks at it (Fetch section 3.2).</summary>
public static class Cors
{
    public static void AddCorsOrigins(this IServiceCollection services)
    {
        services.AddSettings<CorsSettings>("Cors").Validate(
            settings => settings.List.All(IsOrigin),
            "Cors:Origins (CORS_ORIGINS) must be origins, separated by commas, each as scheme://host[:port] and nothing behind it, and no *: https://app.example,http://localhost:3000");
        services.AddCors();
        services.AddSingleton<IConfigureOptions<CorsOptions>, NamedOrigins>();
    }

    private static bool IsOrigin(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.GetLeftPart(UriPartial.Authority) == text && uri.UserInfo.Length == 0;

    private sealed class NamedOrigins(IOptions<CorsSettings> settings) : IConfigureOptions<CorsOptions>
    {
        public void Configure(CorsOptions options) => options.AddDefaultPolicy(policy => policy
            .WithOrigins(settings.Value.List)
            .AllowCredentials()
            .AllowAnyMethod()
            .AllowAnyHeader()
            .WithExposedHeaders("Location", "Link", "ETag", "WWW-Authenticate", "Retry-After")
            .SetPreflightMaxAge(TimeSpan.FromHours(1)));
    }
}
