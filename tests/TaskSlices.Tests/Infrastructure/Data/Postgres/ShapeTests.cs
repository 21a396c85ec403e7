using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Mvc.Testing;

namespace TaskSlices.Tests.Infrastructure.Data.Postgres;

/// <summary>How much of a large database a request reads, as PostgreSQL's auto_explain logs it.</summary>
[Trait("Speed", "slow")]
public sealed partial class ShapeTests : IAsyncLifetime
{
    private const int TasksPerUser = 100;

    private readonly string _directory = Directory.CreateTempSubdirectory("taskslices-").FullName;
    private PostgresServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await PostgresServer.StartAsync(
        "session_preload_libraries=auto_explain", "auto_explain.log_min_duration=0", "auto_explain.log_analyze=on", "auto_explain.log_buffers=on",
        "auto_explain.log_format=json", "auto_explain.log_nested_statements=on", "log_min_messages=log");

    [Fact]
    public async Task A_request_reads_one_of_sixteen_partitions()
    {
        await using (var first = Start())
            Assert.NotNull(first.Server);
        _server.Execute(
            $"""
            ALTER TABLE tasks RENAME TO whole;
            CREATE TABLE tasks (LIKE whole INCLUDING ALL) PARTITION BY HASH (user_id);
            {string.Concat(Enumerable.Range(0, 16).Select(i => $"CREATE TABLE tasks_{i} PARTITION OF tasks FOR VALUES WITH (MODULUS 16, REMAINDER {i});\n"))}
            DROP TABLE whole;
            """);
        _server.Execute("ALTER DATABASE postgres SET plan_cache_mode = force_generic_plan");

        await using var api = Start();
        using var client = api.CreateClient();
        var bearer = ("Authorization", $"Bearer {Token.For("ann")}");
        var task = $"/api/ann/tasks/{(await client.SendWith("POST", "/api/ann/tasks", """{"title":"First"}""", bearer).Is(HttpStatusCode.Created)).Id()}";
        foreach (var (method, url, json) in new[]
        {
            ("GET", "/api/ann/tasks?limit=50", null), ("GET", task, null), ("PUT", task, """{"title":"Second"}"""), ("PATCH", $"{task}/complete", null),
            ("DELETE", task, null),
        })
        {
            var before = _server.Log.Length;
            Assert.Equal(HttpStatusCode.OK, (await client.SendWith(method, url, json, bearer)).StatusCode);

            var plans = Plans(before).Where(plan => plan.Statement.Contains("tasks", StringComparison.Ordinal)).ToList();
            Assert.NotEmpty(plans);
            Assert.All(plans, plan => Assert.True(Sum(plan.Plan, "Subplans Removed") == 15, $"{method} {url}: {plan.Statement}\n{plan.Plan}"));
        }
    }

    /// <summary>The tasks of each user are spread over the whole table, as they are when all users write at the same time.</summary>
    [Fact]
    public async Task A_page_reads_no_more_among_a_million_tasks_than_among_a_hundred_thousand()
    {
        await using var api = Start();
        using var client = api.CreateClient();

        var few = await ReadPagesAsync(client, users: 1_000);
        var many = await ReadPagesAsync(client, users: 10_000);

        TestContext.Current.SendDiagnosticMessage($"Buffers of a page of 50: median {few.Median} and {many.Median}, of 100: {few.Highest} and {many.Highest} at most.");
        Assert.InRange(many.Median, 50, 60);
        Assert.InRange(many.Highest, many.Median, 2 * few.Highest);
    }

    [Fact]
    public async Task A_list_looks_at_no_task_of_another_user()
    {
        await using var api = Start();
        using var client = api.CreateClient();
        await ReadPagesAsync(client, users: 1_000);
        _server.Execute(
            """
            INSERT INTO tasks (user_id, id, title, completed, created_at, updated_at, revision)
            SELECT 'user7', gen_random_uuid(), 'One of many', false, now(), now(), i FROM generate_series(101, 400) AS i
            """);
        _server.Execute(
            "UPDATE tasks SET priority = revision % 5, completed = revision % 3 = 0, due_order = '2026-12-' || 10 + revision % 20, updated_at = now() + revision * interval '1 s'");
        _server.Execute("VACUUM ANALYZE tasks");

        foreach (var query in new[]
        {
            "", "?status=pending&limit=10", "?priority=high&limit=10", "?sort=priority&limit=10", "?sort=updated_at&limit=10", "?sort=title&limit=10",
            "?sort=due_date&limit=10", "?sort=due_date&order=desc&due_to=2026-12-24&limit=10", "?sort=due_date&limit=10&after=ffffffff-ffff-7fff-bfff-ffffffffffff,2026-12-20",
            "?search=task&limit=10", "?tags=a,b&limit=10", "?due_from=2026-12-24&limit=10", "?status=pending&limit=1&count=true", "?limit=10&page=3", "?sort=title", "?sort=due_date&status=pending",
        })
        {
            var before = _server.Log.Length;
            Assert.Equal(HttpStatusCode.OK, (await client.GetWith($"/api/user7/tasks{query}", ("Authorization", $"Bearer {Token.For("user7")}"))).StatusCode);

            var plans = Plans(before).Where(plan => plan.Statement.Contains("tasks", StringComparison.Ordinal)).ToList();
            Assert.NotEmpty(plans);
            Assert.All(plans, plan => Assert.All(Scans(plan.Plan), scan =>
                Assert.True(scan["Index Cond"]?.GetValue<string>().Contains("user_id =", StringComparison.Ordinal) is true, $"{query}: {plan.Statement}\n{plan.Plan}")));
        }

        static IEnumerable<JsonNode> Scans(JsonNode plan) =>
            (plan["Node Type"]!.GetValue<string>() is "Seq Scan" or "Index Scan" or "Index Only Scan" or "Bitmap Index Scan" ? [plan] : Array.Empty<JsonNode>())
                .Concat(plan["Plans"]?.AsArray().SelectMany(child => Scans(child!)) ?? []);
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    private WebApplicationFactory<Program> Start() =>
        InProcess.Start(Path.Combine(_directory, $"{Guid.NewGuid():N}"), ("DATABASE_URL", _server.Url), ("BETTER_AUTH_SECRET", Token.Secret));

    /// <summary>Buffers that the newest page of 50 takes, for 100 of the users.</summary>
    private async Task<(int Median, int Highest)> ReadPagesAsync(HttpClient client, int users)
    {
        _server.Execute("TRUNCATE tasks");
        _server.Execute(
            $"""
            INSERT INTO tasks (user_id, id, title, completed, created_at, updated_at, revision)
            SELECT 'user' || i % {users}, (lpad(to_hex(1700000000000 + i), 12, '0') || '7000' || '8000' || lpad(to_hex(i), 12, '0'))::uuid,
                'A task of about forty characters, no. ' || i, false, now(), now(), i / {users} + 1
            FROM generate_series(1, {users * TasksPerUser}) AS i;
            """);
        _server.Execute("VACUUM ANALYZE tasks");

        var buffers = new List<int>();
        for (var user = 0; user < users; user += users / 100)
        {
            var before = _server.Log.Length;
            var page = await client.GetWith($"/api/user{user}/tasks?limit=50", ("Authorization", $"Bearer {Token.For($"user{user}")}")).IsList();
            Assert.Equal(50, page.Count);
            buffers.Add(Plans(before).Sum(plan => (int)plan.Plan["Shared Hit Blocks"]! + (int)plan.Plan["Shared Read Blocks"]!));
        }

        buffers.Sort();

        return (buffers[buffers.Count / 2], buffers[^1]);
    }

    private List<(string Statement, JsonNode Plan)> Plans(int from) =>
    [
        .. Logged().Matches(_server.Log[from..]).Select(match => JsonNode.Parse(match.Groups[1].Value)!)
            .Select(entry => ((string)entry["Query Text"]!, entry["Plan"]!)),
    ];

    private static int Sum(JsonNode plan, string name) =>
        ((int?)plan[name] ?? 0) + (plan["Plans"]?.AsArray().Sum(child => Sum(child!, name)) ?? 0);

    [GeneratedRegex(@"plan:\r?\n(\t?\{.*?\n\t?\})\r?\n", RegexOptions.Singleline)]
    private static partial Regex Logged();
}
