using FastEndpoints.Testing;

namespace TaskSlices.Tests.Features.Tasks;

public sealed class ToggleTaskTests(ClockApp app) : TestBase<ClockApp>
{
    private readonly string _ann = App.NewUser();
    private readonly string _bob = App.NewUser();

    [Theory]
    [InlineData(null, null)]
    [InlineData("", "application/json")]
    [InlineData("", "text/plain")]
    [InlineData("{}", "application/json")]
    [InlineData("null", "application/json")]
    [InlineData("""{"id":5,"user_id":{},"unknown":[]}""", "application/json; charset=utf-8")]
    public async Task Toggles_when_it_is_not_told_to_what(string? body, string? contentType)
    {
        var task = await app.As(_ann).CreateTask(_ann, "Buy milk", "2 litres");

        foreach (var expected in new[] { true, false, true })
        {
            app.Tick();
            var content = body is null ? null : System.Text.Encoding.UTF8.GetBytes(body);
            var toggled = await app.As(_ann).Send("PATCH", $"/api/{_ann}/tasks/{task.Id()}/complete", content, contentType).Is(HttpStatusCode.OK);

            Assert.Equal(expected, toggled["completed"]!.GetValue<bool>());
            Assert.Equal(expected, (await app.StoredAsync(_ann, Guid.Parse(task.Id())))!.Completed);
        }
    }

    [Fact]
    public async Task Changes_nothing_but_completion_and_the_time_of_the_change()
    {
        var task = await app.As(_ann).CreateTask(_ann, "Buy milk", "2 litres");
        app.Tick();

        var toggled = await app.As(_ann).Patch($"/api/{_ann}/tasks/{task.Id()}/complete").Is(HttpStatusCode.OK);

        Assert.InRange(toggled.Time("updated_at"), task.Time("updated_at").AddSeconds(1), app.Now);
        var expected = task.DeepClone().AsObject();
        expected["completed"] = true;
        expected["updated_at"] = toggled.Text("updated_at");
        expected["completed_at"] = toggled.Text("updated_at");
        expected["revision"] = task.Revision() + 1;
        Assert.Equal(expected.ToJsonString(), toggled.ToJsonString());
        Assert.Equal(expected.ToJsonString(), (await app.As(_ann).Get($"/api/{_ann}/tasks/{task.Id()}").Is(HttpStatusCode.OK)).ToJsonString());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Sets_completion_however_often_it_is_told_so(bool completed)
    {
        var task = await app.As(_ann).CreateTask(_ann);

        for (var i = 0; i < 3; i++)
        {
            var set = await app.As(_ann).Patch($"/api/{_ann}/tasks/{task.Id()}/complete", completed ? """{"completed":true}""" : """{"completed":false}""");

            Assert.Equal(completed, (await set.Is(HttpStatusCode.OK))["completed"]!.GetValue<bool>());
            Assert.Equal(completed, (await app.StoredAsync(_ann, Guid.Parse(task.Id())))!.Completed);
        }
    }

    [Theory]
    [InlineData("""{"completed":null}""", "completed")]
    [InlineData("""{"completed":"yes"}""", "completed")]
    [InlineData("""{"completed":"true"}""", "completed")]
    [InlineData("""{"completed":1}""", "completed")]
    [InlineData("""{"completed":{}}""", "completed")]
    [InlineData("""{"completed":true,"completed":false}""", "completed")]
    [InlineData("""[]""", "body")]
    [InlineData("""true""", "body")]
    public async Task Refuses_what_is_neither_true_nor_false(string body, string field)
    {
        var task = await app.As(_ann).CreateTask(_ann);
        var before = await app.StoredTextAsync(_ann, task.Id());

        await app.As(_ann).Patch($"/api/{_ann}/tasks/{task.Id()}/complete", body).Refuses(field);

        Assert.Equal(before, await app.StoredTextAsync(_ann, task.Id()));
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("application/json; charset=utf-16")]
    [InlineData(null)]
    public async Task Refuses_a_body_of_another_type(string? contentType)
    {
        var task = await app.As(_ann).CreateTask(_ann);
        var before = await app.StoredTextAsync(_ann, task.Id());

        var response = await app.As(_ann).Send("PATCH", $"/api/{_ann}/tasks/{task.Id()}/complete", """{"completed":true}"""u8.ToArray(), contentType);

        await response.IsProblem(HttpStatusCode.UnsupportedMediaType);
        Assert.Equal(before, await app.StoredTextAsync(_ann, task.Id()));
    }

    [Fact]
    public async Task Ignores_the_query_string()
    {
        var task = await app.As(_ann).CreateTask(_ann);
        var other = await app.As(_ann).CreateTask(_ann);

        var url = $"/api/{_ann}/tasks/{task.Id()}/complete?completed=false&Completed=false&id={other.Id()}&user_id={_bob}";
        var toggled = await app.As(_ann).Patch(url).Is(HttpStatusCode.OK);

        Assert.Equal(task.Id(), toggled.Id());
        Assert.True(toggled["completed"]!.GetValue<bool>());
    }

    [Fact]
    public async Task Says_that_there_is_no_such_task() =>
        await app.As(_ann).Patch($"/api/{_ann}/tasks/{Guid.CreateVersion7()}/complete").IsProblem(HttpStatusCode.NotFound, "TASK_NOT_FOUND");

    [Theory]
    [InlineData("1")]
    [InlineData("not-a-uuid")]
    public async Task Finds_nothing_under_what_is_no_id(string id) =>
        await app.As(_ann).Patch($"/api/{_ann}/tasks/{id}/complete").IsProblem(HttpStatusCode.NotFound);

    [Fact]
    public async Task Hides_tasks_of_other_users_and_leaves_them_alone()
    {
        var task = await app.As(_bob).CreateTask(_bob);
        var before = await app.StoredTextAsync(_bob, task.Id());

        await app.As(_ann).Hides(task.Id(), "PATCH", $"/api/{_ann}/tasks/{task.Id()}/complete");

        Assert.Equal(before, await app.StoredTextAsync(_bob, task.Id()));
    }

    [Fact]
    public async Task Refuses_the_url_of_another_user()
    {
        var task = await app.As(_bob).CreateTask(_bob);
        var before = await app.StoredTextAsync(_bob, task.Id());

        await app.As(_ann).Patch($"/api/{_bob}/tasks/{task.Id()}/complete").IsProblem(HttpStatusCode.Forbidden);

        Assert.Equal(before, await app.StoredTextAsync(_bob, task.Id()));
    }
}
