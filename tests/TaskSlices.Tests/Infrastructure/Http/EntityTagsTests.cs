using FastEndpoints.Testing;

namespace TaskSlices.Tests.Infrastructure.Http;

/// <summary>Conditional requests (RFC 9110, section 13), as every slice with one row has them.</summary>
public sealed class EntityTagsTests(ClockApp app) : TestBase<ClockApp>
{
    private readonly string _ann = App.NewUser();

    [Fact]
    public async Task Every_answer_with_one_row_has_its_revision_as_a_strong_tag()
    {
        var created = await SendAsync("POST", "", """{"title":"Buy milk"}""");
        var id = (await created.Is(HttpStatusCode.Created)).Id();
        Assert.Equal("\"1\"", Tag(created));

        Assert.Equal("\"1\"", Tag(await SendAsync("GET", $"/{id}")));
        Assert.Equal("\"2\"", Tag(await SendAsync("PUT", $"/{id}", """{"title":"New"}""")));
        Assert.Equal("\"3\"", Tag(await SendAsync("PATCH", $"/{id}", """{"title":"Newer"}""")));
        Assert.Equal("\"4\"", Tag(await SendAsync("PATCH", $"/{id}/complete")));
        await SendAsync("DELETE", $"/{id}");
        var restored = await SendAsync("POST", $"/{id}/restore");
        Assert.Equal("\"6\"", Tag(restored));
        Assert.Equal(6, (await restored.Is(HttpStatusCode.OK)).Revision());
    }

    [Theory]
    [InlineData("\"1\"", 304)]
    [InlineData("W/\"1\"", 304)]
    [InlineData("\"7\", \"1\"", 304)]
    [InlineData("*", 304)]
    [InlineData("\"2\"", 200)]
    [InlineData("\"01\"", 200)]
    public async Task Tells_who_has_the_row_already_that_it_is_the_same(string tag, int status)
    {
        var id = (await app.As(_ann).CreateTask(_ann)).Id();

        var answer = await SendAsync("GET", $"/{id}", null, ("If-None-Match", tag));

        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal(("\"1\"", "no-cache, private"), (Tag(answer), answer.Headers.CacheControl?.ToString()));
        Assert.Equal(status == 304, (await answer.Content.ReadAsStringAsync(Cancellation)).Length == 0);
    }

    [Fact]
    public async Task Tells_who_has_the_list_already_that_it_is_the_same()
    {
        Assert.Equal("\"0\"", Tag(await SendAsync("GET", "")));
        var id = (await app.As(_ann).CreateTask(_ann)).Id();
        var first = Tag(await SendAsync("GET", "?limit=5"));
        Assert.Equal("\"1\"", first);

        Assert.Equal(HttpStatusCode.NotModified, (await SendAsync("GET", "?limit=5", null, ("If-None-Match", first))).StatusCode);
        await SendAsync("PATCH", $"/{id}/complete");
        Assert.Equal(HttpStatusCode.OK, (await SendAsync("GET", "?limit=5", null, ("If-None-Match", first))).StatusCode);
        await SendAsync("GET", "?limit=-1", null, ("If-None-Match", "\"2\"")).Refuses("limit");
        await SendAsync("DELETE", $"/{id}");
        Assert.Equal("\"3\"", Tag(await SendAsync("GET", "")));
    }

    [Theory]
    [InlineData("PUT", "")]
    [InlineData("PATCH", "")]
    [InlineData("PATCH", "/complete")]
    [InlineData("DELETE", "")]
    public async Task Changes_the_row_only_in_the_state_that_the_caller_has_read(string method, string part)
    {
        var id = (await app.As(_ann).CreateTask(_ann)).Id();
        var current = await SendAsync("PUT", $"/{id}", """{"title":"By another device"}""").Is(HttpStatusCode.OK);
        var body = method is "PUT" or "PATCH" && part.Length == 0 ? """{"title":"Mine"}""" : null;

        foreach (var stale in new[] { "\"1\"", "W/\"2\"", "\"1\", \"3\"", "\"x\"" })
        {
            var refused = await SendAsync(method, $"/{id}{part}", body, ("If-Match", stale));
            var problem = await refused.IsProblem(HttpStatusCode.PreconditionFailed, "PRECONDITION_FAILED");
            Assert.Equal(current.ToJsonString(), problem["current"]!.ToJsonString());
            Assert.Equal("\"2\"", Tag(refused));
        }

        await SendAsync(method, $"/{id}{part}", body, ("If-None-Match", "\"2\"")).IsProblem(HttpStatusCode.PreconditionFailed);
        Assert.Equal(2, app.LastRevision(_ann));

        await SendAsync(method, $"/{id}{part}", body, ("If-Match", "\"1\", \"2\"")).Is(HttpStatusCode.OK);
        Assert.Equal(3, app.LastRevision(_ann));
    }

    [Theory]
    [InlineData("If-Match", "2")]
    [InlineData("If-Match", "\"2")]
    [InlineData("If-Match", "\"1\" \"2\"")]
    [InlineData("If-None-Match", "two")]
    public async Task Refuses_what_is_no_tag(string header, string value)
    {
        var id = (await app.As(_ann).CreateTask(_ann)).Id();

        await SendAsync("PATCH", $"/{id}/complete", null, (header, value)).Refuses(header);
        await SendAsync("GET", $"/{id}", null, (header, value)).Is(HttpStatusCode.OK);

        Assert.Equal(1, app.LastRevision(_ann));
    }

    [Fact]
    public async Task Refuses_a_condition_that_it_can_not_keep()
    {
        await SendAsync("POST", "", """{"title":"New"}""", ("If-Match", "\"1\"")).Refuses("If-Match");
        await SendAsync("PUT", $"/{Guid.NewGuid()}", """{"title":"New"}""", ("If-Match", "\"1\""), ("If-None-Match", "*")).Refuses("If-Match");

        Assert.Equal(0, app.LastRevision(_ann));
    }

    [Fact]
    public async Task Says_nothing_of_a_row_that_is_not_there()
    {
        foreach (var tag in new[] { "*", "\"1\"" })
            await SendAsync("PUT", $"/{Guid.NewGuid()}", """{"title":"x"}""", ("If-Match", tag)).IsProblem(HttpStatusCode.NotFound, "TASK_NOT_FOUND");
    }

    [Theory]
    [InlineData(4)]
    [InlineData(7)]
    public async Task Creates_the_row_under_the_id_that_the_caller_chose(int version)
    {
        var id = version == 4 ? Guid.NewGuid() : Guid.CreateVersion7();

        var created = await SendAsync("PUT", $"/{id}", """{"title":"Mine","completed":true}""", ("If-None-Match", "*"));
        var task = await created.Is(HttpStatusCode.Created);
        Assert.Equal(($"{id}", "Mine", 1, "\"1\""), (task.Id(), task.Text("title"), task.Revision(), Tag(created)));
        Assert.EndsWith($"/api/{_ann}/tasks/{id}", $"{created.Headers.Location}", StringComparison.Ordinal);
        Assert.Equal(task.ToJsonString(), (await app.As(_ann).Get($"/api/{_ann}/tasks/{id}").Is(HttpStatusCode.OK)).ToJsonString());

        var problem = await SendAsync("PUT", $"/{id}", """{"title":"Again"}""", ("If-None-Match", "*")).IsProblem(HttpStatusCode.PreconditionFailed);
        Assert.Equal(task.ToJsonString(), problem["current"]!.ToJsonString());

        await SendAsync("DELETE", $"/{id}").Is(HttpStatusCode.OK);
        Assert.Equal(3, (await SendAsync("PUT", $"/{id}", """{"title":"New"}""", ("If-None-Match", "*")).Is(HttpStatusCode.Created)).Revision());
        Assert.Empty(await app.As(_ann).Get($"/api/{_ann}/tasks?deleted=true").IsList());
        var other = App.NewUser();
        await app.As(other).SendWith("PUT", $"/api/{other}/tasks/{id}", """{"title":"Theirs"}""", ("If-None-Match", "*")).Is(HttpStatusCode.Created);
    }

    [Theory]
    [InlineData("""{"title":"x"}""", "00000000-0000-0000-0000-000000000000", "id")]
    [InlineData("""{"title":"x"}""", "01890000-0000-1000-8000-000000000000", "id")]
    [InlineData("""{"completed":true}""", null, "title")]
    [InlineData("""{}""", null, "title")]
    public async Task Creates_nothing_that_is_not_allowed(string body, string? id, string field)
    {
        await SendAsync("PUT", $"/{id ?? $"{Guid.NewGuid()}"}", body, ("If-None-Match", "*")).Refuses(field);

        Assert.Equal(0, app.LastRevision(_ann));
    }

    [Fact]
    public async Task One_of_eight_that_create_under_one_id_at_once_does()
    {
        var id = Guid.CreateVersion7();

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(
            i => SendAsync("PUT", $"/{id}", $$"""{"title":"Device {{i}}"}""", ("If-None-Match", "*"))));

        Assert.Equal([201, .. Enumerable.Repeat(412, 7)], answers.Select(answer => (int)answer.StatusCode).Order());
        Assert.Equal(1, app.LastRevision(_ann));
    }

    [Fact]
    public async Task One_of_fifty_that_change_one_state_at_once_does()
    {
        var id = (await app.As(_ann).CreateTask(_ann)).Id();

        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(
            i => SendAsync("PATCH", $"/{id}", $$"""{"title":"Device {{i}}"}""", ("If-Match", "\"1\""))));

        Assert.Equal([200, .. Enumerable.Repeat(412, 49)], answers.Select(answer => (int)answer.StatusCode).Order());
        var won = await answers.Single(answer => answer.StatusCode is HttpStatusCode.OK).Is(HttpStatusCode.OK);
        Assert.Equal(won.ToJsonString(), (await app.As(_ann).Get($"/api/{_ann}/tasks/{id}").Is(HttpStatusCode.OK)).ToJsonString());
    }

    [Fact]
    public async Task Two_edits_in_one_millisecond_have_two_tags()
    {
        var id = (await app.As(_ann).CreateTask(_ann)).Id();

        // A time of change never goes back: for a clock that does, it stands still.
        app.Step(TimeSpan.FromMinutes(-1));
        var first = await SendAsync("PATCH", $"/{id}", """{"title":"A"}""");
        var second = await SendAsync("PATCH", $"/{id}", """{"title":"B"}""");
        app.Step(TimeSpan.FromMinutes(1));

        Assert.Equal((await first.Is(HttpStatusCode.OK)).Text("updated_at"), (await second.Is(HttpStatusCode.OK)).Text("updated_at"));
        Assert.Equal(("\"2\"", "\"3\""), (Tag(first), Tag(second)));
    }

    private static string Tag(HttpResponseMessage response) => response.Headers.ETag!.ToString();

    private Task<HttpResponseMessage> SendAsync(string method, string path, string? json = null, params (string Name, string Value)[] headers) =>
        app.As(_ann).SendWith(method, $"/api/{_ann}/tasks{path}", json, headers);
}
