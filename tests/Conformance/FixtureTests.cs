using FastEndpoints.Testing;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using TaskSlices.Conformance.Support;

namespace TaskSlices.Conformance;

/// <summary>The life of a fixture that has [DisableWafCache] (surface section 15).</summary>
public sealed class FixtureTests(FixtureTests.LifeApp app) : TestBase<FixtureTests.LifeApp>
{
    [Fact]
    public void Is_set_up_once_before_the_first_test_of_the_class() => Assert.Equal(["prepared", "app", "services", "set up"], app.Life);

    [Fact]
    public async Task Is_torn_down_before_its_host_ends()
    {
        var other = new LifeApp();
        await ((IAsyncLifetime)other).InitializeAsync();
        Assert.NotSame(app.Services, other.Services);

        await ((IAsyncDisposable)other).DisposeAsync();

        Assert.Equal(["prepared", "app", "services", "set up", "torn down while its host answers 200 \"3\""], other.Life);
        Assert.Equal("200 \"3\"", await app.Ask("GET /sized"));
    }

    [Fact]
    public void Runs_the_application_in_the_environment_for_tests_with_its_settings() =>
        Assert.Equal(("Testing", "said"), (app.Services.GetRequiredService<IWebHostEnvironment>().EnvironmentName, app.Services.GetRequiredService<IConfiguration>()["probe"]));

    [Fact]
    public void Puts_its_services_after_those_of_the_application() => Assert.Equal("from the fixture", app.Services.GetRequiredService<Greeting>().Text);

    [Fact]
    public void Gives_clients_and_the_server_of_its_own_host()
    {
        using var client = app.CreateClient(c => c.DefaultRequestHeaders.Add("X-Probe", "yes"));

        Assert.Equal(new Uri("http://localhost/"), client.BaseAddress);
        Assert.Equal("yes", client.DefaultRequestHeaders.GetValues("X-Probe").Single());
        Assert.Same(app.Services.GetRequiredService<Greeting>(), app.Server.Services.GetRequiredService<Greeting>());
    }

    [Fact]
    public void Gives_a_test_the_token_by_which_it_is_broken_off() => Assert.Equal(TestContext.Current.CancellationToken, Cancellation);

    /// <summary>Writes down what happens to it.</summary>
    [DisableWafCache]
    public sealed class LifeApp : ProbeApp
    {
        public List<string> Life { get; } = [];

        protected override ValueTask PreSetupAsync() => Note("prepared");

        protected override void ConfigureApp(IWebHostBuilder a)
        {
            base.ConfigureApp(a);
            a.UseSetting("probe", "said");
            Life.Add("app");
        }

        protected override void ConfigureServices(IServiceCollection s)
        {
            s.AddSingleton(new Greeting("from the fixture"));
            Life.Add("services");
        }

        protected override ValueTask SetupAsync() => Note(Services is null ? "set up too early" : "set up");

        protected override async ValueTask TearDownAsync() => Life.Add($"torn down while its host answers {await Ask("GET /sized")}");

        private ValueTask Note(string what)
        {
            Life.Add(what);

            return ValueTask.CompletedTask;
        }
    }
}
