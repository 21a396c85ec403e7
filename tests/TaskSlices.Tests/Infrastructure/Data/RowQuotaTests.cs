using System.Text.Json;
using FastEndpoints.Testing;
using Microsoft.AspNetCore.Hosting;

namespace TaskSlices.Tests.Infrastructure.Data;

public sealed class RowQuotaTests(RowQuotaTests.Limited app) : TestBase<RowQuotaTests.Limited>
{
    private readonly string _ann = App.NewUser();

    private HttpClient Ann => field ??= app.As(_ann);

    [Fact]
    public async Task Refuses_the_task_that_is_one_too_many_and_takes_it_when_another_is_gone()
    {
        var tasks = await FillAsync();

        var problem = await CreateAsync().IsProblem(HttpStatusCode.UnprocessableEntity, "QUOTA_EXCEEDED");
        Assert.Contains("3 tasks", problem["detail"]!.GetValue<string>(), StringComparison.Ordinal);
        await CreateAsync().IsProblem(HttpStatusCode.UnprocessableEntity, "QUOTA_EXCEEDED");
        Assert.Equal(3, app.LastRevision(_ann));
        await Ann.Delete($"/api/{_ann}/tasks/{tasks[0]}").Is(HttpStatusCode.OK);
        await Ann.CreateTask(_ann);
        await CreateAsync().IsProblem(HttpStatusCode.UnprocessableEntity, "QUOTA_EXCEEDED");
        await CountsAsync(3);
    }

    [Fact]
    public async Task Counts_what_there_is_and_not_what_was_done()
    {
        var task = await Ann.CreateTask(_ann);
        for (var i = 0; i < 10; i++)
            await Ann.Patch($"/api/{_ann}/tasks/{task.Id()}/complete").Is(HttpStatusCode.OK);

        await Ann.CreateTask(_ann);
        await Ann.Patch($"/api/{_ann}/tasks/{task.Id()}/complete").Is(HttpStatusCode.OK);
        await Ann.CreateTask(_ann);
        await CreateAsync().IsProblem(HttpStatusCode.UnprocessableEntity, "QUOTA_EXCEEDED");

        for (var i = 0; i < 5; i++)
        {
            await Ann.Delete($"/api/{_ann}/tasks/{(await Ann.Get($"/api/{_ann}/tasks").IsList())[0]!.AsObject().Id()}").Is(HttpStatusCode.OK);
            await Ann.CreateTask(_ann);
            await CreateAsync().IsProblem(HttpStatusCode.UnprocessableEntity, "QUOTA_EXCEEDED");
        }
    }

    [Fact]
    public async Task Holds_for_every_way_to_a_new_task()
    {
        var tasks = await FillAsync();
        await Ann.Delete($"/api/{_ann}/tasks/{tasks[2]}").Is(HttpStatusCode.OK);
        var recurring = await Ann.Post($"/api/{_ann}/tasks", """{"title": "Water the plants", "due_date": "2026-12-24", "recurrence": "daily"}""").Is(HttpStatusCode.Created);
        var before = app.LastRevision(_ann);

        await Ann.SendWith("PUT", $"/api/{_ann}/tasks/{Guid.CreateVersion7()}", """{"title": "Buy milk"}""", ("If-None-Match", "*")).IsProblem(HttpStatusCode.UnprocessableEntity, "QUOTA_EXCEEDED");
        await Ann.Post($"/api/{_ann}/tasks/{tasks[2]}/restore").IsProblem(HttpStatusCode.UnprocessableEntity, "QUOTA_EXCEEDED");
        await Ann.Patch($"/api/{_ann}/tasks/{recurring.Id()}/complete").IsProblem(HttpStatusCode.UnprocessableEntity, "QUOTA_EXCEEDED");
        await Ann.Put($"/api/{_ann}/tasks/{recurring.Id()}", """{"completed": true}""").IsProblem(HttpStatusCode.UnprocessableEntity, "QUOTA_EXCEEDED");
        var batch = await Ann.Post($"/api/{_ann}/batch", Batch(("DELETE", $"/tasks/{tasks[0]}"), ("POST", "/tasks"), ("POST", "/tasks"))).IsProblem(HttpStatusCode.UnprocessableEntity, "QUOTA_EXCEEDED");
        Assert.Equal(2, batch["operation"]!.GetValue<int>());

        Assert.Equal(before, app.LastRevision(_ann));
        Assert.False((await Ann.Get($"/api/{_ann}/tasks/{recurring.Id()}").Is(HttpStatusCode.OK))["completed"]!.GetValue<bool>());
        await CountsAsync(3);
        await Ann.Post($"/api/{_ann}/batch", Batch(("DELETE", $"/tasks/{tasks[0]}"), ("POST", "/tasks"))).Is(HttpStatusCode.OK);
        await CountsAsync(3);
    }

    [Fact]
    public async Task Is_exact_however_many_come_at_once()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => CreateAsync()));

        Assert.Equal(3, answers.Count(answer => answer.StatusCode == HttpStatusCode.Created));
        Assert.Equal(17, answers.Count(answer => answer.StatusCode == HttpStatusCode.UnprocessableEntity));
        await CountsAsync(3);
    }

    [Fact]
    public async Task Keeps_no_refusal_for_a_retry()
    {
        var tasks = await FillAsync();
        Task<HttpResponseMessage> Retry() => Ann.SendWith("POST", $"/api/{_ann}/tasks", """{"title": "Buy milk"}""", ("Idempotency-Key", "one"));

        await Retry().IsProblem(HttpStatusCode.UnprocessableEntity, "QUOTA_EXCEEDED");
        await Ann.Delete($"/api/{_ann}/tasks/{tasks[1]}").Is(HttpStatusCode.OK);
        await Retry().Is(HttpStatusCode.Created);
        await Retry().Is(HttpStatusCode.Created);
        await CountsAsync(3);
    }

    [Fact]
    public async Task Begins_anew_for_a_user_who_was_erased()
    {
        var tasks = await FillAsync();
        await Ann.Delete($"/api/{_ann}/tasks/{tasks[0]}").Is(HttpStatusCode.OK);
        await Ann.CreateTask(_ann);
        await app.WithToken(App.ServiceKey).Delete($"/api/{_ann}").Is(HttpStatusCode.OK);

        tasks = await FillAsync();
        await CreateAsync().IsProblem(HttpStatusCode.UnprocessableEntity, "QUOTA_EXCEEDED");
        await Ann.Delete($"/api/{_ann}/tasks/{tasks[0]}").Is(HttpStatusCode.OK);
        await Ann.CreateTask(_ann);
        await CreateAsync().IsProblem(HttpStatusCode.UnprocessableEntity, "QUOTA_EXCEEDED");
    }

    /// <summary>A count that was made in a unit is forgotten with the unit.</summary>
    [Fact]
    public async Task Forgets_what_was_counted_in_a_batch_that_was_undone()
    {
        var tasks = await FillAsync();
        (string, string)[] undone = [.. tasks.Select(id => ("DELETE", $"/tasks/{id}")), ("POST", "/tasks"), ("DELETE", $"/tasks/{Guid.CreateVersion7()}")];
        await Ann.Post($"/api/{_ann}/batch", Batch(undone)).IsProblem(HttpStatusCode.NotFound);
        for (var i = 0; i < 4; i++)
            await Ann.Patch($"/api/{_ann}/tasks/{tasks[0]}/complete").Is(HttpStatusCode.OK);

        await CreateAsync().IsProblem(HttpStatusCode.UnprocessableEntity, "QUOTA_EXCEEDED");
    }

    private static string Batch(params (string Method, string Path)[] operations) => JsonSerializer.Serialize(new
    {
        operations = operations.Select(one => one.Method == "POST"
            ? new { method = one.Method, path = one.Path, body = (object?)new { title = "Buy milk" } }
            : new { method = one.Method, path = one.Path, body = (object?)null }),
    });

    private Task<HttpResponseMessage> CreateAsync() => Ann.Post($"/api/{_ann}/tasks", """{"title": "Buy milk"}""");

    private async Task<string[]> FillAsync()
    {
        var ids = new List<string>();
        for (var i = 0; i < 3; i++)
            ids.Add((await Ann.CreateTask(_ann)).Id());

        return [.. ids];
    }

    private async Task CountsAsync(int count) => Assert.Equal(count, (await Ann.Get($"/api/{_ann}/tasks").IsList()).Count);

    [DisableWafCache]
    public sealed class Limited : App
    {
        protected override void ConfigureApp(IWebHostBuilder a)
        {
            base.ConfigureApp(a);
            a.UseSetting("Limits:TasksPerUser", "3");
        }
    }
}
