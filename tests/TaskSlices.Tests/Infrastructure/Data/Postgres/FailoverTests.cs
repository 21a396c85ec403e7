using System.Collections.Concurrent;
using System.Diagnostics;

namespace TaskSlices.Tests.Infrastructure.Data.Postgres;

/// <summary>A primary with standbys, and a server of ours that knows all of them: what is acknowledged is on more than one.</summary>
[Trait("Speed", "slow")]
public sealed class FailoverTests : IDisposable
{
    private const int Writers = 16;

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

        await using var load = new Load(api);
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

    /// <summary>The control: if nothing is ever lost, the test above proves nothing.</summary>
    [Fact]
    public async Task Without_synchronous_replication_acknowledged_tasks_are_lost()
    {
        await using var primary = await PostgresServer.StartAsync();
        await using var standby = await primary.AddStandbyAsync("one");
        await using var api = await StartAsync(primary, standby);
        await using var load = new Load(api);
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

        return [.. connection.Query("SELECT id::text AS id FROM tasks", ["id"]).Select(row => (string)row[0])];
    }

    private Task<ServerProcess> StartAsync(params PostgresServer[] servers) => ServerProcess.StartAsync(
        _directory, new() { ["DATABASE_URL"] = PostgresServer.UrlOf(servers), ["BETTER_AUTH_SECRET"] = Token.Secret });

    /// <summary>Writers that go on whatever they are answered.</summary>
    private sealed class Load : IAsyncDisposable
    {
        private readonly CancellationTokenSource _enough = new();
        private readonly Task _writing;
        private int _refused;
        private long _slowest;

        public Load(ServerProcess api) => _writing = Task.WhenAll(Enumerable.Range(0, Writers).Select(i => WriteAsync(api.Client.BaseAddress!, $"user{i}")));

        public ConcurrentDictionary<string, bool> Ids { get; } = new();

        public ICollection<string> Acknowledged => Ids.Keys;

        public ConcurrentBag<string> Strange { get; } = [];

        public int Refused => _refused;

        public TimeSpan Slowest => TimeSpan.FromTicks(_slowest);

        public Task StopAsync()
        {
            _enough.Cancel();

            return _writing;
        }

        public async ValueTask DisposeAsync()
        {
            await StopAsync();
            _enough.Dispose();
        }

        private async Task WriteAsync(Uri address, string user)
        {
            using var client = new HttpClient { BaseAddress = address };
            client.DefaultRequestHeaders.Authorization = new("Bearer", Token.For(user));
            while (!_enough.IsCancellationRequested)
            {
                var asked = Stopwatch.GetTimestamp();
                using var answer = await client.SendWith("POST", $"/api/{user}/tasks", """{"title":"Written"}""");
                var took = Stopwatch.GetElapsedTime(asked).Ticks;
                lock (_enough)
                    _slowest = Math.Max(_slowest, took);

                if (answer.StatusCode is HttpStatusCode.Created)
                    Ids[(await answer.Is(HttpStatusCode.Created)).Id()] = true;
                else if (answer is { StatusCode: HttpStatusCode.ServiceUnavailable, Headers.RetryAfter: not null })
                {
                    Interlocked.Increment(ref _refused);
                    await Task.Delay(20);
                }
                else
                    Strange.Add($"{answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
            }
        }
    }
}
