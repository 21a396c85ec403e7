using System.Text.Json;
using System.Text.Json.Nodes;
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

    [Theory]
    [InlineData("""{}""", "priority", "\"none\"")]
    [InlineData("""{}""", "due_date", "null")]
    [InlineData("""{}""", "tags", "[]")]
    [InlineData("""{}""", "category", "null")]
    [InlineData("""{}""", "recurrence", "null")]
    [InlineData("""{}""", "completed_at", "null")]
    [InlineData("""{}""", "next_task_id", "null")]
    [InlineData("""{"priority":null}""", "priority", "\"none\"")]
    [InlineData("""{"priority":"none"}""", "priority", "\"none\"")]
    [InlineData("""{"priority":"low"}""", "priority", "\"low\"")]
    [InlineData("""{"priority":"MEDIUM"}""", "priority", "\"medium\"")]
    [InlineData("""{"priority":" High "}""", "priority", "\"high\"")]
    [InlineData("""{"priority":"urgent"}""", "priority", "\"urgent\"")]
    [InlineData("""{"priority":"Critical"}""", "priority", "\"urgent\"")]
    [InlineData("""{"due_date":null}""", "due_date", "null")]
    [InlineData("""{"due_date":"2028-02-29"}""", "due_date", "\"2028-02-29\"")]
    [InlineData("""{"due_date":"2026-12-24T18:00"}""", "due_date", "\"2026-12-24T18:00\"")]
    [InlineData("""{"due_date":"2026-12-24T18:00:00.1234567+05:45"}""", "due_date", "\"2026-12-24T18:00:00.1234567+05:45\"")]
    [InlineData("""{"tags":null}""", "tags", "[]")]
    [InlineData("""{"tags":[]}""", "tags", "[]")]
    [InlineData("""{"tags":["b"," A ","a","B","c","\u00e9","e\u0301"]}""", "tags", """["b","A","c","é"]""")]
    [InlineData("""{"tags":["<b>","a,b","🧀","'"]}""", "tags", """["<b>","a,b","🧀","'"]""")]
    [InlineData("""{"category":null}""", "category", "null")]
    [InlineData("""{"category":" Home & garden "}""", "category", "\"Home & garden\"")]
    [InlineData("""{"recurrence":null}""", "recurrence", "null")]
    [InlineData("""{"recurrence":"Daily"}""", "recurrence", "\"daily\"")]
    [InlineData("""{"recurrence":"WEEKLY"}""", "recurrence", "\"weekly\"")]
    [InlineData("""{"recurrence":"monthly"}""", "recurrence", "\"monthly\"")]
    [InlineData("""{"recurrence":" yearly "}""", "recurrence", "\"yearly\"")]
    [InlineData("""{"recurrence":"FREQ=MONTHLY;BYDAY=1FR"}""", "recurrence", "\"FREQ=MONTHLY;BYDAY=1FR\"")]
    [InlineData("""{"recurrence_pattern":"Daily"}""", "recurrence", "\"daily\"")]
    [InlineData("""{"recurrence_pattern":"weekly","is_recurring":true}""", "recurrence", "\"weekly\"")]
    [InlineData("""{"recurrence_pattern":"weekly","is_recurring":false}""", "recurrence", "null")]
    [InlineData("""{"recurrence":"weekly","is_recurring":false}""", "recurrence", "null")]
    [InlineData("""{"recurrence_pattern":null,"is_recurring":false}""", "recurrence", "null")]
    [InlineData("""{"recurring":"monthly"}""", "recurrence", "\"monthly\"")]
    [InlineData("""{"recurring":true,"recurrence_pattern":"monthly"}""", "recurrence", "\"monthly\"")]
    [InlineData("""{"recurring":false,"recurrence_pattern":"monthly"}""", "recurrence", "null")]
    [InlineData("""{"recurring":true}""", "recurrence", "null")]
    [InlineData("""{"recurring":null,"recurrence_pattern":null,"recurrence":null,"is_recurring":null}""", "recurrence", "null")]
    [InlineData("""{"completed_at":"1999-01-01T00:00:00Z"}""", "completed_at", "null")]
    [InlineData("""{"next_task_id":"00000000-0000-7000-8000-000000000000"}""", "next_task_id", "null")]
    public async Task Takes_each_field_and_says_what_was_stored(string body, string field, string expected)
    {
        var json = JsonNode.Parse(body)!.AsObject();
        json["title"] = "t";
        var task = await app.As(_ann).Post($"/api/{_ann}/tasks", json.ToJsonString()).Is(HttpStatusCode.Created);

        Assert.Equal(TaskAnswers.Members, task.Select(member => member.Key));
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), task[field]), $"{field} is {task[field]?.ToJsonString()}.");
        Assert.Equal(task.ToJsonString(), (await app.As(_ann).Get($"/api/{_ann}/tasks/{task.Id()}").Is(HttpStatusCode.OK)).ToJsonString());
        Assert.Equal(task.ToJsonString(), Assert.Single(await app.As(_ann).Get($"/api/{_ann}/tasks").IsList())!.ToJsonString());
    }

    [Fact]
    public async Task Takes_every_word_under_every_name_in_every_case()
    {
        string[] priorities = ["none", "low", "medium", "high", "urgent", "critical"], recurrences = ["daily", "weekly", "monthly", "yearly"];
        var words = priorities.Select(word => (Name: "priority", Word: word)).Concat(
            from name in new[] { "recurrence", "recurrence_pattern", "recurring" } from word in recurrences select (Name: name, Word: word));
        foreach (var (name, word) in words)
        {
            foreach (var spelled in new[] { word, word.ToUpperInvariant(), $"{char.ToUpperInvariant(word[0])}{word[1..]}" })
            {
                var created = await app.As(_ann).Post($"/api/{_ann}/tasks", $$"""{"title":"t","{{name}}":"{{spelled}}"}""").Is(HttpStatusCode.Created);
                var expected = word == "critical" ? "urgent" : word;

                Assert.Equal((spelled, expected), (spelled, created.Text(name == "priority" ? name : "recurrence")));
                Assert.Equal(created.ToJsonString(), (await app.As(_ann).Get($"/api/{_ann}/tasks/{created.Id()}").Is(HttpStatusCode.OK)).ToJsonString());
            }
        }
    }

    [Theory]
    [InlineData("priority", "\"highest\"", "none, low, medium, high, urgent or critical")]
    [InlineData("priority", "\"\"", "none, low")]
    [InlineData("priority", "\"low\\u0000\"", "none, low")]
    [InlineData("priority", "3", "type (a string)")]
    [InlineData("priority", "[\"low\"]", "type (a string)")]
    [InlineData("due_date", "\"tomorrow\"", "2026-12-24T18:00:00Z")]
    [InlineData("due_date", "\"\"", "2026-12-24")]
    [InlineData("due_date", "\"2026-02-29\"", "2026-12-24")]
    [InlineData("due_date", "\"2026-12-24\\n\"", "2026-12-24")]
    [InlineData("due_date", "\"2026-12-24\\u0000\"", "2026-12-24")]
    [InlineData("due_date", "\"24.12.2026\"", "2026-12-24")]
    [InlineData("due_date", "\"2026-12-24T24:00\"", "2026-12-24")]
    [InlineData("due_date", "\"2026-12-24T18:60\"", "2026-12-24")]
    [InlineData("due_date", "\"2026-12-24T18\"", "2026-12-24")]
    [InlineData("due_date", "\"2026-12-24Z\"", "2026-12-24")]
    [InlineData("due_date", "\"2026-12-24T18:00:00.Z\"", "2026-12-24")]
    [InlineData("due_date", "\"2026-12-24T18:00:00.12345678Z\"", "2026-12-24")]
    [InlineData("due_date", "\"2026-12-24T18:00:00+0100\"", "2026-12-24")]
    [InlineData("due_date", "\"2026-12-24T18:00:00+15:00\"", "2026-12-24")]
    [InlineData("due_date", "\"2026-12-24T18:00:00+01:60\"", "2026-12-24")]
    [InlineData("due_date", "\"0000-01-01\"", "2026-12-24")]
    [InlineData("due_date", "\"0001-01-01T00:00:00+00:01\"", "2026-12-24")]
    [InlineData("due_date", "\"٢٠٢٦-12-24\"", "2026-12-24")]
    [InlineData("due_date", "1766534400", "type")]
    [InlineData("tags", "\"work\"", "type (an array of strings)")]
    [InlineData("tags", "{}", "type (an array of strings)")]
    [InlineData("tags", "[\"\"]", "20 of 1 to 50")]
    [InlineData("tags", "[\" \"]", "20 of 1 to 50")]
    [InlineData("tags", "[\"a\",null]", "20 of 1 to 50")]
    [InlineData("tags", "[\"a\\nb\"]", "control")]
    [InlineData("tags", "[\"a\\u0000b\"]", "control")]
    [InlineData("tags", "[\"a\\u2028b\"]", "control")]
    [InlineData("category", "5", "type (a string)")]
    [InlineData("category", "\"a\\u0000b\"", "50")]
    [InlineData("recurrence", "5", "type")]
    [InlineData("recurrence", "true", "type")]
    [InlineData("recurrence", "\"sometimes\"", "RRULE")]
    [InlineData("recurrence_pattern", "\"sometimes\"", "RRULE")]
    [InlineData("recurring", "\"sometimes\"", "RRULE")]
    [InlineData("recurring", "5", "type")]
    [InlineData("recurring", "{}", "type")]
    [InlineData("is_recurring", "\"daily\"", "type")]
    [InlineData("is_recurring", "1", "type (true or false)")]
    public async Task Refuses_a_wrong_field_and_says_what_it_may_be(string field, string value, string rule)
    {
        var message = await app.As(_ann).Post($"/api/{_ann}/tasks", $$"""{"title":"t","{{field}}":{{value}}}""").Refuses(field);

        Assert.Contains(rule, message, StringComparison.Ordinal);
        Assert.Empty(await app.As(_ann).Get($"/api/{_ann}/tasks").IsList());
    }

    [Fact]
    public async Task Takes_tags_and_a_category_at_the_limit_and_refuses_more()
    {
        var longest = string.Concat(Enumerable.Repeat("🧀", TagList.LengthLimit));
        string[] tags = [longest, .. Enumerable.Range(1, TagList.CountLimit - 1).Select(i => $"tag {i}")];

        var task = await PostAsync(new { title = "t", tags = tags.Append(" TAG 1 "), category = $" {longest} " }).Is(HttpStatusCode.Created);

        Assert.Equal(tags, task["tags"]!.AsArray().Select(tag => tag!.GetValue<string>()));
        Assert.Equal(longest, task.Text("category"));
        await PostAsync(new { title = "t", tags = tags.Append("one more") }).Refuses("tags");
        await PostAsync(new { title = "t", tags = new[] { longest + "x" } }).Refuses("tags");
        await PostAsync(new { title = "t", category = longest + "x" }).Refuses("category");

        Task<HttpResponseMessage> PostAsync(object body) => app.As(_ann).Post($"/api/{_ann}/tasks", JsonSerializer.Serialize(body));
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
