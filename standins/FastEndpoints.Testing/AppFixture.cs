using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace FastEndpoints.Testing;

/// <summary>Gives each instance of the fixture a host of its own; without it the real package shares one per fixture type.</summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class DisableWafCacheAttribute : Attribute;

/// <summary>The application under test, in this process, in the environment "Testing".</summary>
/// <exception cref="NotSupportedException">The fixture lacks [DisableWafCache].</exception>
public abstract class AppFixture<TProgram> : IAsyncLifetime where TProgram : class
{
    private WebApplicationFactory<TProgram>? _factory;

    public IServiceProvider Services => _factory!.Services;
    public TestServer Server => _factory!.Server;

    async ValueTask IAsyncLifetime.InitializeAsync()
    {
        if (!GetType().IsDefined(typeof(DisableWafCacheAttribute), inherit: false))
            throw new NotSupportedException($"{GetType().Name} needs [DisableWafCache].");

        await PreSetupAsync();
        _factory = new Factory(this);
        _ = _factory.Server;
        await SetupAsync();
    }

    async ValueTask IAsyncDisposable.DisposeAsync()
    {
        await TearDownAsync();
        if (_factory is not null)
            await _factory.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    public HttpClient CreateClient(Action<HttpClient> c)
    {
        var client = _factory!.CreateClient();
        c(client);

        return client;
    }

    protected virtual ValueTask PreSetupAsync() => default;
    protected virtual ValueTask SetupAsync() => default;
    protected virtual ValueTask TearDownAsync() => default;
    protected virtual void ConfigureApp(IWebHostBuilder a) { }
    protected virtual void ConfigureServices(IServiceCollection s) { }

    private sealed class Factory(AppFixture<TProgram> fixture) : WebApplicationFactory<TProgram>
    {
        protected override void ConfigureWebHost(IWebHostBuilder builder)
        {
            builder.UseEnvironment("Testing");
            builder.ConfigureTestServices(fixture.ConfigureServices);
            fixture.ConfigureApp(builder);
        }
    }
}

/// <summary>A class of tests that share one instance of a fixture.</summary>
public abstract class TestBase<TFixture> : IClassFixture<TFixture> where TFixture : class
{
    [SuppressMessage("Performance", "CA1822", Justification = "It is an instance member of the real package.")]
    protected CancellationToken Cancellation => TestContext.Current.CancellationToken;
}
