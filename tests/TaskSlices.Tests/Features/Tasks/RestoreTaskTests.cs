using System.Text.Json.Nodes;
using FastEndpoints.Testing;
using Microsoft.Extensions.DependencyInjection;
using TaskSlices.Infrastructure.Data;

namespace TaskSlices.Tests.Features.Tasks;

public sealed class RestoreTaskTests(ClockApp app) : TestBase<ClockApp>
{
    private const string Full = """
        {"title":"Rent 🧀","description":"to Bob\n","completed":true,"priority":"high","due_date":"2026-01-31T10:00","tags":["Home","bänk"],
        "category":"money","recurrence":"FREQ=MONTHLY;BYMONTHDAY=-1"}
        """;

    private readonly string _ann = App.NewUser();
    private readonly string _bob = App.NewUser();

    [Fact]
    public async Task Brings_back_the_same_task_with_every_field()
    {
        var task = await app.As(_ann).Post($"/api/{_ann}/tasks", Full).Is(HttpStatusCode.Created);
        app.Tick();
        await app.As(_ann).Delete($"/api/{_ann}/tasks/{task.Id()}").Is(HttpStatusCode.OK);
        await app.As(_ann).Get($"/api/{_ann}/tasks/{task.Id()}").IsProblem(HttpStatusCode.NotFound, "TASK_NOT_FOUND");

        var restored = await RestoreAsync(task.Id()).Is(HttpStatusCode.OK);

        Assert.Equal(app.LastRevision(_ann), restored.Revision());
        task["revision"] = restored.Revision();
        Assert.Equal(task.ToJsonString(), restored.ToJsonString());
        Assert.Equal(task.ToJsonString(), (await app.As(_ann).Get($"/api/{_ann}/tasks/{task.Id()}").Is(HttpStatusCode.OK)).ToJsonString());
        Assert.Contains(task.Id(), (await app.As(_ann).Get($"/api/{_ann}/tasks?tags=home").IsList()).Ids().Concat(
            (await app.As(_ann).Get($"/api/{_ann}/tasks?search=rent+bank&due_from=2026-01-31&due_to=2026-01-31").IsList()).Ids()));
    }

    [Fact]
    public async Task Restoring_again_changes_nothing()
    {
        var task = await app.As(_ann).CreateTask(_ann);
        await app.As(_ann).Delete($"/api/{_ann}/tasks/{task.Id()}");

        var first = await RestoreAsync(task.Id()).Is(HttpStatusCode.OK);
        var second = await RestoreAsync(task.Id()).Is(HttpStatusCode.OK);

        Assert.Equal(first.ToJsonString(), second.ToJsonString());
        Assert.Equal(3, app.LastRevision(_ann));
    }

    [Fact]
    public async Task Can_be_deleted_and_restored_however_often()
    {
        var task = await app.As(_ann).CreateTask(_ann);
        for (var i = 1; i <= 3; i++)
        {
            await app.As(_ann).Delete($"/api/{_ann}/tasks/{task.Id()}").Is(HttpStatusCode.OK);
            Assert.Equal([task.Id()], (await DeletedAsync()).Ids());
            Assert.Equal(1 + (2 * i), (await RestoreAsync(task.Id()).Is(HttpStatusCode.OK)).Revision());
            Assert.Empty(await DeletedAsync());
        }
    }

    [Fact]
    public async Task Hides_what_is_anothers_or_never_was()
    {
        var task = await app.As(_bob).CreateTask(_bob);
        await app.As(_bob).Delete($"/api/{_bob}/tasks/{task.Id()}");

        await app.As(_ann).Hides(task.Id(), "POST", $"/api/{_ann}/tasks/{task.Id()}/restore");
        await app.As(_ann).Post($"/api/{_bob}/tasks/{task.Id()}/restore").IsProblem(HttpStatusCode.Forbidden, "NOT_YOUR_URL");
        Assert.Empty(await DeletedAsync());
        Assert.Equal([task.Id()], (await app.As(_bob).Get($"/api/{_bob}/tasks?deleted=true").IsList()).Ids());
    }

    [Fact]
    public async Task Lists_what_can_be_restored_the_last_deleted_first()
    {
        var tasks = new List<string>();
        for (var i = 0; i < 5; i++)
            tasks.Add((await app.As(_ann).CreateTask(_ann, $"Task {i}")).Id());
        foreach (var i in new[] { 2, 0, 4, 1 })
            await app.As(_ann).Delete($"/api/{_ann}/tasks/{tasks[i]}");
        string[] expected = [tasks[1], tasks[4], tasks[0], tasks[2]];

        Assert.Equal(expected, (await DeletedAsync()).Ids());
        Assert.Equal([tasks[3]], (await app.As(_ann).Get($"/api/{_ann}/tasks?deleted=false").IsList()).Ids());

        var paged = new List<string>();
        for (var url = $"/api/{_ann}/tasks?deleted=true&limit=3"; url is not null;)
        {
            var page = await app.As(_ann).Get(url);
            paged.AddRange((await page.IsList()).Ids());
            url = page.Next();
        }

        Assert.Equal(expected, paged);
    }

    [Fact]
    public async Task A_page_goes_on_behind_a_task_that_was_restored_meanwhile()
    {
        var tasks = new List<string>();
        for (var i = 0; i < 3; i++)
        {
            tasks.Add((await app.As(_ann).CreateTask(_ann)).Id());
            await app.As(_ann).Delete($"/api/{_ann}/tasks/{tasks[i]}");
        }

        var first = await app.As(_ann).Get($"/api/{_ann}/tasks?deleted=true&limit=2");
        Assert.Equal([tasks[2], tasks[1]], (await first.IsList()).Ids());
        await RestoreAsync(tasks[1]).Is(HttpStatusCode.OK);

        Assert.Equal([tasks[0]], (await app.As(_ann).Get(first.Next()!).IsList()).Ids());
    }

    [Theory]
    [InlineData("deleted=true&after=01a1fcf0-0000-7000-8000-000000000000", "after")]
    [InlineData("deleted=true&after=01a1fcf0-0000-7000-8000-000000000000,-1", "after")]
    [InlineData("deleted=maybe", "deleted")]
    [InlineData("deleted=true&status=pending", "status")]
    [InlineData("deleted=true&sort_by=title", "sort_by")]
    [InlineData("deleted=true&offset=1", "offset")]
    [InlineData("deleted=true&limit=0", "limit")]
    [InlineData("deleted=true&after=x", "after")]
    public async Task Refuses_what_does_not_go_with_it(string query, string field) =>
        await app.As(_ann).Get($"/api/{_ann}/tasks?{query}").Refuses(field);

    [Fact]
    public async Task Nothing_else_finds_a_deleted_task()
    {
        var task = await app.As(_ann).CreateTask(_ann, "Secret plan");
        await app.As(_ann).Put($"/api/{_ann}/tasks/{task.Id()}", """{"tags":["home"]}""");
        await app.As(_ann).Delete($"/api/{_ann}/tasks/{task.Id()}");

        foreach (var query in new[] { "", "?search=plan", "?tags=home", "?status=all", "?limit=10&count=true" })
            Assert.Empty(await app.As(_ann).Get($"/api/{_ann}/tasks{query}").IsList());
        Assert.Empty(await app.As(_ann).Get($"/api/{_ann}/tags").IsList());
        await app.As(_ann).Put($"/api/{_ann}/tasks/{task.Id()}", """{"title":"x"}""").IsProblem(HttpStatusCode.NotFound, "TASK_NOT_FOUND");
        await app.As(_ann).Patch($"/api/{_ann}/tasks/{task.Id()}/complete").IsProblem(HttpStatusCode.NotFound, "TASK_NOT_FOUND");
        await app.As(_ann).Delete($"/api/{_ann}/tasks/{task.Id()}").IsProblem(HttpStatusCode.NotFound, "TASK_NOT_FOUND");
    }

    [Fact]
    public async Task Is_kept_for_thirty_days_and_then_forgotten()
    {
        var (first, second) = (await app.As(_ann).CreateTask(_ann), await app.As(_ann).CreateTask(_ann));
        await app.As(_ann).Delete($"/api/{_ann}/tasks/{first.Id()}");
        await app.As(_ann).Delete($"/api/{_ann}/tasks/{second.Id()}");
        Age(first, app.Now.AddDays(-30).AddMinutes(1));
        await ForgetAsync();
        Assert.Equal([second.Id(), first.Id()], (await DeletedAsync()).Ids());
        await app.As(_ann).Get($"/api/{_ann}/changes?since=2").Is(HttpStatusCode.OK);

        Age(first, app.Now.AddDays(-30));
        await ForgetAsync();

        Assert.Equal([second.Id()], (await DeletedAsync()).Ids());
        await RestoreAsync(first.Id()).IsProblem(HttpStatusCode.NotFound, "TASK_NOT_FOUND");
        await app.As(_ann).Get($"/api/{_ann}/changes?since=2").IsProblem(HttpStatusCode.Gone, "CURSOR_TOO_OLD");
        Assert.Equal(4, (await app.As(_ann).Get($"/api/{_ann}/changes?since=3").Is(HttpStatusCode.OK))["next"]!.GetValue<long>());
        await RestoreAsync(second.Id()).Is(HttpStatusCode.OK);
    }

    private void Age(JsonObject task, DateTimeOffset deletedAt)
    {
        using var database = app.OpenDatabase();
        database.Execute(
            "UPDATE deleted_rows SET deleted_at = $time WHERE user_id = $user AND id = $id",
            ("$time", Engine.Time(deletedAt)), ("$user", _ann), ("$id", Engine.Id(task.Id())));
    }

    private Task ForgetAsync() => app.Services.GetRequiredService<Housekeeping>().RemoveExpiredAsync(Cancellation);

    private Task<HttpResponseMessage> RestoreAsync(string id) => app.As(_ann).Post($"/api/{_ann}/tasks/{id}/restore");

    private async Task<JsonArray> DeletedAsync() => await app.As(_ann).Get($"/api/{_ann}/tasks?deleted=true").IsList();
}
