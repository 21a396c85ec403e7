using FastEndpoints.Testing;

namespace TaskSlices.Tests.Features.Tasks;

public sealed class DeleteTaskTests(App app) : TestBase<App>
{
    private readonly string _ann = App.NewUser();
    private readonly string _bob = App.NewUser();

    [Fact]
    public async Task Deletes_the_task_and_says_so()
    {
        var task = await app.As(_ann).CreateTask(_ann);
        var kept = await app.As(_ann).CreateTask(_ann);

        var answer = await app.As(_ann).Delete($"/api/{_ann}/tasks/{task.Id()}").Is(HttpStatusCode.OK);

        Assert.Equal($$"""{"id":"{{task.Id()}}","message":"Task deleted"}""", answer.ToJsonString());
        Assert.Null(await app.StoredTextAsync(_ann, task.Id()));
        Assert.Equal([kept.Id()], (await app.As(_ann).Get($"/api/{_ann}/tasks").IsList()).Ids());
        await app.As(_ann).Get($"/api/{_ann}/tasks/{task.Id()}").IsProblem(HttpStatusCode.NotFound, "TASK_NOT_FOUND");
    }

    [Fact]
    public async Task Finds_nothing_the_second_time()
    {
        var task = await app.As(_ann).CreateTask(_ann);

        await app.As(_ann).Delete($"/api/{_ann}/tasks/{task.Id()}").Is(HttpStatusCode.OK);
        await app.As(_ann).Hides(task.Id(), "DELETE", $"/api/{_ann}/tasks/{task.Id()}");
    }

    [Fact]
    public async Task Is_done_once_when_many_ask_at_once()
    {
        var task = await app.As(_ann).CreateTask(_ann);

        var responses = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => app.As(_ann).Delete($"/api/{_ann}/tasks/{task.Id()}")));

        Assert.Single(responses, r => r.StatusCode == HttpStatusCode.OK);
        Assert.Equal(19, responses.Count(r => r.StatusCode == HttpStatusCode.NotFound));
    }

    [Fact]
    public async Task Says_that_there_is_no_such_task() =>
        await app.As(_ann).Delete($"/api/{_ann}/tasks/{Guid.CreateVersion7()}").IsProblem(HttpStatusCode.NotFound, "TASK_NOT_FOUND");

    [Theory]
    [InlineData("1")]
    [InlineData("not-a-uuid")]
    public async Task Finds_nothing_under_what_is_no_id(string id) =>
        await app.As(_ann).Delete($"/api/{_ann}/tasks/{id}").IsProblem(HttpStatusCode.NotFound);

    [Fact]
    public async Task Hides_tasks_of_other_users_and_leaves_them_alone()
    {
        var task = await app.As(_bob).CreateTask(_bob);
        var before = await app.StoredTextAsync(_bob, task.Id());

        await app.As(_ann).Hides(task.Id(), "DELETE", $"/api/{_ann}/tasks/{task.Id()}");

        Assert.Equal(before, await app.StoredTextAsync(_bob, task.Id()));
    }

    [Fact]
    public async Task Refuses_the_url_of_another_user()
    {
        var task = await app.As(_bob).CreateTask(_bob);
        var before = await app.StoredTextAsync(_bob, task.Id());

        await app.As(_ann).Delete($"/api/{_bob}/tasks/{task.Id()}").IsProblem(HttpStatusCode.Forbidden);

        Assert.Equal(before, await app.StoredTextAsync(_bob, task.Id()));
    }

    [Fact]
    public async Task Takes_a_content_type_without_a_body()
    {
        var task = await app.As(_ann).CreateTask(_ann);

        await app.As(_ann).Send("DELETE", $"/api/{_ann}/tasks/{task.Id()}", null, "application/json").Is(HttpStatusCode.OK);

        Assert.Null(await app.StoredTextAsync(_ann, task.Id()));
    }

    [Fact]
    public async Task Takes_no_id_and_no_owner_from_the_query_or_a_body()
    {
        var task = await app.As(_ann).CreateTask(_ann);
        var other = await app.As(_ann).CreateTask(_ann);

        var response = await app.As(_ann).Send(
            "DELETE", $"/api/{_ann}/tasks/{task.Id()}?id={other.Id()}&user_id={_bob}", $$"""{"id":"{{other.Id()}}","user_id":"{{_bob}}"}""");

        Assert.Equal(task.Id(), (await response.Is(HttpStatusCode.OK)).Id());
        Assert.Null(await app.StoredTextAsync(_ann, task.Id()));
        Assert.NotNull(await app.StoredTextAsync(_ann, other.Id()));
    }
}
