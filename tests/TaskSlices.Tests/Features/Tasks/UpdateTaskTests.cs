using System.Text.Json.Nodes;
using FastEndpoints.Testing;
using TaskSlices.Features.Tasks;

namespace TaskSlices.Tests.Features.Tasks;

public sealed class UpdateTaskTests(ClockApp app) : TestBase<ClockApp>
{
    private readonly string _ann = App.NewUser();
    private readonly string _bob = App.NewUser();

    [Theory]
    [InlineData("""{"title":"New"}""", "New", "2 litres", false)]
    [InlineData("""{"title":" \tNew \n"}""", "New", "2 litres", false)]
    [InlineData("""{"description":"New"}""", "Buy milk", "New", false)]
    [InlineData("""{"description":"  New \n"}""", "Buy milk", "  New \n", false)]
    [InlineData("""{"description":""}""", "Buy milk", "", false)]
    [InlineData("""{"description":null}""", "Buy milk", null, false)]
    [InlineData("""{"completed":true}""", "Buy milk", "2 litres", true)]
    [InlineData("""{"completed":false}""", "Buy milk", "2 litres", false)]
    [InlineData("""{"title":"New","description":"Too","completed":true}""", "New", "Too", true)]
    [InlineData("""{}""", "Buy milk", "2 litres", false)]
    [InlineData("""null""", "Buy milk", "2 litres", false)]
    [InlineData(null, "Buy milk", "2 litres", false)]
    public async Task Changes_what_is_sent_and_keeps_what_is_left_out(string? body, string title, string? description, bool completed)
    {
        var task = await app.As(_ann).CreateTask(_ann, "Buy milk", "2 litres");
        app.Tick();

        var changed = await app.As(_ann).Put($"/api/{_ann}/tasks/{task.Id()}", body).Is(HttpStatusCode.OK);

        Assert.InRange(changed.Time("updated_at"), task.Time("updated_at").AddSeconds(1), app.Now);
        var expected = task.DeepClone().AsObject();
        (expected["title"], expected["description"], expected["completed"], expected["updated_at"]) = (title, description, completed, changed.Text("updated_at"));
        expected["completed_at"] = completed ? changed.Text("updated_at") : null;
        expected["revision"] = task.Revision() + 1;
        Assert.Equal(expected.ToJsonString(), changed.ToJsonString());
        Assert.Equal(expected.ToJsonString(), (await app.As(_ann).Get($"/api/{_ann}/tasks/{task.Id()}").Is(HttpStatusCode.OK)).ToJsonString());

        var stored = await app.StoredAsync(_ann, Guid.Parse(task.Id()));
        Assert.Equal((title, description, completed), (stored!.Title, stored.Description, stored.Completed));
        Assert.Equal((task.Time("created_at"), changed.Time("updated_at")), (stored.CreatedAt, stored.UpdatedAt));
    }

    [Theory]
    [InlineData("PUT", "", """{"title":"New"}""")]
    [InlineData("PATCH", "/complete", null)]
    public async Task Never_goes_back_in_time_when_the_clock_does(string method, string action, string? json)
    {
        var user = App.NewUser();
        var task = await app.As(user).CreateTask(user);
        var back = TimeSpan.FromSeconds(-10);
        app.Step(back);
        try
        {
            var changed = await app.As(user).Send(method, $"/api/{user}/tasks/{task.Id()}{action}", json).Is(HttpStatusCode.OK);

            Assert.Equal(task.Time("created_at"), changed.Time("updated_at"));
        }
        finally
        {
            app.Step(-back);
        }
    }

    [Fact]
    public async Task Can_make_a_task_open_again()
    {
        var task = await app.As(_ann).CreateTask(_ann);

        await app.As(_ann).Put($"/api/{_ann}/tasks/{task.Id()}", """{"completed":true}""").Is(HttpStatusCode.OK);
        await app.As(_ann).Put($"/api/{_ann}/tasks/{task.Id()}", """{"title":"Kept done"}""").Is(HttpStatusCode.OK);
        Assert.True((await app.StoredAsync(_ann, Guid.Parse(task.Id())))!.Completed);

        await app.As(_ann).Put($"/api/{_ann}/tasks/{task.Id()}", """{"completed":false}""").Is(HttpStatusCode.OK);
        Assert.False((await app.StoredAsync(_ann, Guid.Parse(task.Id())))!.Completed);
    }

    [Theory]
    [InlineData("""{"title":null}""", "title")]
    [InlineData("""{"title":""}""", "title")]
    [InlineData("""{"title":" \t\n "}""", "title")]
    [InlineData("""{"title":5}""", "title")]
    [InlineData("""{"title":{}}""", "title")]
    [InlineData("""{"title":["New"]}""", "title")]
    [InlineData("""{"title":"a\u0000b"}""", "title")]
    [InlineData("""{"title":"one","title":"two"}""", "title")]
    [InlineData("""{"description":5}""", "description")]
    [InlineData("""{"description":["New"]}""", "description")]
    [InlineData("""{"description":"a\u0000b"}""", "description")]
    [InlineData("""{"completed":null}""", "completed")]
    [InlineData("""{"completed":"yes"}""", "completed")]
    [InlineData("""{"completed":"true"}""", "completed")]
    [InlineData("""{"completed":1}""", "completed")]
    [InlineData("""{"title":"New","description":null,"completed":"yes"}""", "completed")]
    [InlineData("""{"title":"","description":"New","completed":true}""", "title")]
    [InlineData("""[]""", "body")]
    [InlineData("\"title\"", "body")]
    public async Task Refuses_a_wrong_value_and_changes_nothing(string body, string field)
    {
        var task = await app.As(_ann).CreateTask(_ann, "Buy milk", "2 litres");
        var before = await app.StoredTextAsync(_ann, task.Id());
        app.Tick();

        await app.As(_ann).Put($"/api/{_ann}/tasks/{task.Id()}", body).Refuses(field);

        Assert.Equal(before, await app.StoredTextAsync(_ann, task.Id()));
    }

    [Fact]
    public async Task Names_every_field_that_is_wrong()
    {
        var task = await app.As(_ann).CreateTask(_ann);
        var tooLong = new string('d', TaskItem.DescriptionLimit + 1);

        var response = await app.As(_ann).Put($"/api/{_ann}/tasks/{task.Id()}", $$"""{"title":" ","description":"{{tooLong}}"}""");

        var problem = await response.IsProblem(HttpStatusCode.UnprocessableEntity, "VALIDATION_FAILED");
        Assert.Equal(["title", "description"], problem["errors"]!.AsArray().Select(e => e!["field"]!.GetValue<string>()));
    }

    [Theory]
    [InlineData("\u200b\u200d\ufeff")]
    [InlineData("\u0001")]
    [InlineData("\ufe0f")]
    [InlineData("\u2800\u3164")]
    public async Task Refuses_a_title_of_which_nothing_can_be_seen(string title)
    {
        var task = await app.As(_ann).CreateTask(_ann);

        var response = await app.As(_ann).Put($"/api/{_ann}/tasks/{task.Id()}", new JsonObject { ["title"] = title }.ToJsonString());

        Assert.Equal("title is required.", await response.Refuses("title"));
    }

    [Fact]
    public async Task Takes_a_title_at_the_limit_and_refuses_a_longer_one()
    {
        var task = await app.As(_ann).CreateTask(_ann);
        var limit = new string('t', TaskItem.TitleLimit);

        Assert.Equal(limit, (await app.As(_ann).Put($"/api/{_ann}/tasks/{task.Id()}", $$"""{"title":" {{limit}} "}""").Is(HttpStatusCode.OK)).Text("title"));
        await app.As(_ann).Put($"/api/{_ann}/tasks/{task.Id()}", $$"""{"title":"{{limit}}t"}""").Refuses("title");

        Assert.Equal(limit, (await app.StoredAsync(_ann, Guid.Parse(task.Id())))!.Title);
    }

    [Fact]
    public async Task Takes_a_description_at_the_limit_and_refuses_a_longer_one()
    {
        var task = await app.As(_ann).CreateTask(_ann);
        var limit = string.Concat(Enumerable.Repeat("🧀", TaskItem.DescriptionLimit));

        Assert.Equal(limit, (await app.As(_ann).Put($"/api/{_ann}/tasks/{task.Id()}", $$"""{"description":"{{limit}}"}""").Is(HttpStatusCode.OK)).Text("description"));
        await app.As(_ann).Put($"/api/{_ann}/tasks/{task.Id()}", $$"""{"description":"{{limit}}d"}""").Refuses("description");

        Assert.Equal(limit, (await app.StoredAsync(_ann, Guid.Parse(task.Id())))!.Description);
    }

    [Fact]
    public async Task Takes_back_a_whole_task_as_it_gave_it()
    {
        var task = await app.As(_ann).CreateTask(_ann, "Buy milk", "2 litres");
        app.Tick();

        var changed = await app.As(_ann).Put($"/api/{_ann}/tasks/{task.Id()}", task.ToJsonString()).Is(HttpStatusCode.OK);

        (task["updated_at"], task["revision"]) = (changed.Text("updated_at"), task.Revision() + 1);
        Assert.Equal(task.ToJsonString(), changed.ToJsonString());
    }

    [Theory]
    [InlineData("""{"id":5,"user_id":{},"created_at":"x","updated_at":null,"revision":"x"}""")]
    [InlineData("""{"id":null,"user_id":null,"created_at":[],"updated_at":1,"revision":{}}""")]
    [InlineData("""{"id":"00000000-0000-7000-8000-000000000000","user_id":"bob","created_at":"1999-01-01T00:00:00Z","updated_at":"1999-01-01T00:00:00Z","revision":99}""")]
    [InlineData("""{"Id":5,"UserId":"bob","userId":"bob","USER_ID":"bob","createdAt":"x","has_description":true,"HasDescription":true}""")]
    [InlineData("""{"assignee":{"high":[1,null]},"due":"tomorrow","":1,"__proto__":{"completed":true},"$type":"x","$id":"1","$ref":"1"}""")]
    public async Task Ignores_members_it_does_not_know_and_those_that_are_not_the_callers_to_set(string body)
    {
        var task = await app.As(_ann).CreateTask(_ann, "Buy milk", "2 litres");

        var changed = await app.As(_ann).Put($"/api/{_ann}/tasks/{task.Id()}", body).Is(HttpStatusCode.OK);

        (task["updated_at"], task["revision"]) = (changed.Text("updated_at"), task.Revision() + 1);
        Assert.Equal(task.ToJsonString(), changed.ToJsonString());
        Assert.DoesNotContain("1999", changed.Text("updated_at"), StringComparison.Ordinal);
        Assert.Equal(2, (await app.StoredAsync(_ann, Guid.Parse(task.Id())))!.Revision);
    }

    [Fact]
    public async Task Never_changes_when_the_task_was_created()
    {
        var task = await app.As(_ann).CreateTask(_ann);
        var last = task;

        foreach (var body in new[] { """{"title":"a"}""", """{"completed":true}""", """{"created_at":"1999-01-01T00:00:00Z"}""" })
        {
            app.Tick();
            var changed = await app.As(_ann).Put($"/api/{_ann}/tasks/{task.Id()}", body).Is(HttpStatusCode.OK);

            Assert.Equal(task.Text("created_at"), changed.Text("created_at"));
            Assert.True(changed.Time("updated_at") > last.Time("updated_at"));
            last = changed;
        }
    }

    [Fact]
    public async Task Ignores_the_query_string()
    {
        var task = await app.As(_ann).CreateTask(_ann, "Buy milk", "2 litres");
        var other = await app.As(_ann).CreateTask(_ann, "Other");

        var query = $"completed=true&Completed=true&title=x&Title=x&description=x&id={other.Id()}&user_id={_bob}&HasDescription=true&has_description=true";
        var changed = await app.As(_ann).Put($"/api/{_ann}/tasks/{task.Id()}?{query}", """{"title":"New"}""").Is(HttpStatusCode.OK);

        Assert.Equal(task.Id(), changed.Id());
        Assert.Equal(("New", "2 litres", false), (changed.Text("title"), changed.Text("description"), changed["completed"]!.GetValue<bool>()));
        Assert.Equal("Other", (await app.StoredAsync(_ann, Guid.Parse(other.Id())))!.Title);
    }

    [Theory]
    [InlineData("""{"title":""")]
    [InlineData("""{"title":"a"} {}""")]
    [InlineData("""{'title':'a'}""")]
    [InlineData("title=a")]
    [InlineData(" ")]
    public async Task Refuses_what_is_no_json_and_changes_nothing(string body)
    {
        var task = await app.As(_ann).CreateTask(_ann);
        var before = await app.StoredTextAsync(_ann, task.Id());

        await app.As(_ann).Put($"/api/{_ann}/tasks/{task.Id()}", body).IsProblem(HttpStatusCode.BadRequest, "MALFORMED_JSON");

        Assert.Equal(before, await app.StoredTextAsync(_ann, task.Id()));
    }

    [Fact]
    public async Task Refuses_a_body_of_another_type()
    {
        var task = await app.As(_ann).CreateTask(_ann);
        var before = await app.StoredTextAsync(_ann, task.Id());

        var response = await app.As(_ann).Send("PUT", $"/api/{_ann}/tasks/{task.Id()}", """{"title":"New"}"""u8.ToArray(), "text/plain");

        await response.IsProblem(HttpStatusCode.UnsupportedMediaType);
        Assert.Equal(before, await app.StoredTextAsync(_ann, task.Id()));
    }

    [Fact]
    public async Task Makes_no_task_where_there_is_none()
    {
        var id = Guid.CreateVersion7();

        await app.As(_ann).Put($"/api/{_ann}/tasks/{id}", """{"title":"New"}""").IsProblem(HttpStatusCode.NotFound, "TASK_NOT_FOUND");

        Assert.Null(await app.StoredAsync(_ann, id));
    }

    [Theory]
    [InlineData("1")]
    [InlineData("not-a-uuid")]
    public async Task Finds_nothing_under_what_is_no_id(string id) =>
        await app.As(_ann).Put($"/api/{_ann}/tasks/{id}", """{"title":"New"}""").IsProblem(HttpStatusCode.NotFound);

    [Fact]
    public async Task Hides_tasks_of_other_users_and_leaves_them_alone()
    {
        var task = await app.As(_bob).CreateTask(_bob);
        var before = await app.StoredTextAsync(_bob, task.Id());
        var body = new JsonObject { ["title"] = "Mine", ["user_id"] = _bob }.ToJsonString();

        await app.As(_ann).Hides(task.Id(), "PUT", $"/api/{_ann}/tasks/{task.Id()}", body);

        Assert.Equal(before, await app.StoredTextAsync(_bob, task.Id()));
        Assert.Null(await app.StoredTextAsync(_ann, task.Id()));
    }

    [Fact]
    public async Task Refuses_the_url_of_another_user()
    {
        var task = await app.As(_bob).CreateTask(_bob);
        var before = await app.StoredTextAsync(_bob, task.Id());

        await app.As(_ann).Put($"/api/{_bob}/tasks/{task.Id()}", """{"title":"Mine"}""").IsProblem(HttpStatusCode.Forbidden);

        Assert.Equal(before, await app.StoredTextAsync(_bob, task.Id()));
    }

    [Theory]
    [InlineData("""{}""", "")]
    [InlineData("""{"priority":"LOW"}""", """{"priority":"low"}""")]
    [InlineData("""{"priority":"critical"}""", """{"priority":"urgent"}""")]
    [InlineData("""{"priority":null}""", """{"priority":"none"}""")]
    [InlineData("""{"due_date":"2027-01-01"}""", """{"due_date":"2027-01-01"}""")]
    [InlineData("""{"due_date":null}""", """{"due_date":null}""")]
    [InlineData("""{"tags":["x"," X ","Work"]}""", """{"tags":["x","Work"]}""")]
    [InlineData("""{"tags":["WORK","home"]}""", """{"tags":["WORK","home"]}""")]
    [InlineData("""{"tags":[]}""", """{"tags":[]}""")]
    [InlineData("""{"tags":null}""", """{"tags":[]}""")]
    [InlineData("""{"category":" garden "}""", """{"category":"garden"}""")]
    [InlineData("""{"category":null}""", """{"category":null}""")]
    [InlineData("""{"recurrence":"Monthly"}""", """{"recurrence":"monthly"}""")]
    [InlineData("""{"recurrence":null}""", """{"recurrence":null}""")]
    [InlineData("""{"recurrence_pattern":"monthly"}""", """{"recurrence":"monthly"}""")]
    [InlineData("""{"recurrence_pattern":null}""", """{"recurrence":null}""")]
    [InlineData("""{"recurrence_pattern":"monthly","recurrence":"weekly"}""", """{"recurrence":"monthly"}""")]
    [InlineData("""{"recurring":"monthly","recurrence":"weekly"}""", """{"recurrence":"monthly"}""")]
    [InlineData("""{"recurring":"monthly"}""", """{"recurrence":"monthly"}""")]
    [InlineData("""{"recurring":true}""", "")]
    [InlineData("""{"recurring":false}""", """{"recurrence":null}""")]
    [InlineData("""{"is_recurring":true}""", "")]
    [InlineData("""{"is_recurring":null}""", "")]
    [InlineData("""{"is_recurring":false}""", """{"recurrence":null}""")]
    [InlineData("""{"is_recurring":false,"recurrence":"weekly"}""", """{"recurrence":null}""")]
    [InlineData("""{"is_recurring":true,"recurrence_pattern":"yearly"}""", """{"recurrence":"yearly"}""")]
    [InlineData("""{"completed_at":"1999-01-01T00:00:00Z","next_task_id":"00000000-0000-7000-8000-000000000000"}""", "")]
    [InlineData("""{"priority":null,"due_date":null,"tags":null,"category":null,"recurrence":null}""", """{"priority":"none","due_date":null,"tags":[],"category":null,"recurrence":null}""")]
    public async Task Changes_the_fields_that_are_sent_and_keeps_the_others(string body, string changes)
    {
        foreach (var method in new[] { "PUT", "PATCH" })
        {
            var task = await CreateFullAsync();
            app.Tick();

            var changed = await app.As(_ann).Send(method, $"/api/{_ann}/tasks/{task.Id()}", body).Is(HttpStatusCode.OK);

            foreach (var (member, value) in JsonNode.Parse(changes.Length == 0 ? "{}" : changes)!.AsObject())
                task[member] = value?.DeepClone();
            Assert.InRange(changed.Time("updated_at"), task.Time("updated_at").AddSeconds(1), app.Now);
            (task["updated_at"], task["revision"]) = (changed.Text("updated_at"), task.Revision() + 1);
            Assert.Equal(task.ToJsonString(), changed.ToJsonString());
            Assert.Equal(task.ToJsonString(), (await app.As(_ann).Get($"/api/{_ann}/tasks/{task.Id()}").Is(HttpStatusCode.OK)).ToJsonString());
        }
    }

    [Theory]
    [InlineData("""{"priority":"highest"}""", "priority")]
    [InlineData("""{"priority":0}""", "priority")]
    [InlineData("""{"due_date":"2026-02-29"}""", "due_date")]
    [InlineData("""{"due_date":5}""", "due_date")]
    [InlineData("""{"tags":["a",""]}""", "tags")]
    [InlineData("""{"tags":["a\u0000b"]}""", "tags")]
    [InlineData("""{"tags":"a"}""", "tags")]
    [InlineData("""{"category":"123456789 123456789 123456789 123456789 123456789 1"}""", "category")]
    [InlineData("""{"recurrence":"sometimes"}""", "recurrence")]
    [InlineData("""{"recurrence":"FREQ=MINUTELY"}""", "recurrence")]
    [InlineData("""{"recurrence_pattern":"sometimes"}""", "recurrence_pattern")]
    [InlineData("""{"recurring":"sometimes"}""", "recurring")]
    [InlineData("""{"is_recurring":"yes"}""", "is_recurring")]
    [InlineData("""{"title":"New","completed":true,"priority":"highest"}""", "priority")]
    public async Task Refuses_a_wrong_field_and_changes_nothing(string body, string field)
    {
        var task = await CreateFullAsync();
        var before = await app.StoredTextAsync(_ann, task.Id());

        foreach (var method in new[] { "PUT", "PATCH" })
            await app.As(_ann).Send(method, $"/api/{_ann}/tasks/{task.Id()}", body).Refuses(field);

        Assert.Equal(before, await app.StoredTextAsync(_ann, task.Id()));
    }

    [Theory]
    [InlineData("PUT")]
    [InlineData("PATCH")]
    public async Task Takes_back_a_whole_task_with_all_fields_as_it_gave_it(string method)
    {
        var task = await CreateFullAsync();
        var done = await app.As(_ann).Patch($"/api/{_ann}/tasks/{task.Id()}/complete").Is(HttpStatusCode.OK);
        app.Tick();

        var changed = await app.As(_ann).Send(method, $"/api/{_ann}/tasks/{task.Id()}", done.ToJsonString()).Is(HttpStatusCode.OK);

        (done["updated_at"], done["revision"]) = (changed.Text("updated_at"), done.Revision() + 1);
        Assert.NotNull(done["next_task_id"]);
        Assert.Equal(done.ToJsonString(), changed.ToJsonString());
        Assert.Equal(2, (await app.As(_ann).Get($"/api/{_ann}/tasks").IsList()).Count);
    }

    [Fact]
    public async Task Says_when_a_task_was_completed_until_it_is_open_again()
    {
        var task = await app.As(_ann).CreateTask(_ann);
        app.Tick();

        var done = await PutAsync("""{"completed":true}""");
        Assert.Equal(done.Text("updated_at"), done.Text("completed_at"));
        app.Tick();
        Assert.Equal(done.Text("completed_at"), (await PutAsync("""{"completed":true,"title":"New"}""")).Text("completed_at"));
        Assert.Null((await PutAsync("""{"completed":false}"""))["completed_at"]);
        app.Tick();
        var again = await PutAsync("""{"completed":true}""");
        Assert.Equal(again.Text("updated_at"), again.Text("completed_at"));

        Task<JsonObject> PutAsync(string body) => app.As(_ann).Put($"/api/{_ann}/tasks/{task.Id()}", body).Is(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("""{"title":"New"}""", "new", "milk")]
    [InlineData("""{"description":"New"}""", "new", "litres")]
    [InlineData("""{"tags":["New"]}""", "new", "work")]
    public async Task Is_found_by_what_it_is_and_not_by_what_it_was(string body, string found, string gone)
    {
        var task = await CreateFullAsync();

        await app.As(_ann).Put($"/api/{_ann}/tasks/{task.Id()}", body).Is(HttpStatusCode.OK);

        Assert.Single(await app.As(_ann).Get($"/api/{_ann}/tasks?search={found}").IsList());
        Assert.Empty(await app.As(_ann).Get($"/api/{_ann}/tasks?search={gone}").IsList());
    }

    private Task<JsonObject> CreateFullAsync() => app.As(_ann).Post($"/api/{_ann}/tasks", """
        {"title":"Buy milk","description":"2 litres","priority":"high","due_date":"2026-12-24T18:00:00Z","tags":["Work","Home"],"category":"shop","recurrence":"weekly"}
        """).Is(HttpStatusCode.Created);
}
