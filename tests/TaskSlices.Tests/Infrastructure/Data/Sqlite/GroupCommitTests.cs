using System.Diagnostics;
using FastEndpoints.Testing;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using TaskSlices.Features.Tasks;
using TaskSlices.Infrastructure.Data;
using TaskSlices.Infrastructure.Data.Sqlite;

namespace TaskSlices.Tests.Infrastructure.Data.Sqlite;

[Trait("Engine", "SQLite")]
public sealed class GroupCommitTests(App app) : TestBase<App>
{
    private readonly string _ann = App.NewUser();

    [Fact]
    public async Task Changes_that_wait_share_one_commit()
    {
        await using var alone = await FragileApp.StartAsync();
        var commits = 0;
        await WriteAsync(alone, db =>
        {
            SQLitePCL.raw.sqlite3_commit_hook(((SqliteConnection)db.Database.GetDbConnection()).Handle, _ => commits++ < 0 ? 1 : 0, null);
            return Task.FromResult(0);
        });
        commits = 0;
        Task<HttpResponseMessage>[] creates;

        await using (await HeldWriter.TakeAsync(alone.Services))
        {
            creates = [.. Enumerable.Range(0, 50).Select(i => alone.As(_ann).Post($"/api/{_ann}/tasks", $$"""{"title":"Task {{i}}"}"""))];
            await Wait.Until("all of them wait", () => Waiting(alone) == 50);
        }

        Assert.All(await Task.WhenAll(creates), answer => Assert.Equal(HttpStatusCode.Created, answer.StatusCode));
        Assert.Equal((1, 50L), (commits, alone.LastRevision(_ann)));
    }

    [Fact]
    public async Task A_change_that_fails_among_those_that_wait_is_undone_alone()
    {
        var taken = Guid.Parse((await app.As(_ann).CreateTask(_ann)).Id());
        Task<int>[] saves;

        await using (await HeldWriter.TakeAsync(app.Services))
            saves = [.. Enumerable.Range(0, 11).Select(i => AddAsync(i == 5 ? taken : Guid.CreateVersion7()))];

        await Assert.ThrowsAsync<DbUpdateException>(() => saves[5]);
        Assert.All(await Task.WhenAll(saves.Where((_, i) => i != 5)), rows => Assert.Equal(1, rows));
        Assert.Equal(11, (await app.As(_ann).Get($"/api/{_ann}/tasks").IsList()).Count);
        Assert.Equal(11, app.LastRevision(_ann));
    }

    [Fact]
    public async Task A_change_that_throws_after_it_saved_leaves_nothing_behind()
    {
        var id = Guid.CreateVersion7();
        await using var scope = app.ScopeOf(_ann);
        var db = scope.ServiceProvider.GetRequiredService<AppDb>();

        await Assert.ThrowsAsync<InvalidTimeZoneException>(() => db.WriteAsync<int>(
            async () =>
            {
                db.Tasks.Add(New(id));
                await db.SaveChangesAsync(Cancellation);
                throw new InvalidTimeZoneException();
            },
            Cancellation));

        Assert.Null(await app.StoredAsync(_ann, id));
        Assert.Empty(db.ChangeTracker.Entries());
        Assert.Equal(0, app.LastRevision(_ann));
    }

    [Fact]
    public async Task A_save_that_failed_can_be_tried_again()
    {
        var taken = Guid.Parse((await app.As(_ann).CreateTask(_ann)).Id());
        await using var scope = app.ScopeOf(_ann);
        var db = scope.ServiceProvider.GetRequiredService<AppDb>();
        db.Tasks.Add(New(taken));
        await Assert.ThrowsAsync<DbUpdateException>(() => db.SaveChangesAsync(Cancellation));

        await WriteAsync(app, other => other.Database.ExecuteSqlAsync($"DELETE FROM tasks WHERE user_id = {_ann}", Cancellation));
        Assert.Equal(1, await db.SaveChangesAsync(Cancellation));

        Assert.Equal((2L, "New"), ((await app.StoredAsync(_ann, taken))!.Revision, (await app.StoredAsync(_ann, taken))!.Title));
    }

    [Fact]
    public async Task A_change_that_ends_the_transaction_of_all_is_answered_and_the_next_goes_on()
    {
        await using var alone = await FragileApp.StartAsync();

        await Assert.ThrowsAsync<SqliteException>(() => WriteAsync(alone, db => db.Database.ExecuteSqlAsync($"ROLLBACK", Cancellation)));

        await alone.As(_ann).CreateTask(_ann);
        Assert.Equal(1, alone.LastRevision(_ann));
    }

    [Fact]
    public async Task Cancelling_after_the_turn_is_too_late()
    {
        using var cancelled = new CancellationTokenSource();
        var id = Guid.CreateVersion7();
        await using var scope = app.ScopeOf(_ann);
        var db = scope.ServiceProvider.GetRequiredService<AppDb>();

        var saved = await db.WriteAsync(
            async () =>
            {
                db.Tasks.Add(New(id));
                var rows = await db.SaveChangesAsync(Cancellation);
                await cancelled.CancelAsync();
                return rows;
            },
            cancelled.Token);

        Assert.Equal(1, saved);
        Assert.NotNull(await app.StoredAsync(_ann, id));
    }

    [Fact]
    public async Task A_change_runs_in_the_context_of_the_request_that_asked_for_it()
    {
        var mine = new AsyncLocal<string> { Value = "mine" };
        var seen = "";

        await WriteAsync(app, _ => Task.FromResult(seen = mine.Value ?? "nobody's"));

        Assert.Equal("mine", seen);
    }

    [Fact]
    public async Task While_another_process_holds_the_file_writers_are_told_to_come_back_and_reads_go_on()
    {
        await using var fragile = await FragileApp.StartAsync();
        var client = fragile.As(_ann);
        var task = await client.CreateTask(_ann);
        using var other = fragile.OpenDatabase();
        other.Execute("BEGIN IMMEDIATE");
        var started = Stopwatch.GetTimestamp();

        var writes = Enumerable.Range(0, 10).Select(_ => client.Post($"/api/{_ann}/tasks", """{"title":"New"}""")).ToList();
        for (var i = 0; i < 20; i++)
            await client.Get($"/api/{_ann}/tasks/{task.Id()}").Is(HttpStatusCode.OK);
        Assert.All(writes, write => Assert.False(write.IsCompleted));

        foreach (var answer in await Task.WhenAll(writes))
        {
            await answer.IsProblem(HttpStatusCode.ServiceUnavailable);
            Assert.NotNull(answer.Headers.RetryAfter);
        }

        Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(5));
        other.Execute("ROLLBACK");
        await client.CreateTask(_ann);
        Assert.Equal(2, fragile.LastRevision(_ann));
    }

    [Fact]
    public async Task A_writer_that_only_had_to_wait_for_another_process_writes()
    {
        await using var fragile = await FragileApp.StartAsync();
        using var other = fragile.OpenDatabase();
        other.Execute("BEGIN IMMEDIATE");

        var write = fragile.As(_ann).Post($"/api/{_ann}/tasks", """{"title":"New"}""");
        await Wait.Until("it waits", () => Waiting(fragile) == 1);
        other.Execute("ROLLBACK");

        await write.Is(HttpStatusCode.Created);
    }

    [Fact]
    public async Task While_the_file_is_away_writers_are_told_to_come_back_reads_go_on_and_it_needs_no_restart()
    {
        await using var fragile = await FragileApp.StartAsync();
        var client = fragile.As(_ann);
        var task = await client.CreateTask(_ann);
        var file = Path.Combine(fragile.DataDirectory, "taskslices.db");

        // A connection goes back a moment after the answer: with a few of them open, there is always one.
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => client.Get($"/api/{_ann}/tasks/{task.Id()}")));

        File.Move(file, file + ".away");
        for (var i = 0; i < 3; i++)
        {
            var refused = await client.Post($"/api/{_ann}/tasks", """{"title":"New"}""");
            await refused.IsProblem(HttpStatusCode.ServiceUnavailable);
            Assert.NotNull(refused.Headers.RetryAfter);
            await client.Get($"/api/{_ann}/tasks/{task.Id()}").Is(HttpStatusCode.OK);
        }

        File.Move(file + ".away", file);
        await client.CreateTask(_ann);
        Assert.Equal(2, (await client.Get($"/api/{_ann}/tasks").IsList()).Count);
        Assert.Equal(2, fragile.LastRevision(_ann));
    }

    [Fact]
    public async Task A_long_log_is_written_back_and_begins_anew()
    {
        await using var alone = await FragileApp.StartAsync();
        await WriteAsync(alone, db => db.Database.ExecuteSqlAsync($"CREATE TABLE room (bytes)"));

        for (var megabytes = 0; megabytes < 48; megabytes++)
            await WriteAsync(alone, db => db.Database.ExecuteSqlAsync($"INSERT INTO room VALUES (randomblob(1000000))"));

        Assert.InRange(SizeOf("taskslices.db-wal"), 1, 20_000_000);
        Assert.InRange(SizeOf("taskslices.db"), 28_000_000, 60_000_000);

        long SizeOf(string file) => new FileInfo(Path.Combine(alone.DataDirectory, file)).Length;
    }

    [Fact]
    public async Task Readers_at_once_each_have_a_connection_of_their_own()
    {
        var users = Enumerable.Range(0, 8).Select(_ => App.NewUser()).ToList();
        foreach (var user in users)
            await app.As(user).CreateTask(user, $"Task of {user}");

        await Parallel.ForEachAsync(Enumerable.Range(0, 4000), new ParallelOptions { MaxDegreeOfParallelism = 64, CancellationToken = Cancellation }, async (i, ct) =>
        {
            var user = users[i % users.Count];
            await using var scope = app.ScopeOf(user);
            await Task.Yield();
            var task = Assert.Single(await scope.ServiceProvider.GetRequiredService<AppDb>().Tasks.ReadPageAsync(user, new RowPage(new(), 10), ct));
            Assert.Equal($"Task of {user}", task.Title);
        });
    }

    private static int Waiting(App app) => ((SqliteStore)app.Services.GetRequiredService<IStore>()).Writer.Waiting;

    private async Task<T> WriteAsync<T>(App app, Func<AppDb, Task<T>> change)
    {
        await using var scope = app.ScopeOf(_ann);
        var db = scope.ServiceProvider.GetRequiredService<AppDb>();

        return await db.WriteAsync(() => change(db), TestContext.Current.CancellationToken);
    }

    private async Task<int> AddAsync(Guid id)
    {
        await using var scope = app.ScopeOf(_ann);
        var db = scope.ServiceProvider.GetRequiredService<AppDb>();
        db.Tasks.Add(New(id));

        return await db.SaveChangesAsync(Cancellation);
    }

    private TaskItem New(Guid id) => new()
    {
        UserId = _ann,
        Id = id,
        Title = "New",
        CreatedAt = DateTimeOffset.UtcNow,
        UpdatedAt = DateTimeOffset.UtcNow,
    };
}
