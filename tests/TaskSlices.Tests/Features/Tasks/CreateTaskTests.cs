using System.Text.Json;
using FastEndpoints.Testing;
using TaskSlices.Features.Tasks;

namespace TaskSlices.Tests.Features.Tasks;

public sealed class CreateTaskTests(App app) : TestBase<App>
{
    private readonly string _ann = App.NewUser();

    [Fact]
    public async Task Creates_the_task_and_says_where_it_is()
    {
        var before = DateTimeOffset.UtcNow;
        var response = await app.As(_ann).Post($"/api/{_ann}/tasks", """{"title":"Buy milk","description":"2 litres"}""");

        var task = await response.Is(HttpStatusCode.Created);
        Assert.Equal(TaskAnswers.Members, task.Select(member => member.Key));
        Assert.Equal("Buy milk", task["title"]!.GetValue<string>());
        Assert.Equal("2 litres", task["description"]!.GetValue<string>());
        Assert.Equal(_ann, task["user_id"]!.GetValue<string>());
        Assert.False(task["completed"]!.GetValue<bool>());
        Assert.Equal(7, Guid.Parse(task.Id()).Version);
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", task["created_at"]!.GetValue<string>());
        Assert.Equal(task["created_at"]!.GetValue<string>(), task["updated_at"]!.GetValue<string>());
        Assert.Equal($"/api/{_ann}/tasks/{task.Id()}", response.Headers.Location!.OriginalString);

        var stored = await app.StoredAsync(_ann, Guid.Parse(task.Id()));
        Assert.Equal(("Buy milk", "2 litres", false), (stored!.Title, stored.Description, stored.Completed));
        Assert.InRange(stored.CreatedAt, before.AddSeconds(-1), DateTimeOffset.UtcNow.AddSeconds(1));

        var found = await app.As(_ann).Get(response.Headers.Location.OriginalString);
        Assert.Equal(task.ToJsonString(), (await found.Is(HttpStatusCode.OK)).ToJsonString());
    }

    [Fact]
    public async Task Says_null_for_a_description_that_was_left_out()
    {
        var task = await app.As(_ann).CreateTask(_ann);

        Assert.True(task.ContainsKey("description"));
        Assert.Null(task["description"]);
    }

    [Fact]
    public async Task Trims_the_title_and_leaves_the_description_as_it_is()
    {
        var task = await app.As(_ann).CreateTask(_ann, "  Buy milk \n", "  two lines\n ");

        Assert.Equal("Buy milk", task["title"]!.GetValue<string>());
        Assert.Equal("  two lines\n ", task["description"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("""{}""")]
    [InlineData("""{"title":""}""")]
    [InlineData("""{"title":" \t\n "}""")]
    [InlineData("""{"title":null}""")]
    [InlineData("""{"title":5}""")]
    [InlineData("""{"title":["a"]}""")]
    [InlineData("""{"title":"a\u0000b"}""")]
    [InlineData("""{"title":"a\ud800b"}""")]
    [InlineData("""{"title":"one","title":"two"}""")]
    public async Task Refuses_a_title_that_is_none(string body)
    {
        await app.As(_ann).Post($"/api/{_ann}/tasks", body).Refuses("title");

        Assert.Empty(await app.As(_ann).Get($"/api/{_ann}/tasks").IsList());
    }

    [Theory]
    [InlineData("\u200b")]
    [InlineData("\u200b\u200d\ufeff")]
    [InlineData("\u0001\u001f\u0085")]
    [InlineData("\ufe0f\udb40\udd00")]
    [InlineData("\u00ad\u061c\u2060\u202e")]
    [InlineData("\u2028\u2029")]
    [InlineData("\u2800\u3164\uffa0\u115f\u1160")]
    [InlineData("\u034f")]
    [InlineData("\udb40\udc41\udb40\udc7f")]
    [InlineData(" \u200b \u3000")]
    public async Task Refuses_a_title_of_which_nothing_can_be_seen(string title)
    {
        var response = await app.As(_ann).Post($"/api/{_ann}/tasks", JsonSerializer.Serialize(new { title }));

        Assert.Equal("title is required.", await response.Refuses("title"));
    }

    [Theory]
    [InlineData("\ud83d\udc69\u200d\ud83d\udc69\u200d\ud83d\udc67\u200d\ud83d\udc66")]
    [InlineData("\ud83c\uddea\ud83c\uddfa")]
    [InlineData("\u2764\ufe0f")]
    [InlineData("\u200bx")]
    [InlineData("\u0301")]
    public async Task Takes_a_title_of_which_something_can_be_seen(string title) =>
        Assert.Equal(title, (await app.As(_ann).CreateTask(_ann, title))["title"]!.GetValue<string>());

    [Theory]
    [InlineData("""{"title":"t","completed":true}""", true)]
    [InlineData("""{"title":"t","completed":false}""", false)]
    public async Task Takes_whether_the_task_is_completed(string body, bool completed)
    {
        var task = await app.As(_ann).Post($"/api/{_ann}/tasks", body).Is(HttpStatusCode.Created);

        Assert.Equal(completed, task["completed"]!.GetValue<bool>());
        Assert.Equal(completed, (await app.StoredAsync(_ann, Guid.Parse(task.Id())))!.Completed);
    }

    [Theory]
    [InlineData("\"yes\"")]
    [InlineData("\"true\"")]
    [InlineData("1")]
    [InlineData("null")]
    public async Task Refuses_a_completed_that_is_no_boolean(string completed) =>
        await app.As(_ann).Post($"/api/{_ann}/tasks", $$"""{"title":"t","completed":{{completed}}}""").Refuses("completed");

    [Fact]
    public async Task Takes_a_title_at_the_limit_and_refuses_a_longer_one()
    {
        var limit = new string('t', TaskItem.TitleLimit);

        Assert.Equal(limit, (await app.As(_ann).CreateTask(_ann, limit))["title"]!.GetValue<string>());
        Assert.Equal(limit, (await app.As(_ann).CreateTask(_ann, $"  {limit}  "))["title"]!.GetValue<string>());
        await app.As(_ann).Post($"/api/{_ann}/tasks", $$"""{"title":"{{limit}}t"}""").Refuses("title");
    }

    [Fact]
    public async Task Takes_a_description_at_the_limit_and_refuses_a_longer_one()
    {
        var limit = new string('d', TaskItem.DescriptionLimit);

        Assert.Equal(limit, (await app.As(_ann).CreateTask(_ann, description: limit))["description"]!.GetValue<string>());
        await app.As(_ann).Post($"/api/{_ann}/tasks", $$"""{"title":"t","description":"{{limit}}d"}""").Refuses("description");
    }

    [Fact]
    public async Task Counts_characters_and_not_the_halves_of_an_emoji()
    {
        var limit = string.Concat(Enumerable.Repeat("🧀", TaskItem.TitleLimit));

        Assert.Equal(limit, (await app.As(_ann).CreateTask(_ann, limit))["title"]!.GetValue<string>());
        await app.As(_ann).Post($"/api/{_ann}/tasks", $$"""{"title":"{{limit}}🧀"}""").Refuses("title");
    }

    [Theory]
    [InlineData("👩‍👩‍👧‍👦 𝕏 𐍈")]
    [InlineData("e\u0301 vs é, Z\u0351\u036b\u0343a\u0321l\u0321go")]
    [InlineData("مرحبا \u202eabc\u202c שלום")]
    [InlineData("<script>alert('x')</script> & <b>\"bold\"</b>")]
    [InlineData("'); DROP TABLE tasks; --")]
    [InlineData("%00 \\u0000 \\ / {user_id} ${x} {{y}}")]
    public async Task Keeps_texts_that_break_others_byte_for_byte(string text)
    {
        var task = await app.As(_ann).CreateTask(_ann, text, text);
        Assert.Equal((text, text), (task["title"]!.GetValue<string>(), task["description"]!.GetValue<string>()));

        var found = await app.As(_ann).Get($"/api/{_ann}/tasks/{task.Id()}").Is(HttpStatusCode.OK);
        Assert.Equal((text, text), (found["title"]!.GetValue<string>(), found["description"]!.GetValue<string>()));

        var stored = await app.StoredAsync(_ann, Guid.Parse(task.Id()));
        Assert.Equal((text, text), (stored!.Title, stored.Description));
    }

    [Fact]
    public async Task Ignores_members_it_does_not_know_and_those_that_are_not_the_callers_to_set()
    {
        var other = Guid.NewGuid();
        var body = $$$"""{"title":"Mine","id":"{{{other}}}","user_id":"bob","created_at":"1999-01-01T00:00:00Z","revision":99,"assignee":{"high":[1]}}""";

        var task = await app.As(_ann).Post($"/api/{_ann}/tasks", body).Is(HttpStatusCode.Created);

        Assert.NotEqual($"{other}", task.Id());
        Assert.Equal(_ann, task["user_id"]!.GetValue<string>());
        Assert.DoesNotContain("1999", task["created_at"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ignores_the_query_string()
    {
        var response = await app.As(_ann).Post($"/api/{_ann}/tasks?title=evil&Title=evil&description=evil&user_id=bob&userId=bob", """{"title":"good"}""");

        var task = await response.Is(HttpStatusCode.Created);
        Assert.Equal("good", task["title"]!.GetValue<string>());
        Assert.Null(task["description"]);
        Assert.Equal(_ann, task["user_id"]!.GetValue<string>());
    }

    [Fact]
    public async Task Refuses_to_create_for_another_user()
    {
        var bob = App.NewUser();

        await app.As(_ann).Post($"/api/{bob}/tasks", """{"title":"Mine"}""").IsProblem(HttpStatusCode.Forbidden);

        Assert.Empty(await app.As(bob).Get($"/api/{bob}/tasks").IsList());
    }

    [Fact]
    public async Task Escapes_the_user_in_the_location()
    {
        const string user = "ann ö@example.com";
        var response = await app.As(user).Post($"/api/{Uri.EscapeDataString(user)}/tasks", """{"title":"t"}""");

        var task = await response.Is(HttpStatusCode.Created);
        Assert.Equal(user, task["user_id"]!.GetValue<string>());
        await app.As(user).Get(response.Headers.Location!.OriginalString).Is(HttpStatusCode.OK);
    }
}
