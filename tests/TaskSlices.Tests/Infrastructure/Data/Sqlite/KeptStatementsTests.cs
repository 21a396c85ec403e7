using System.Globalization;
using FastEndpoints.Testing;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using TaskSlices.Features.Tasks;
using TaskSlices.Infrastructure.Data;
using TaskSlices.Infrastructure.Data.Sqlite;

namespace TaskSlices.Tests.Infrastructure.Data.Sqlite;

[Trait("Engine", "SQLite")]
public sealed class KeptStatementsTests(App app) : TestBase<App>
{
    /// <summary>SQLITE_STMTSTATUS_RUN.</summary>
    private const int StatementRuns = 6;

    private readonly string _ann = App.NewUser();

    [Fact]
    public async Task Each_run_has_its_own_values()
    {
        var bob = App.NewUser();
        var task = await app.As(_ann).CreateTask(_ann);
        await using var scope = app.ScopeOf(_ann);
        var tasks = scope.ServiceProvider.GetRequiredService<AppDb>().Tasks;

        for (var i = 0; i < 3; i++)
        {
            Assert.NotNull(await tasks.ReadAsync(_ann, Guid.Parse(task.Id()), Cancellation));
            Assert.Null(await tasks.ReadAsync(bob, Guid.Parse(task.Id()), Cancellation));
        }
    }

    [Fact]
    public async Task One_that_is_still_being_read_can_run_beside_itself()
    {
        for (var i = 0; i < 5; i++)
            await app.As(_ann).CreateTask(_ann);
        await using var scope = app.ScopeOf(_ann);
        var tasks = scope.ServiceProvider.GetRequiredService<AppDb>().Tasks.AsNoTracking().Where(t => t.UserId == _ann).OrderBy(t => t.Id);
        var pairs = new List<(Guid, Guid)>();

        await foreach (var outer in tasks.AsAsyncEnumerable().WithCancellation(Cancellation))
        {
            await foreach (var inner in tasks.AsAsyncEnumerable().WithCancellation(Cancellation))
                pairs.Add((outer.Id, inner.Id));
        }

        Assert.Equal(25, pairs.Distinct().Count());
        Assert.Equal(25, pairs.Count);
    }

    [Fact]
    public async Task One_that_failed_runs_again()
    {
        await using var scope = app.ScopeOf(_ann);
        var db = scope.ServiceProvider.GetRequiredService<AppDb>();

        Task<List<long>> FirstAsync(string json) => db.Database.SqlQuery<long>($"SELECT json_extract({json}, '$[0]') AS \"Value\"").ToListAsync(Cancellation);

        Assert.Equal([1L], await FirstAsync("[1]"));
        await Assert.ThrowsAsync<SqliteException>(() => FirstAsync("no json"));
        Assert.Equal([2L], await FirstAsync("[2]"));
    }

    [Fact]
    public async Task Keeps_no_more_than_so_many()
    {
        await using var alone = await FragileApp.StartAsync();
        await using var scope = alone.ScopeOf(_ann);
        var db = await ListingAsync(scope);

        for (var i = 0; i < KeptStatements.Limit * 2; i++)
        {
            var sql = string.Concat("SELECT ", i.ToString(CultureInfo.InvariantCulture), " AS \"Value\"");
            Assert.Equal([i], await db.Database.SqlQueryRaw<int>(sql).ToListAsync(Cancellation));
        }

        Assert.InRange(Statements(db).Count(), KeptStatements.Limit / 2, KeptStatements.Limit);
    }

    [Fact]
    public async Task One_that_has_run_before_is_not_parsed_again()
    {
        await using var alone = await FragileApp.StartAsync();
        await using var scope = alone.ScopeOf(_ann);
        var db = await ListingAsync(scope);
        await db.Tasks.ReadAsync(_ann, Guid.NewGuid(), Cancellation);
        var (count, runs) = (Statements(db).Count(), Runs(db));

        for (var i = 0; i < 10; i++)
            await db.Tasks.ReadAsync(_ann, Guid.NewGuid(), Cancellation);

        Assert.Equal((count, runs + 10), (Statements(db).Count(), Runs(db)));
    }

    [Fact]
    public async Task Leaves_nothing_behind_on_a_connection_that_stays_open()
    {
        await using var scope = app.ScopeOf(_ann);
        var db = scope.ServiceProvider.GetRequiredService<AppDb>();
        await db.Database.OpenConnectionAsync(Cancellation);
        var connection = (SqliteConnection)db.Database.GetDbConnection();
        var commands = (System.Collections.ICollection)typeof(SqliteConnection)
            .GetField("_commands", System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Instance)!.GetValue(connection)!;

        for (var i = 0; i < 1000; i++)
            await db.Tasks.ReadAsync(_ann, Guid.NewGuid(), Cancellation);

        Assert.InRange(commands.Count, 1, KeptStatements.Limit);
    }

    /// <summary>A connection that lists its statements, which it must be told before it has any.</summary>
    private async Task<AppDb> ListingAsync(AsyncServiceScope scope)
    {
        var db = scope.ServiceProvider.GetRequiredService<AppDb>();
        await db.Database.OpenConnectionAsync(Cancellation);
        ((SqliteConnection)db.Database.GetDbConnection()).Handle!.enable_sqlite3_next_stmt(true);

        return db;
    }

    /// <summary>How often the statements that the connection has parsed have run (sqlite.org/c3ref/c_stmtstatus_counter.html).</summary>
    private static int Runs(AppDb db) => Statements(db).Sum(statement => SQLitePCL.raw.sqlite3_stmt_status(statement, StatementRuns, 0));

    private static IEnumerable<SQLitePCL.sqlite3_stmt> Statements(AppDb db)
    {
        var connection = ((SqliteConnection)db.Database.GetDbConnection()).Handle;

        for (var statement = SQLitePCL.raw.sqlite3_next_stmt(connection, null); statement is not null; statement = SQLitePCL.raw.sqlite3_next_stmt(connection, statement))
            yield return statement;
    }
}
