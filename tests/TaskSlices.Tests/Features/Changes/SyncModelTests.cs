namespace TaskSlices.Tests.Features.Changes;

/// <summary>Ten thousand changes by clients that retry, while servers are killed.</summary>
[Trait("Speed", "slow")]
public sealed class SyncModelTests : IAsyncDisposable
{
    private readonly List<ServerProcess> _servers = [];
    private readonly string _directory = Directory.CreateTempSubdirectory("taskslices-").FullName;

    [Fact]
    public async Task No_change_is_lost_or_made_twice_when_the_server_is_killed()
    {
        var server = await StartAsync();
        var address = server.Client.BaseAddress!;
        var model = new SyncModel(_ => address, 10_000);
        var running = model.RunAsync();
        foreach (var done in new[] { 2500, 5000 })
        {
            await Wait.Until($"{done} operations are done", () => model.Done >= done, TimeSpan.FromMinutes(3));
            await server.KillAsync();
            server = await StartAsync(address.Port);
        }

        await model.CheckAsync(await running);

        TestContext.Current.SendDiagnosticMessage(model.Summary);
    }

    [Trait("Engine", "SQLite")]
    [Fact]
    public async Task Nor_is_it_on_two_instances_when_the_primary_is_killed()
    {
        await using var primary = await PostgresServer.StartAsync();
        await using var standby = await primary.AddStandbyAsync("one");
        var url = PostgresServer.UrlOf(primary, standby);
        var servers = new[] { await StartAsync(0, url), await StartAsync(0, url) };
        var addresses = servers.Select(server => server.Client.BaseAddress!).ToArray();
        primary.Set("synchronous_standby_names", "one");
        await Wait.Until("the standby follows", () => primary.Scalar("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'") is 1L);

        var model = new SyncModel(client => addresses[client % 2], 10_000);
        var running = model.RunAsync();
        await Wait.Until("some operations are done", () => model.Done >= 2500, TimeSpan.FromMinutes(3));
        await servers[1].KillAsync();
        await StartAsync(addresses[1].Port, url);
        await Wait.Until("more operations are done", () => model.Done >= 5000, TimeSpan.FromMinutes(3));
        await primary.KillAsync();
        await standby.PromoteAsync();

        await model.CheckAsync(await running);
        TestContext.Current.SendDiagnosticMessage(model.Summary);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers)
            await server.DisposeAsync();

        Directory.Delete(_directory, recursive: true);
    }

    private async Task<ServerProcess> StartAsync(int port = 0, string? url = null)
    {
        var environment = new Dictionary<string, string> { ["BETTER_AUTH_SECRET"] = Token.Secret };
        if (url is not null)
            environment["DATABASE_URL"] = url;

        _servers.Add(await ServerProcess.StartAsync(_directory, environment, port: port));

        return _servers[^1];
    }
}
