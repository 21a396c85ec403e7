using System.Collections.Concurrent;
using System.Data;
using System.Data.Common;
using System.Text.RegularExpressions;
using FastEndpoints.Testing;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using SQLitePCL;
using TaskSlices.Infrastructure.Data;

namespace TaskSlices.Tests.Infrastructure.Data.Sqlite;

/// <summary>How SQLite finds the rows of one user who has a hundred thousand: by the statements that the slices really run.</summary>
[Trait("Engine", "SQLite")]
public sealed class QueryPlanTests(QueryPlanTests.CrowdedApp app) : TestBase<QueryPlanTests.CrowdedApp>
{
    private const string ByOwner = "SEARCH USING PRIMARY KEY (user_id=?)";
    private const string ByOwnerBehindAnId = "SEARCH USING PRIMARY KEY (user_id=? AND id<?)";
    private const string ByOwnerAndId = "SEARCH USING PRIMARY KEY (user_id=? AND id=?)";
    private const string Sorted = "USE TEMP B-TREE FOR ORDER BY";
    private const string Ann = CrowdedApp.Ann;

    private HttpClient _client = app.As(Ann);

    [Fact]
    public async Task The_first_page_is_the_end_of_the_key() =>
        Assert.Equal([ByOwner], await PlanAsync("GET", $"/api/{Ann}/tasks?limit=10"));

    [Fact]
    public async Task A_later_page_starts_in_the_middle_of_the_key()
    {
        var first = await _client.Get($"/api/{Ann}/tasks?limit=10");

        Assert.Equal([ByOwnerBehindAnId], await PlanAsync("GET", first.Next()!));
    }

    /// <summary>Nothing is sorted where an index has the order, and only rows of the user are looked at in any case.</summary>
    [Theory]
    [InlineData("status=pending&limit=10", "SEARCH USING INDEX tasks_completed (user_id=? AND completed=?)")]
    [InlineData("completed=true&priority=high&order=asc&limit=10", "SEARCH USING INDEX tasks_completed (user_id=? AND completed=?)")]
    [InlineData("status=pending&limit=10&after=ffffffff-ffff-7fff-bfff-ffffffffffff", "SEARCH USING INDEX tasks_completed (user_id=? AND completed=? AND id<?)")]
    [InlineData("sort=due_date&limit=10", "SEARCH USING INDEX tasks_due (user_id=? AND due_order>?)", ByOwner)]
    [InlineData("sort=due_date&limit=10&after=00000000-0000-7000-8000-000000000000,2026-12-24", "SEARCH USING INDEX tasks_due (user_id=? AND (due_order,id)>(?,?))", ByOwner)]
    [InlineData("sort=due_date&limit=10&after=00000000-0000-7000-8000-000000000000", "SEARCH USING PRIMARY KEY (user_id=? AND id>?)")]
    [InlineData(
        "sort=due_date&order=desc&status=pending&due_to=2026-12-24&limit=10", "SEARCH USING INDEX tasks_due (user_id=? AND due_order>? AND due_order<?)")]
    [InlineData("priority=high&limit=10", ByOwner)]
    [InlineData("due_from=2026-12-24&limit=10", ByOwner)]
    [InlineData("search=task&limit=10", ByOwner)]
    [InlineData("tags=a,b&limit=10", ByOwner)]
    [InlineData("sort=title&limit=10", ByOwner, Sorted)]
    [InlineData("sort=priority&limit=10", ByOwner, Sorted)]
    [InlineData("sort=updated_at&status=pending&limit=10", ByOwner, Sorted)]
    [InlineData("sort=title&offset=99500", ByOwner, Sorted, ByOwner, Sorted, ByOwnerAndId, "LIST SUBQUERY 1", "SCAN")]
    [InlineData("sort=priority&status=pending&offset=99500", ByOwner, Sorted, ByOwner, Sorted, ByOwnerAndId, "LIST SUBQUERY 1", "SCAN")]
    [InlineData("status=pending&limit=1&count=true", "SEARCH USING COVERING INDEX tasks_completed (user_id=? AND completed=?)", "SEARCH USING INDEX tasks_completed (user_id=? AND completed=?)")]
    public async Task A_list_looks_at_no_more_than_it_must(string query, params string[] plans) =>
        Assert.Equal(plans, await PlanAsync("GET", $"/api/{Ann}/tasks?{query}"));

    /// <summary>Of a list that is filtered by what has an index, too.</summary>
    [Fact]
    public async Task The_rest_of_a_whole_list_is_found_by_the_whole_key()
    {
        var bob = App.NewUser();
        app.Fill(bob, 300);
        using (var database = app.OpenDatabase())
            database.Execute("UPDATE tasks SET due_date = '2026-12-15', due_order = '2026-12-15' WHERE user_id = $user", ("$user", bob));
        _client = app.As(bob);

        var plan = await PlanAsync("GET", $"/api/{bob}/tasks?sort=title&due_from=2026-12-01&due_to=2026-12-24&status=pending");

        Assert.Equal([ByOwnerAndId, "LIST SUBQUERY 1", "SCAN"], plan[^3..]);
    }

    [Fact]
    public async Task One_task_is_found_by_the_whole_key() =>
        Assert.Equal([ByOwnerAndId], await PlanAsync("GET", $"/api/{Ann}/tasks/{await AnIdAsync()}"));

    [Theory]
    [InlineData("PUT", "", """{"title":"New"}""")]
    [InlineData("PATCH", "/complete", null)]
    [InlineData("DELETE", "", null)]
    public async Task A_change_finds_its_task_twice_by_the_whole_key_and_looks_at_no_other(string method, string action, string? body) =>
        Assert.Equal([ByOwnerAndId, ByOwnerAndId], await PlanAsync(method, $"/api/{Ann}/tasks/{await AnIdAsync()}{action}", body));

    [Fact]
    public async Task A_new_task_looks_at_no_other() =>
        Assert.Empty(await PlanAsync("POST", $"/api/{Ann}/tasks", """{"title":"New"}"""));

    /// <summary>More numbers were taken than the quota has rows: what is known of them is not enough, once.</summary>
    [Fact]
    public async Task A_new_task_of_a_user_with_more_changes_than_the_quota_counts_the_others_once()
    {
        var bob = App.NewUser();
        app.Fill(bob, 1000);
        using (var database = app.OpenDatabase())
            database.Execute("UPDATE revisions SET revision = 2000000 WHERE user_id = $user", ("$user", bob));
        _client = app.As(bob);

        Assert.StartsWith("SEARCH USING ", Assert.Single(await PlanAsync("POST", $"/api/{bob}/tasks", """{"title":"New"}""")), StringComparison.Ordinal);
        Assert.Empty(await PlanAsync("POST", $"/api/{bob}/tasks", """{"title":"New"}"""));
        Assert.Empty(await PlanAsync("POST", $"/api/{bob}/tasks", """{"title":"New"}"""));
    }

    private async Task<string> AnIdAsync() => Assert.Single((await _client.Get($"/api/{Ann}/tasks?limit=1").IsList()).Ids());

    /// <summary>The plan of every statement on tasks that the request ran, without the name of the table, which each SQLite spells in its own way.</summary>
    private async Task<List<string>> PlanAsync(string method, string url, string? body = null)
    {
        app.Statements.Clear();
        Assert.True((await _client.Send(method, url, body)).IsSuccessStatusCode);

        // Behind the dashes, SQLite names what a pragma runs.
        var statements = app.Statements.Where(sql => sql.Contains("tasks", StringComparison.Ordinal) && !sql.Contains("pragma_", StringComparison.Ordinal) && !sql.StartsWith("--", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(statements);
        using var database = app.OpenDatabase();

        return
        [
            .. statements
                .SelectMany(sql => database.Query($"EXPLAIN QUERY PLAN {sql}", ["detail"]))
                .Select(row => Regex.Replace((string)row[0], "^(SEARCH|SCAN) .*?(?= USING|$)", "$1")),
        ];
    }

    [DisableWafCache]
    public sealed class CrowdedApp : App
    {
        public const string Ann = "ann";

        public ConcurrentQueue<string> Statements { get; } = new();

        protected override void ConfigureServices(IServiceCollection s) =>
            s.ConfigureDbContext<AppDb>(options => options.AddInterceptors(new Recorder(Statements)));

        protected override ValueTask SetupAsync()
        {
            this.Fill(Ann, 100_000);

            return ValueTask.CompletedTask;
        }
    }

    /// <summary>Every statement as SQLite itself sees it, with its values in it, on every connection that the application makes.</summary>
    private sealed class Recorder(ConcurrentQueue<string> statements) : DbConnectionInterceptor
    {
        public override DbConnection ConnectionCreated(ConnectionCreatedEventData eventData, DbConnection result)
        {
            result.StateChange += (_, change) =>
            {
                if (change.CurrentState is ConnectionState.Open)
                    raw.sqlite3_trace(((SqliteConnection)result).Handle, (_, sql) => statements.Enqueue(sql), null);
            };

            return result;
        }
    }
}
