using FastEndpoints.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace TaskSlices.Tests.Support;

/// <summary>The application with a shared secret and, beside it, the key set of an <see cref="Support.Issuer"/> that it fetches over HTTP.</summary>
[DisableWafCache]
public class IssuerApp : App
{
    private WebApplication? _server;

    public Issuer Issuer { get; } = new();

    protected override async ValueTask PreSetupAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _server = builder.Build();
        _server.MapGet("/api/auth/jwks", () => Results.Text(Issuer.KeySet, "application/json"));
        await _server.StartAsync(TestContext.Current.CancellationToken);
        Issuer.Origin = _server.Urls.Single();
    }

    protected override void ConfigureApp(IWebHostBuilder a)
    {
        base.ConfigureApp(a);
        a.UseSetting("Auth:Url", Issuer.Origin);
    }

    protected override async ValueTask SetupAsync()
    {
        using var client = Anonymous();
        await Wait.Until("the keys are fetched", async () => (await client.Get("/health/ready")).IsSuccessStatusCode, TimeSpan.FromSeconds(30));
    }

    protected override async ValueTask TearDownAsync()
    {
        await base.TearDownAsync();
        if (_server is not null)
            await _server.DisposeAsync();
        Issuer.Dispose();
    }
}
