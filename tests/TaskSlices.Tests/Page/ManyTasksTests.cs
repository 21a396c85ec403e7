using System.Net.Http.Json;

namespace TaskSlices.Tests.Page;

public sealed class ManyTasksTests(Browser browser) : PageTest(browser)
{
    [Fact]
    public async Task Are_loaded_as_they_are_scrolled_each_once_though_some_are_added_meanwhile()
    {
        var ada = await WithAccountAsync();
        await CreateAsync(ada, 250);
        await ada.Page.ReloadAsync();
        await ada.Counts("100 pending, 0 done, of the first 100");
        await Expect(ada.Rows).ToHaveCountAsync(100);
        await ada.PhotographAsync("many-tasks");

        await CreateAsync(ada, 3, "Elsewhere");
        await ada.AddAsync("Here");
        await ScrollAsync(ada, 251);
        await ada.Page.ReloadAsync();
        await ScrollAsync(ada, 254);

        var ids = await ada.Page.EvaluateAsync<string[]>("[...document.querySelectorAll('#list > li')].map(row => row.dataset.id)");
        Assert.Equal(254, ids.Length);
        Assert.Equal(ids.Distinct().OrderDescending(StringComparer.Ordinal), ids);
    }

    [Fact]
    public async Task Can_be_had_by_the_keyboard_and_when_they_could_not_be_loaded_at_first()
    {
        var ada = await WithAccountAsync();
        ada.Expects("status of 503");
        await CreateAsync(ada, 150);
        await ada.Page.RouteAsync("**/api/*/tasks?*after=*", route => route.FulfillAsync(new() { Status = 503, ContentType = "application/json", Body = "{}" }));
        await ada.Page.ReloadAsync();
        await ada.Counts("of the first 100");

        await ada.Button("Show more").FocusAsync();
        await ada.Reads("Not all tasks are shown. The server answered with status 503.");
        await Expect(ada.Button("Show more")).ToBeFocusedAsync();
        await ada.Page.UnrouteAllAsync();
        await ada.Page.Keyboard.PressAsync("Enter");

        await ada.Counts("150 pending, 0 done");
        await Expect(ada.Rows.Nth(100).GetByRole(Microsoft.Playwright.AriaRole.Checkbox)).ToBeFocusedAsync();
        await Expect(ada.Page.GetByRole(Microsoft.Playwright.AriaRole.Status)).ToHaveTextAsync("50 more tasks");
    }

    [Fact]
    public async Task Are_filtered_by_the_server_and_the_same_after_a_reload()
    {
        var ada = await WithAccountAsync();
        await ada.AddAsync("Done long ago");
        await ada.Box("Done long ago").CheckAsync();
        await CreateAsync(ada, 350);
        await ada.Page.ReloadAsync();
        await ada.Counts("of the first 100");

        await ada.ChooseAsync("Done");
        await ada.Sees("Done long ago");
        await ada.Counts("1 done");
        await ada.Page.ReloadAsync();
        await ada.Sees("Done long ago");

        await ada.ChooseAsync("All");
        await ada.Counts("of the first 100");
        await ScrollAsync(ada, 300);
        await ada.Rows.Nth(250).ScrollIntoViewIfNeededAsync();
        var before = await FirstOnScreen();
        await ada.Page.ReloadAsync();
        await Wait.Until("the same row is first", async () => await FirstOnScreen() == before);

        Task<string> FirstOnScreen() => ada.Page.EvaluateAsync<string>(
            "[...document.querySelectorAll('#list > li')].find(row => row.getBoundingClientRect().bottom > 1)?.dataset.id");
    }

    private static async Task ScrollAsync(PageVisitor visitor, int count) => await Wait.Until($"{count} rows are there", async () =>
    {
        await visitor.Page.Mouse.WheelAsync(0, 3_000);

        return await visitor.Rows.CountAsync() >= count;
    }, TimeSpan.FromSeconds(30));

    private static async Task CreateAsync(PageVisitor visitor, int count, string title = "Task")
    {
        using var api = await visitor.ApiAsync();
        await Parallel.ForAsync(0, count, TestContext.Current.CancellationToken, async (i, ct) =>
        {
            using var response = await api.PostAsJsonAsync("tasks", new { title = $"{title} {i}" }, ct);
            Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        });
    }
}
