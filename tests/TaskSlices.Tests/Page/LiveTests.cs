using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.Playwright;

namespace TaskSlices.Tests.Page;

/// <summary>What is changed on another device, or by another program.</summary>
public sealed class LiveTests(Browser browser) : PageTest(browser)
{
    [Fact]
    public async Task Shows_on_one_device_within_a_second_what_is_done_on_another()
    {
        var ada = await WithAccountAsync();
        var phone = await ArriveAsync(look: new() { ViewportSize = new() { Width = 375, Height = 740 } });
        await phone.SignInAsync(ada.Email);
        using var api = await ada.ApiAsync();
        var fastest = double.MaxValue;

        await ada.AddAsync("Buy milk");
        await phone.Sees("Buy milk");
        await ada.Box("Buy milk").CheckAsync();
        await Expect(phone.Box("Buy milk")).ToBeCheckedAsync();
        await phone.Counts("0 pending, 1 done");
        await phone.Button("Edit Buy milk").ClickAsync();
        await phone.Page.GetByLabel("Title").FillAsync("Buy oat milk");
        await phone.Button("Save").ClickAsync();
        await ada.Sees("Buy oat milk");
        await phone.PhotographAsync("live-1-changed");
        await phone.Button("Delete Buy oat milk").ClickAsync();
        await ada.Reads("Nothing to do yet");

        // The machine may be busy. What comes by a poll is never so soon.
        for (var i = 0; i < 5; i++)
        {
            var seen = phone.Page.EvaluateAsync<double>("""
                title => new Promise(resolve => new MutationObserver(() => [...document.querySelectorAll(".title")].some(e => e.textContent === title)
                  && resolve(Date.now())).observe(document.querySelector("#list"), { childList: true, subtree: true }))
                """, $"Task {i}");
            await phone.Page.EvaluateAsync("() => 0");
            var sent = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
            await PostAsync(api, new { title = $"Task {i}" });
            fastest = Math.Min(fastest, await seen - sent);
        }

        Assert.InRange(fastest, 0, 1_000);
    }

    [Fact]
    public async Task Leaves_the_focus_the_text_and_the_place_on_the_screen_of_who_is_at_work()
    {
        var ada = await WithAccountAsync();
        using var api = await ada.ApiAsync();
        var ids = new List<string>();
        for (var i = 0; i < 30; i++)
            ids.Add(await PostAsync(api, new { title = $"Task {i}" }));
        await ada.Sees([.. Enumerable.Range(0, 30).Reverse().Select(i => $"Task {i}")]);

        // Not every browser keeps the place by itself.
        await ada.Page.EvaluateAsync("[document.documentElement, document.body].forEach(e => e.style.overflowAnchor = 'none')");
        await ada.Button("Edit Task 10").ClickAsync();
        await ada.Rows.GetByLabel("Title").FillAsync("Task 10 and ");
        var before = await TopAsync();
        Assert.True(await ada.Page.EvaluateAsync<double>("scrollY") > 0);

        await PostAsync(api, new { title = "New above" });
        foreach (var id in ids[20..25])
            Assert.True((await api.DeleteAsync($"tasks/{id}", TestContext.Current.CancellationToken)).IsSuccessStatusCode);
        await Expect(ada.Row("New above")).ToHaveCountAsync(1);
        await Expect(ada.Row("Task 24")).ToHaveCountAsync(0);
        await ada.Page.Keyboard.TypeAsync("more");

        await Expect(ada.Rows.GetByLabel("Title")).ToHaveValueAsync("Task 10 and more");
        await Expect(ada.Rows.GetByLabel("Title")).ToBeFocusedAsync();
        Assert.Equal(before, await TopAsync(), 1.0);

        // Also where nothing has the focus.
        await ada.Button("Cancel").ClickAsync();
        await ada.Page.Mouse.MoveAsync(0, 0);
        await ada.Page.EvaluateAsync("document.activeElement.blur()");
        var first = await FirstAsync();
        await PostAsync(api, new { title = "Another above" });
        await Expect(ada.Row("Another above")).ToHaveCountAsync(1);
        Assert.Equal(first, await FirstAsync());

        Task<double> TopAsync() => ada.Rows.Locator("form").EvaluateAsync<double>("form => form.getBoundingClientRect().top");

        Task<string> FirstAsync() => ada.Page.EvaluateAsync<string>("""
            () => {
              const row = [...document.querySelectorAll("#list > li")].find(row => row.getBoundingClientRect().bottom > 0);
              return `${row.dataset.id} ${Math.round(row.getBoundingClientRect().top)}`;
            }
            """);
    }

    [Fact]
    public async Task Keeps_to_the_filter_the_search_and_the_order()
    {
        var ada = await WithAccountAsync();
        using var api = await ada.ApiAsync();
        await PostAsync(api, new { title = "Bread, rye" });
        await PostAsync(api, new { title = "Bread, white" });
        await ada.Page.GetByLabel("Order", new() { Exact = true }).SelectOptionAsync("title");
        await ada.Page.GetByLabel("Search").FillAsync("bread");
        await ada.Sees("Bread, rye", "Bread, white");

        await PostAsync(api, new { title = "Milk" });
        var id = await PostAsync(api, new { title = "Bread, spelt" });
        await ada.Sees("Bread, rye", "Bread, spelt", "Bread, white");
        await PutAsync(api, id, new { title = "Bread, xmas" });
        await ada.Sees("Bread, rye", "Bread, white", "Bread, xmas");
        await PutAsync(api, id, new { title = "Cake" });
        await ada.Sees("Bread, rye", "Bread, white");

        await ada.Page.GetByLabel("Search").FillAsync("");
        await ada.Page.GetByLabel("Order", new() { Exact = true }).SelectOptionAsync("created_at");
        await ada.ChooseAsync("Pending");
        await ada.Sees("Cake", "Milk", "Bread, white", "Bread, rye");
        await PutAsync(api, id, new { completed = true });
        await ada.Sees("Milk", "Bread, white", "Bread, rye");
        await PutAsync(api, id, new { completed = false });
        await ada.Sees("Cake", "Milk", "Bread, white", "Bread, rye");
    }

    [Fact]
    public async Task Holds_no_stream_while_nobody_can_see_the_page_and_catches_up_after_that()
    {
        var ada = await ArriveAsync();
        var opened = 0;
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        ada.Page.Request += (_, request) => opened += IsStream(request.Url) ? 1 : 0;
        ada.Page.RequestFailed += (_, request) =>
        {
            if (IsStream(request.Url))
                ended.TrySetResult();
        };
        await ada.Page.GetByLabel("Name").FillAsync("Ada");
        await ada.FillCredentialsAsync();
        await ada.Button("Create account").ClickAsync();
        await ada.SeesTasks();
        await Wait.Until("a stream is open", () => opened == 1);

        await ShowAsync(ada, false);
        await ended.Task;
        using var api = await ada.ApiAsync();
        await PostAsync(api, new { title = "Meanwhile" });
        await Expect(ada.Row("Meanwhile")).ToHaveCountAsync(0);
        Assert.Equal(1, opened);
        await ShowAsync(ada, true);

        await ada.Sees("Meanwhile");
        Assert.Equal(2, opened);
    }

    [Fact]
    public async Task Asks_for_changes_where_the_user_has_too_many_streams()
    {
        var ada = await WithAccountAsync();
        using var api = await ada.ApiAsync();
        var streams = new List<HttpResponseMessage>();
        for (var i = 0; i < 10; i++)
            streams.Add(await api.GetAsync("events", HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken));
        ada.Expects("status of 429");
        var phone = await ArriveAsync();
        phone.Expects("status of 429");
        var refused = phone.Page.WaitForResponseAsync(response => response.Status == 429);

        await phone.SignInAsync(ada.Email);
        await refused;
        await ada.AddAsync("Buy milk");
        await phone.Sees("Buy milk");

        // As soon as there is a place, it is taken.
        var open = phone.Page.WaitForResponseAsync(response => IsStream(response.Url) && response.Status == 200);
        streams.ForEach(stream => stream.Dispose());
        await open;
    }

    [Fact]
    public async Task Reads_the_list_anew_when_it_was_away_for_too_long()
    {
        var ada = await WithAccountAsync();
        ada.Expects("status of 410");
        await ada.AddAsync("Buy milk");
        using var api = await ada.ApiAsync();
        await ShowAsync(ada, false);
        await PostAsync(api, new { title = "Meanwhile" });
        var (isOld, asked) = (true, 0);
        foreach (var address in new[] { "**/api/*/events?*", "**/api/*/changes?*" })
            await ada.Page.RouteAsync(address, route => isOld ? Refuse(route) : route.ContinueAsync());
        await ada.Page.RouteAsync("**/api/*/tasks?*", route =>
        {
            isOld = false;
            asked++;

            return route.ContinueAsync();
        });

        await ShowAsync(ada, true);
        await ada.Sees("Meanwhile", "Buy milk");
        await PostAsync(api, new { title = "And now" });
        await ada.Sees("And now", "Meanwhile", "Buy milk");
        Assert.Equal(1, asked);

        static Task Refuse(IRoute route) => route.FulfillAsync(new()
        {
            Status = 410,
            ContentType = "application/problem+json",
            Body = """{"status":410,"code":"CURSOR_TOO_OLD","detail":"Read the lists anew."}""",
        });
    }

    private static bool IsStream(string url) => url.Contains("/events?", StringComparison.Ordinal);

    /// <summary>As the browser does it when another tab is chosen.</summary>
    private static async Task ShowAsync(PageVisitor visitor, bool shown) => await visitor.Page.EvaluateAsync("""
        hidden => {
          Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
          document.dispatchEvent(new Event("visibilitychange"));
        }
        """, !shown);

    private static async Task<string> PostAsync(HttpClient api, object task)
    {
        using var response = await api.PostAsJsonAsync("tasks", task, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);

        return (await response.Content.ReadFromJsonAsync<JsonObject>(TestContext.Current.CancellationToken))!["id"]!.GetValue<string>();
    }

    private static async Task PutAsync(HttpClient api, string id, object changes)
    {
        using var response = await api.PutAsJsonAsync($"tasks/{id}", changes, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }
}
