using FastEndpoints.Testing;

namespace TaskSlices.Tests.Features.Tasks;

public sealed class GetTaskTests(App app) : TestBase<App>
{
    private readonly string _ann = App.NewUser();
    private readonly string _bob = App.NewUser();

    [Fact]
    public async Task Gives_the_task_as_it_was_created()
    {
        var task = await app.As(_ann).CreateTask(_ann, "Buy milk", "2 litres");
        await app.As(_ann).CreateTask(_ann, "Another");

        var found = await app.As(_ann).Get($"/api/{_ann}/tasks/{task.Id()}").Is(HttpStatusCode.OK);

        Assert.Equal(task.ToJsonString(), found.ToJsonString());
        var stored = await app.StoredAsync(_ann, Guid.Parse(task.Id()));
        Assert.Equal((stored!.Title, stored.Description, stored.Completed), (found.Text("title"), found.Text("description"), found["completed"]!.GetValue<bool>()));
        Assert.Equal((stored.CreatedAt, stored.UpdatedAt), (found.Time("created_at"), found.Time("updated_at")));
    }

    [Fact]
    public async Task Says_that_there_is_no_such_task() =>
        await app.As(_ann).Get($"/api/{_ann}/tasks/{Guid.CreateVersion7()}").IsProblem(HttpStatusCode.NotFound, "TASK_NOT_FOUND");

    [Fact]
    public async Task Hides_tasks_of_other_users()
    {
        var task = await app.As(_bob).CreateTask(_bob);

        await app.As(_ann).Hides(task.Id(), "GET", $"/api/{_ann}/tasks/{task.Id()}");
    }

    [Fact]
    public async Task Hides_the_task_of_another_user_behind_an_own_one_with_the_same_id()
    {
        var task = await app.As(_bob).CreateTask(_bob, "Of Bob");
        using (var database = app.OpenDatabase())
            database.Execute("INSERT INTO tasks (user_id, id, title, completed, created_at, updated_at, revision) SELECT $ann, id, 'Of Ann', completed, created_at, updated_at, 1 FROM tasks WHERE user_id = $bob", ("$ann", _ann), ("$bob", _bob));

        Assert.Equal("Of Ann", (await app.As(_ann).Get($"/api/{_ann}/tasks/{task.Id()}").Is(HttpStatusCode.OK)).Text("title"));
        Assert.Equal("Of Bob", (await app.As(_bob).Get($"/api/{_bob}/tasks/{task.Id()}").Is(HttpStatusCode.OK)).Text("title"));
    }

    [Fact]
    public async Task Refuses_the_url_of_another_user()
    {
        var task = await app.As(_bob).CreateTask(_bob, "Secret of Bob");

        var problem = await app.As(_ann).Get($"/api/{_bob}/tasks/{task.Id()}").IsProblem(HttpStatusCode.Forbidden);
        Assert.DoesNotContain("Secret", problem.ToJsonString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1")]
    [InlineData("not-a-uuid")]
    [InlineData("00000000-0000-0000-0000-000000000000")]
    [InlineData("ffffffff-ffff-ffff-ffff-ffffffffffff")]
    [InlineData("0197a0a0-0000-7000-8000-00000000000")]
    [InlineData("0197a0a0-0000-7000-8000-0000000000000")]
    [InlineData("0197a0a0-0000-7000-8000-00000000000g")]
    [InlineData("%27%20OR%201=1--")]
    public async Task Finds_nothing_under_what_is_no_id(string id)
    {
        await app.As(_ann).CreateTask(_ann);

        await app.As(_ann).Get($"/api/{_ann}/tasks/{id}").IsProblem(HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData("D")]
    [InlineData("N")]
    [InlineData("B")]
    [InlineData("P")]
    public async Task Finds_the_task_however_its_id_is_spelt(string format)
    {
        var task = await app.As(_ann).CreateTask(_ann);
        var spelt = Guid.Parse(task.Id()).ToString(format);

        foreach (var id in new[] { spelt, spelt.ToUpperInvariant() })
            Assert.Equal(task.ToJsonString(), (await app.As(_ann).Get($"/api/{_ann}/tasks/{Uri.EscapeDataString(id)}").Is(HttpStatusCode.OK)).ToJsonString());
    }

    [Fact]
    public async Task Ignores_the_query_string()
    {
        var task = await app.As(_ann).CreateTask(_ann);
        var other = await app.As(_ann).CreateTask(_ann);

        var found = await app.As(_ann).Get($"/api/{_ann}/tasks/{task.Id()}?id={other.Id()}&Id={other.Id()}&user_id={_bob}&UserId={_bob}&x[]=%00").Is(HttpStatusCode.OK);

        Assert.Equal(task.ToJsonString(), found.ToJsonString());
    }

    [Fact]
    public async Task Takes_a_content_type_without_a_body()
    {
        var task = await app.As(_ann).CreateTask(_ann);

        await app.As(_ann).Send("GET", $"/api/{_ann}/tasks/{task.Id()}", null, "application/json").Is(HttpStatusCode.OK);
    }
}
