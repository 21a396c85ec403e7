using System.Diagnostics;
using Npgsql;

namespace TaskSlices.Tests.Infrastructure.Data.Postgres;

/// <summary>A primary with standbys, and a server of ours that knows all of them: what is acknowledged is on more than one.</summary>
[Trait("Speed", "slow")]
public sealed class FailoverTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("taskslices-").FullName;

    [Fact]
    public async Task Every_acknowledged_task_is_there_after_the_primary_was_killed()
    {
        await using var primary = await PostgresServer.StartAsync();
        await using var one = await primary.AddStandbyAsync("one");
        await using var two = await primary.AddStandbyAsync("two");
        await using var api = await StartAsync(primary, one, two);
        primary.Set("synchronous_standby_names", "ANY 1 (one, two)");
        await Wait.Until("both follow", () => primary.Scalar("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'quorum'") is 2L);

        await using var load = new WriteLoad(api);
        await Wait.Until("it writes", () => load.Acknowledged.Count > 200);
        await primary.KillAsync();

        // Whichever has more: a quorum of one means that one of them has everything.
        var ahead = Behind(one) >= Behind(two) ? one : two;
        await ahead.PromoteAsync();
        var promoted = Stopwatch.GetTimestamp();
        var before = load.Acknowledged.Count;
        await Wait.Until("it writes again", () => load.Acknowledged.Count > before, TimeSpan.FromSeconds(10));
        var recovery = Stopwatch.GetElapsedTime(promoted);
        await load.StopAsync();

        var stored = (long)ahead.Scalar("SELECT count(*) FROM tasks")!;
        Assert.Empty(load.Acknowledged.Except(Stored(ahead)));
        Assert.True(stored >= load.Acknowledged.Count);
        Assert.Equal([], load.Strange);
        Assert.InRange(load.Slowest, TimeSpan.Zero, TimeSpan.FromSeconds(5));
        Assert.InRange(recovery, TimeSpan.Zero, TimeSpan.FromSeconds(2));
        TestContext.Current.SendDiagnosticMessage(
            $"{load.Acknowledged.Count} acknowledged, {load.Refused} refused; wrote again after {recovery.TotalSeconds:0.00} s, slowest {load.Slowest.TotalSeconds:0.00} s.");
    }

    [Fact]
    public async Task Patroni_promotes_a_standby_and_writes_go_on_there()
    {
        await using var cluster = await PatroniCluster.StartAsync();
        await using var api = await StartAsync(cluster.Url);
        await using var load = new WriteLoad(api);
        await Wait.Until("it writes", () => load.Acknowledged.Count > 200);

        await cluster.KillLeaderAsync();
        var killed = Stopwatch.GetTimestamp();
        await Task.Delay(TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken);
        var before = load.Acknowledged.Count;
        await Wait.Until("it writes again", () => load.Acknowledged.Count > before, TimeSpan.FromMinutes(1));
        var recovery = Stopwatch.GetElapsedTime(killed);
        await load.StopAsync();

        using var leader = await cluster.OpenAsync();
        Assert.Empty(load.Acknowledged.Except(Stored(leader)));
        Assert.Equal([], load.Strange);
        Assert.InRange(recovery, TimeSpan.FromSeconds(1), PatroniCluster.Lifetime + TimeSpan.FromSeconds(5));
        TestContext.Current.SendDiagnosticMessage(
            $"{load.Acknowledged.Count} acknowledged, {load.Refused} refused; wrote again {recovery.TotalSeconds:0.0} s after the kill, slowest {load.Slowest.TotalSeconds:0.00} s.");
    }

    /// <summary>The control: if nothing is ever lost, the test above proves nothing.</summary>
    [Fact]
    public async Task Without_synchronous_replication_acknowledged_tasks_are_lost()
    {
        await using var primary = await PostgresServer.StartAsync();
        await using var standby = await primary.AddStandbyAsync("one");
        await using var api = await StartAsync(primary, standby);
        await using var load = new WriteLoad(api);
        await Wait.Until("it writes", () => load.Acknowledged.Count > 50);
        standby.Set("primary_conninfo", "");
        var before = load.Acknowledged.Count;
        await Wait.Until("it writes on", () => load.Acknowledged.Count > before + 200);
        await load.StopAsync();
        await primary.KillAsync();
        await standby.PromoteAsync();

        Assert.NotEmpty(load.Acknowledged.Except(Stored(standby)));
    }

    [Fact]
    public async Task Nothing_is_acknowledged_that_is_on_one_machine_only()
    {
        await using var primary = await PostgresServer.StartAsync();
        await using var standby = await primary.AddStandbyAsync("one");
        await using var api = await StartAsync(primary);
        primary.Set("synchronous_standby_names", "ANY 1 (one)");
        using var client = api.Client;
        client.DefaultRequestHeaders.Authorization = new("Bearer", Token.For("ann"));
        await Wait.Until("it writes", async () => (await client.SendWith("POST", "/api/ann/tasks", """{"title":"Before"}""")).IsSuccessStatusCode);

        await standby.StopAsync();
        var asked = Stopwatch.GetTimestamp();
        await client.SendWith("POST", "/api/ann/tasks", """{"title":"Alone"}""").IsProblem(HttpStatusCode.ServiceUnavailable, "UNAVAILABLE");
        Assert.InRange(Stopwatch.GetElapsedTime(asked), TimeSpan.Zero, TimeSpan.FromSeconds(15));
        await client.Get("/api/ann/tasks").IsList();
        await client.Get("/health/ready").IsProblem(HttpStatusCode.ServiceUnavailable, "NOT_READY");

        await standby.BeginAsync();
        await Wait.Until("it writes again", async () => (await client.SendWith("POST", "/api/ann/tasks", """{"title":"After"}""")).IsSuccessStatusCode);
        await Wait.Until("it is ready again", async () => (await client.Get("/health/ready")).IsSuccessStatusCode);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private static long Behind(PostgresServer standby) => (long)(decimal)standby.Scalar("SELECT pg_wal_lsn_diff(pg_last_wal_receive_lsn(), '0/0')")!;

    private static HashSet<string> Stored(PostgresServer server)
    {
        using var connection = server.Open();

        return Stored(connection);
    }

    private static HashSet<string> Stored(NpgsqlConnection connection) =>
        [.. connection.Query("SELECT id::text AS id FROM tasks", ["id"]).Select(row => (string)row[0])];

    private Task<ServerProcess> StartAsync(params PostgresServer[] servers) => StartAsync(PostgresServer.UrlOf(servers));

    private Task<ServerProcess> StartAsync(string url) =>
        ServerProcess.StartAsync(_directory, new() { ["DATABASE_URL"] = url, ["BETTER_AUTH_SECRET"] = Token.Secret });
}
