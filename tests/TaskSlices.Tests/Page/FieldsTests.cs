using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace TaskSlices.Tests.Page;

public sealed class FieldsTests(Browser browser) : PageTest(browser)
{
    [Fact]
    public async Task Are_given_with_a_new_task_and_changed_later()
    {
        var ada = await WithAccountAsync();
        using var api = await ada.ApiAsync();
        var add = ada.Page.Locator("#add");

        await ada.Button("+ Details").ClickAsync();
        await add.GetByLabel("Priority").SelectOptionAsync("High");
        await add.GetByLabel("Due").FillAsync("2030-12-24");
        await add.GetByLabel("Tags").FillAsync("home, garden ,");
        await ada.Title.FillAsync("Water the tomatoes");
        await ada.PhotographAsync("fields-1-new");
        await ada.Page.ReloadAsync();
        await Expect(add.GetByLabel("Tags")).ToHaveValueAsync("home, garden");
        await ada.AddAsync("Water the tomatoes");
        await Reads("High priority", "Due 24 Dec 2030", "home", "garden");
        await Expect(add.GetByLabel("Due")).ToHaveValueAsync("");

        await ada.Button("Edit Water the tomatoes").ClickAsync();
        await ada.Rows.First.GetByLabel("Priority").SelectOptionAsync("Urgent");
        await ada.Rows.First.GetByLabel("Tags").FillAsync("home");
        await ada.Page.ReloadAsync();
        await Expect(ada.Rows.First.GetByLabel("Priority")).ToHaveValueAsync("urgent");
        await ada.PhotographAsync("fields-2-edited");
        await ada.Button("Save").ClickAsync();
        await Reads("Urgent priority", "Due 24 Dec 2030", "home");

        await ada.Button("Edit Water the tomatoes").ClickAsync();
        await ada.Rows.First.GetByLabel("Due").FillAsync("");
        await ada.Rows.First.GetByLabel("Tags").FillAsync(" ");
        await ada.Button("Save").ClickAsync();
        await Reads("Urgent priority");
        var task = Assert.Single((await api.GetFromJsonAsync<JsonArray>("tasks", TestContext.Current.CancellationToken))!)!;
        Assert.Null(task["due_date"]);
        Assert.Empty(task["tags"]!.AsArray());

        Task Reads(params string[] facts) => Expect(ada.Row("Water the tomatoes").Locator(".facts span")).ToHaveTextAsync(facts);
    }

    [Fact]
    public async Task Make_a_task_come_again_when_it_is_done()
    {
        var ada = await WithAccountAsync();
        using var api = await ada.ApiAsync();
        var add = ada.Page.Locator("#add");
        await ada.Button("+ Details").ClickAsync();
        await add.GetByLabel("Due").FillAsync("2030-12-24");
        await add.GetByLabel("Repeats").SelectOptionAsync("Weekly");
        await add.GetByLabel("Category").FillAsync("Garden");
        await ada.AddAsync("Water the tomatoes");
        await Expect(ada.Rows.Locator(".facts")).ToHaveTextAsync(["Due 24 Dec 2030Repeats weeklyGarden"]);

        await ada.Box("Water the tomatoes").CheckAsync();
        await ada.Counts("1 pending, 1 done");
        await Expect(ada.Rows.Locator(".facts")).ToHaveTextAsync(["Due 31 Dec 2030Repeats weeklyGarden", "Due 24 Dec 2030Repeats weeklyGarden"]);

        // The rule of another program stays, too.
        await CreateAsync(api, new { title = "Mow the lawn", recurrence = "FREQ=WEEKLY;INTERVAL=2" });
        await ada.Button("Edit Mow the lawn").ClickAsync();
        await Expect(ada.Rows.First.GetByLabel("Repeats")).ToHaveValueAsync("FREQ=WEEKLY;INTERVAL=2");
        await ada.Rows.First.GetByLabel("Category").FillAsync(" Garden ");
        await ada.Button("Save").ClickAsync();
        await Expect(ada.Row("Mow the lawn").Locator(".facts")).ToHaveTextAsync("Repeats FREQ=WEEKLY;INTERVAL=2Garden");
    }

    [Fact]
    public async Task Stay_as_they_are_when_others_are_edited()
    {
        var ada = await WithAccountAsync();
        using var api = await ada.ApiAsync();
        await CreateAsync(api, new { title = "Meet", description = "one\r\ntwo", due_date = "2030-03-04T18:30:00+05:30", tags = (string[])["a, b", "c"] });
        await ada.Page.ReloadAsync();
        var sent = new List<string>();
        ada.Page.Request += (_, request) => sent.AddRange(request.Method == "PATCH" ? [request.PostData!] : []);

        await EditAsync("Meet", "Title", "Meet Bob");
        await EditAsync("Meet Bob", "Due", "2030-03-05");
        await EditAsync("Meet Bob", "Tags", "a, b, c, d");
        await ada.Button("Edit Meet Bob").ClickAsync();
        await Expect(ada.Rows.First.GetByLabel("Due (18:30:00+05:30)")).ToHaveValueAsync("2030-03-05");
        await ada.Button("Save").ClickAsync();
        await Expect(ada.Button("Edit Meet Bob")).ToBeFocusedAsync();

        Assert.Equal(
            ["""{"title":"Meet Bob"}""", """{"due_date":"2030-03-05T18:30:00+05:30"}""", """{"tags":["a, b","c","d"]}"""], sent);

        async Task EditAsync(string title, string label, string text)
        {
            await ada.Button($"Edit {title}").ClickAsync();
            await ada.Rows.First.GetByLabel(label).FillAsync(text);
            await ada.Button("Save").ClickAsync();
            await Expect(ada.Button("Save")).ToHaveCountAsync(0);
        }
    }

    [Fact]
    public async Task Say_what_is_overdue_where_the_user_is()
    {
        // In Tokyo it is five in the morning of the 25th.
        var ada = await WithAccountAsync(look: new() { TimezoneId = "Asia/Tokyo" });
        await ada.Page.Clock.SetFixedTimeAsync("2030-12-24T20:00:00Z");
        using var api = await ada.ApiAsync();
        await CreateAsync(api, new { title = "Done", due_date = "2030-12-24", completed = true });
        var cases = new (string Due, string Text)[]
        {
            ("2030-12-24", "Overdue: 24 Dec 2030"), ("2030-12-25", "Due 25 Dec 2030"),
            ("2030-12-25T04:59", "Overdue: 25 Dec 2030, 04:59"), ("2030-12-25T05:01", "Due 25 Dec 2030, 05:01"),
            ("2030-12-24T19:59:59Z", "Overdue: 24 Dec 2030, 19:59:59Z"), ("2030-12-24T20:00:01Z", "Due 24 Dec 2030, 20:00:01Z"),
        };
        foreach (var (due, _) in cases)
            await CreateAsync(api, new { title = due, due_date = due });
        await ada.Page.ReloadAsync();

        foreach (var (due, text) in cases)
            await Expect(ada.Row(due).Locator(".facts")).ToHaveTextAsync(text);
        await Expect(ada.Row("Done").Locator(".facts")).ToHaveTextAsync("Due 24 Dec 2030");
        await Expect(ada.Box("2030-12-24")).ToHaveAccessibleDescriptionAsync("Overdue: 24 Dec 2030");
        await ada.PhotographAsync("fields-3-overdue");
        Assert.Empty(await Looks.FindFaultsAsync(ada.Page));

        await ada.Box("2030-12-24").CheckAsync();
        await Expect(ada.Row("2030-12-24").Locator(".facts")).ToHaveTextAsync("Due 24 Dec 2030");
    }

    [Fact]
    public async Task Come_back_with_a_task_that_was_deleted_and_go_on_with_one_that_recurs()
    {
        var ada = await WithAccountAsync();
        using var api = await ada.ApiAsync();
        await CreateAsync(api, new { title = "Water", due_date = "2030-12-24T18:00", priority = "low", tags = (string[])["home"], category = "garden", recurrence = "daily" });
        await ada.Page.ReloadAsync();

        await ada.Button("Delete Water").ClickAsync();
        await ada.Button("Undo").ClickAsync();
        await Expect(ada.Button("Delete Water")).ToBeFocusedAsync();
        await Expect(ada.Row("Water").Locator(".facts span")).ToHaveTextAsync(["Low priority", "Due 24 Dec 2030, 18:00", "Repeats daily", "garden", "home"]);
        var tasks = new JsonArray();
        await Wait.Until("the task is back on the server, too", async () =>
            (tasks = (await api.GetFromJsonAsync<JsonArray>("tasks", TestContext.Current.CancellationToken))!).Count == 1);
        Assert.Equal("garden", tasks[0]!["category"]!.GetValue<string>());

        await ada.Box("Water").ClickAsync();
        await ada.Counts("1 pending, 1 done");
        await Expect(ada.Rows.First.Locator(".facts")).ToContainTextAsync("25 Dec 2030");
    }

    private static async Task CreateAsync(HttpClient api, object task)
    {
        using var response = await api.PostAsJsonAsync("tasks", task, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
    }
}
