using System.Diagnostics;
using FastEndpoints.Testing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using TaskSlices.Features.Tasks;
using TaskSlices.Infrastructure.Data;

namespace TaskSlices.Tests.Infrastructure.Data;

public sealed class ConcurrencyTests(App app) : TestBase<App>
{
    private readonly string _ann = App.NewUser();

    [Theory]
    [InlineData(200, false)]
    [InlineData(201, true)]
    public async Task Toggles_at_once_end_where_arithmetic_says(int toggles, bool completed)
    {
        var client = app.As(_ann);
        var task = await client.CreateTask(_ann);

        var answers = await Task.WhenAll(Enumerable.Range(0, toggles).Select(async _ =>
            await client.Patch($"/api/{_ann}/tasks/{task.Id()}/complete").Is(HttpStatusCode.OK)));

        Assert.Equal((toggles + 1) / 2, answers.Count(answer => answer["completed"]!.GetValue<bool>()));
        var stored = await app.StoredAsync(_ann, Guid.Parse(task.Id()));
        Assert.Equal((completed, 1L + toggles), (stored!.Completed, stored.Revision));
        Assert.Equal(1 + toggles, app.LastRevision(_ann));
    }

    [Fact]
    public async Task Creates_at_once_number_the_tasks_of_each_user_without_gaps()
    {
        var users = Enumerable.Range(0, 20).Select(_ => App.NewUser()).ToList();

        await Task.WhenAll(Enumerable.Range(0, 200).Select(i => app.As(users[i % 20]).CreateTask(users[i % 20], $"Task {i}")));

        foreach (var user in users)
        {
            await using var scope = app.ScopeOf(user);
            var db = scope.ServiceProvider.GetRequiredService<AppDb>();
            var revisions = await db.Tasks.Where(t => t.UserId == user).Select(t => t.Revision).Order().ToListAsync(Cancellation);
            Assert.Equal(Enumerable.Range(1, 10).Select(n => (long)n), revisions);
            Assert.Equal(10, app.LastRevision(user));
        }
    }

    [Fact]
    public async Task Two_writers_of_one_task_lose_none_of_each_others_changes()
    {
        var task = await app.As(_ann).CreateTask(_ann, "Title 0");
        var url = $"/api/{_ann}/tasks/{task.Id()}";
        var started = Stopwatch.StartNew();
        var reads = 0;

        var titles = Repeat(async (client, n) =>
        {
            var changed = await client.Put(url, $$"""{"title":"Title {{n}}"}""").Is(HttpStatusCode.OK);
            Assert.Equal($"Title {n}", changed.Text("title"));
        });
        var toggles = Repeat(async (client, n) =>
        {
            var toggled = await client.Patch($"{url}/complete").Is(HttpStatusCode.OK);
            Assert.Equal(n % 2 == 1, toggled["completed"]!.GetValue<bool>());
        });
        var reader = Repeat(async (client, _) =>
        {
            await client.Get(url).Is(HttpStatusCode.OK);
            reads++;
        });
        await Task.WhenAll(titles, toggles, reader);

        var stored = await app.StoredAsync(_ann, Guid.Parse(task.Id()));
        Assert.True(await titles > 20 && await toggles > 20 && reads > 20);
        Assert.Equal(($"Title {await titles}", await toggles % 2 == 1), (stored!.Title, stored.Completed));
        Assert.Equal(1 + await titles + await toggles, stored.Revision);
        Assert.Equal(stored.Revision, app.LastRevision(_ann));

        Task<int> Repeat(Func<HttpClient, int, Task> act) => Task.Run(
            async () =>
            {
                var client = app.As(_ann);
                var done = 0;
                while (started.Elapsed < TimeSpan.FromSeconds(3))
                    await act(client, ++done);

                return done;
            },
            Cancellation);
    }

    [Fact]
    public async Task Reads_go_on_while_somebody_writes()
    {
        var task = await app.As(_ann).CreateTask(_ann, "Before");
        await using var scope = app.ScopeOf(_ann);
        var db = scope.ServiceProvider.GetRequiredService<AppDb>();

        await db.WriteAsync(
            async () =>
            {
                (await db.Tasks.SingleAsync(t => t.UserId == _ann, Cancellation)).Title = "After";
                await db.SaveChangesAsync(Cancellation);

                Assert.Equal("Before", (await app.As(_ann).Get($"/api/{_ann}/tasks/{task.Id()}").Is(HttpStatusCode.OK)).Text("title"));
                Assert.Single(await app.As(_ann).Get($"/api/{_ann}/tasks").IsList());
                return 0;
            },
            Cancellation);

        Assert.Equal("After", (await app.As(_ann).Get($"/api/{_ann}/tasks/{task.Id()}").Is(HttpStatusCode.OK)).Text("title"));
    }
}
