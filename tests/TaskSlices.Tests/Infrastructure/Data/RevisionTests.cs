using FastEndpoints.Testing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using TaskSlices.Features.Tasks;
using TaskSlices.Infrastructure.Data;

namespace TaskSlices.Tests.Infrastructure.Data;

public sealed class RevisionTests(App app) : TestBase<App>
{
    private readonly string _ann = App.NewUser();
    private readonly string _bob = App.NewUser();

    [Fact]
    public async Task Every_change_takes_the_users_next_number()
    {
        Assert.Equal(0, app.LastRevision(_ann));

        var first = await app.As(_ann).CreateTask(_ann);
        Assert.Equal((1, 1), await NumbersAsync(first.Id()));

        var second = await app.As(_ann).CreateTask(_ann);
        Assert.Equal((2, 2), await NumbersAsync(second.Id()));

        await app.As(_ann).Put($"/api/{_ann}/tasks/{first.Id()}", """{"title":"New"}""").Is(HttpStatusCode.OK);
        Assert.Equal((3, 3), await NumbersAsync(first.Id()));

        await app.As(_ann).Patch($"/api/{_ann}/tasks/{first.Id()}/complete").Is(HttpStatusCode.OK);
        Assert.Equal((4, 4), await NumbersAsync(first.Id()));

        await app.As(_ann).Patch($"/api/{_ann}/tasks/{first.Id()}/complete", """{"completed":true}""").Is(HttpStatusCode.OK);
        Assert.Equal((5, 5), await NumbersAsync(first.Id()));

        await app.As(_ann).Delete($"/api/{_ann}/tasks/{first.Id()}").Is(HttpStatusCode.OK);
        Assert.Equal((null, 6), await NumbersAsync(first.Id()));
        Assert.Equal((2, 6), await NumbersAsync(second.Id()));
    }

    [Fact]
    public async Task Users_count_for_themselves()
    {
        for (var i = 0; i < 3; i++)
            await app.As(_ann).CreateTask(_ann);
        await app.As(_bob).CreateTask(_bob);

        Assert.Equal((3, 1), (app.LastRevision(_ann), app.LastRevision(_bob)));
    }

    [Fact]
    public async Task A_row_that_is_added_again_under_its_id_can_be_deleted_again()
    {
        var id = Guid.NewGuid();
        for (var i = 0; i < 2; i++)
        {
            await WithDatabaseAsync(async db =>
            {
                db.Tasks.Add(New(_ann, id));
                await db.SaveChangesAsync(Cancellation);
            });
            await app.As(_ann).Delete($"/api/{_ann}/tasks/{id}").Is(HttpStatusCode.OK);
        }

        await app.As(_ann).Post($"/api/{_ann}/tasks/{id}/restore").Is(HttpStatusCode.OK);
        Assert.Empty(await app.As(_ann).Get($"/api/{_ann}/tasks?deleted=true").IsList());
    }

    [Fact]
    public async Task A_removal_that_failed_leaves_no_trace_in_the_context()
    {
        var id = Guid.Parse((await app.As(_ann).CreateTask(_ann)).Id());
        await WithDatabaseAsync(async db =>
        {
            var task = await db.Tasks.SingleAsync(t => t.UserId == _ann && t.Id == id, Cancellation);
            await app.As(_ann).Patch($"/api/{_ann}/tasks/{id}/complete").Is(HttpStatusCode.OK);
            db.Tasks.Remove(task);
            for (var i = 0; i < 2; i++)
                await Assert.ThrowsAsync<DbUpdateConcurrencyException>(() => db.SaveChangesAsync(Cancellation));

            db.Entry(task).State = EntityState.Unchanged;
            db.Tasks.Add(New(_ann));
            await db.SaveChangesAsync(Cancellation);
        });

        Assert.Empty(await app.As(_ann).Get($"/api/{_ann}/tasks?deleted=true").IsList());
        Assert.Equal(3, app.LastRevision(_ann));
    }

    [Fact]
    public async Task A_row_that_was_read_by_any_query_is_changed_only_in_the_state_that_is_asked_for()
    {
        var task = await app.As(_ann).CreateTask(_ann);
        foreach (var (allows, expected) in new[] { (false, 1L), (true, 2L) })
        {
            await using var scope = app.ScopeOf(_ann);
            scope.ServiceProvider.GetRequiredService<RowOwner>().Precondition = new Precondition(Guid.Parse(task.Id()), _ => allows);
            var db = scope.ServiceProvider.GetRequiredService<AppDb>();
            var row = await db.Tasks.SingleAsync(t => t.UserId == _ann, Cancellation);
            row.Title = "New";

            if (allows)
                await db.SaveChangesAsync(Cancellation);
            else
            {
                var refused = await Assert.ThrowsAsync<PreconditionFailedException>(() => db.SaveChangesAsync(Cancellation));
                Assert.Equal("Buy milk", ((TaskItem)refused.Current).Title);
            }

            Assert.Equal(expected, app.LastRevision(_ann));
        }
    }

    [Fact]
    public async Task A_save_of_several_rows_numbers_each_of_them()
    {
        await WithDatabaseAsync(async db =>
        {
            var tasks = Enumerable.Range(0, 6).Select(_ => New(_ann)).ToList();
            db.Tasks.AddRange(tasks);
            await db.SaveChangesAsync(Cancellation);

            Assert.Equal([1, 2, 3, 4, 5, 6], tasks.Select(t => t.Revision).Order());
        });

        Assert.Equal(6, app.LastRevision(_ann));
    }

    [Fact]
    public async Task A_row_of_another_user_can_not_be_saved()
    {
        await WithDatabaseAsync(async db =>
        {
            db.Tasks.Add(New(_bob));
            await Assert.ThrowsAsync<InvalidOperationException>(() => db.SaveChangesAsync(Cancellation));
        });

        Assert.Equal((0, 0), (app.LastRevision(_ann), app.LastRevision(_bob)));
    }

    [Fact]
    public async Task Without_an_owner_no_row_is_found()
    {
        var task = await app.As(_ann).CreateTask(_ann);
        await using var scope = app.Services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<AppDb>();

        Assert.Empty(await db.Tasks.ToListAsync(Cancellation));
        Assert.Null(await db.Tasks.ReadAsync(_ann, Guid.Parse(task.Id()), Cancellation));
        Assert.Empty(await db.Tasks.ReadPageAsync(_ann, new RowPage(new(), 10), Cancellation));
        Assert.Null(await db.Tasks.ReadForUpdateAsync(_ann, Guid.Parse(task.Id()), Cancellation));
    }

    [Fact]
    public async Task A_refused_change_takes_no_number()
    {
        var task = await app.As(_ann).CreateTask(_ann);
        var nothing = Guid.CreateVersion7();

        await app.As(_ann).Post($"/api/{_ann}/tasks", """{"title":""}""").Refuses("title");
        await app.As(_ann).Put($"/api/{_ann}/tasks/{task.Id()}", """{"title":""}""").Refuses("title");
        await app.As(_ann).Put($"/api/{_ann}/tasks/{nothing}", """{"title":"New"}""").IsProblem(HttpStatusCode.NotFound);
        await app.As(_ann).Patch($"/api/{_ann}/tasks/{nothing}/complete").IsProblem(HttpStatusCode.NotFound);
        await app.As(_ann).Delete($"/api/{_ann}/tasks/{nothing}").IsProblem(HttpStatusCode.NotFound);
        await app.As(_bob).Delete($"/api/{_bob}/tasks/{task.Id()}").IsProblem(HttpStatusCode.NotFound);
        await app.As(_bob).Delete($"/api/{_ann}/tasks/{task.Id()}").IsProblem(HttpStatusCode.Forbidden);
        await app.As(_ann).Get($"/api/{_ann}/tasks/{task.Id()}").Is(HttpStatusCode.OK);

        Assert.Equal((1, 1), await NumbersAsync(task.Id()));
        Assert.Equal(0, app.LastRevision(_bob));
    }

    [Fact]
    public async Task A_row_that_is_there_already_is_refused_and_takes_no_number()
    {
        var task = await app.As(_ann).CreateTask(_ann);
        var before = await app.StoredTextAsync(_ann, task.Id());

        await WithDatabaseAsync(async db =>
        {
            db.Tasks.Add(New(_ann, Guid.Parse(task.Id())));
            await Assert.ThrowsAsync<DbUpdateException>(() => db.SaveChangesAsync(Cancellation));
        });

        Assert.Equal(before, await app.StoredTextAsync(_ann, task.Id()));
        Assert.Equal(1, app.LastRevision(_ann));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_row_that_someone_else_changed_since_it_was_read_is_not_written_over(bool delete)
    {
        var task = await app.As(_ann).CreateTask(_ann);

        await WithDatabaseAsync(async db =>
        {
            var stale = await db.Tasks.SingleAsync(t => t.UserId == _ann, Cancellation);
            await app.As(_ann).Put($"/api/{_ann}/tasks/{task.Id()}", """{"title":"Theirs"}""").Is(HttpStatusCode.OK);

            stale.Title = "Mine";
            if (delete)
                db.Tasks.Remove(stale);
            await Assert.ThrowsAsync<DbUpdateConcurrencyException>(() => db.SaveChangesAsync(Cancellation));
        });

        var stored = await app.StoredAsync(_ann, Guid.Parse(task.Id()));
        Assert.Equal(("Theirs", 2L), (stored!.Title, stored.Revision));
        Assert.Equal(2, app.LastRevision(_ann));
    }

    [Fact]
    public async Task A_row_that_someone_else_deleted_since_it_was_read_does_not_come_back()
    {
        var task = await app.As(_ann).CreateTask(_ann);

        await WithDatabaseAsync(async db =>
        {
            var stale = await db.Tasks.SingleAsync(t => t.UserId == _ann, Cancellation);
            await app.As(_ann).Delete($"/api/{_ann}/tasks/{task.Id()}").Is(HttpStatusCode.OK);

            stale.Title = "Mine";
            await Assert.ThrowsAsync<DbUpdateConcurrencyException>(() => db.SaveChangesAsync(Cancellation));
        });

        Assert.Null(await app.StoredTextAsync(_ann, task.Id()));
        Assert.Equal(2, app.LastRevision(_ann));
    }

    [Fact]
    public async Task A_change_that_throws_leaves_nothing_behind_and_lets_the_next_writer_go_on()
    {
        var kept = await app.As(_ann).CreateTask(_ann, "Kept");
        var added = New(_ann);

        await WithDatabaseAsync(db => Assert.ThrowsAsync<InvalidTimeZoneException>(() => db.WriteAsync<int>(
            async () =>
            {
                (await db.Tasks.SingleAsync(t => t.UserId == _ann, Cancellation)).Title = "Changed";
                await db.SaveChangesAsync(Cancellation);
                db.Tasks.Add(added);
                await db.SaveChangesAsync(Cancellation);
                Assert.Equal(3, added.Revision);
                throw new InvalidTimeZoneException();
            },
            Cancellation)));

        Assert.Null(await app.StoredAsync(_ann, added.Id));
        Assert.Equal("Kept", (await app.StoredAsync(_ann, Guid.Parse(kept.Id())))!.Title);
        Assert.Equal((2, 2), await NumbersAsync((await app.As(_ann).CreateTask(_ann)).Id()));
    }

    [Fact]
    public async Task A_change_that_is_cancelled_half_way_leaves_nothing_behind()
    {
        var added = New(_ann);
        using var cancelled = new CancellationTokenSource();

        await WithDatabaseAsync(db => Assert.ThrowsAnyAsync<OperationCanceledException>(() => db.WriteAsync(
            async () =>
            {
                db.Tasks.Add(added);
                await db.SaveChangesAsync(cancelled.Token);
                await cancelled.CancelAsync();
                return await db.Tasks.CountAsync(cancelled.Token);
            },
            cancelled.Token)));

        Assert.Null(await app.StoredAsync(_ann, added.Id));
        Assert.Equal((1, 1), await NumbersAsync((await app.As(_ann).CreateTask(_ann)).Id()));
    }

    [Trait("Engine", "SQLite")]
    [Fact]
    public async Task A_writer_that_is_cancelled_while_it_waits_withdraws()
    {
        var added = New(_ann);
        var ran = false;
        using var cancelled = new CancellationTokenSource();
        Task<int> waiting;

        await using (var scope = app.ScopeOf(_ann))
        {
            var db = scope.ServiceProvider.GetRequiredService<AppDb>();
            await using var writer = await HeldWriter.TakeAsync(app.Services);
            db.Tasks.Add(added);
            waiting = db.WriteAsync(
                () =>
                {
                    ran = true;
                    return db.SaveChangesAsync(Cancellation);
                },
                cancelled.Token);
            Assert.False(waiting.IsCompleted);

            await cancelled.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        }

        Assert.False(ran);
        Assert.Null(await app.StoredAsync(_ann, added.Id));
        Assert.Equal((1, 1), await NumbersAsync((await app.As(_ann).CreateTask(_ann)).Id()));
    }

    [Trait("Engine", "SQLite")]
    [Fact]
    public async Task Writers_take_their_turns_in_the_order_they_came()
    {
        var order = new List<int>();
        Task[] waiting;

        await using (await HeldWriter.TakeAsync(app.Services))
            waiting = [.. Enumerable.Range(0, 20).Select(WaitAsync)];
        await Task.WhenAll(waiting);

        Assert.Equal(Enumerable.Range(0, 20), order);

        Task WaitAsync(int number) => WithDatabaseAsync(db => db.WriteAsync(
            () =>
            {
                order.Add(number);
                return Task.FromResult(number);
            },
            Cancellation));
    }

    [Fact]
    public async Task A_save_that_would_block_the_thread_is_refused() =>
        await WithDatabaseAsync(db => Task.FromResult(Assert.Throws<NotSupportedException>(() => db.SaveChanges())));

    private static TaskItem New(string user, Guid? id = null) => new()
    {
        UserId = user,
        Id = id ?? Guid.CreateVersion7(),
        Title = "New",
        CreatedAt = DateTimeOffset.UtcNow,
        UpdatedAt = DateTimeOffset.UtcNow,
    };

    /// <summary>The number that the task has, if it is there, and the last one that its user took.</summary>
    private async Task<(long? Task, long User)> NumbersAsync(string id) => ((await app.StoredAsync(_ann, Guid.Parse(id)))?.Revision, app.LastRevision(_ann));

    private async Task WithDatabaseAsync(Func<AppDb, Task> act)
    {
        await using var scope = app.ScopeOf(_ann);
        await act(scope.ServiceProvider.GetRequiredService<AppDb>());
    }
}
