using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace TaskSlices.Tests.Page;

public sealed class ManyTasksTests(Browser browser) : PageTest(browser)
{
    [Fact]
    public async Task Shows_more_than_a_thousand_page_by_page()
    {
        var ada = await WithAccountAsync();
        await CreateAsync(ada, 1_003);
        await ada.Page.ReloadAsync();

        await ada.Counts("1,000 pending, 0 done, of the newest 1,000");
        await Expect(ada.Rows).ToHaveCountAsync(1_000);
        await ada.Button("Show more").ScrollIntoViewIfNeededAsync();
        await ada.PhotographAsync("many-tasks");
        await ada.Button("Show more").ClickAsync();

        await ada.Counts("1,003 pending, 0 done");
        await Expect(ada.Rows).ToHaveCountAsync(1_003);
        await Expect(ada.Button("Show more")).ToBeHiddenAsync();
        var ids = await ada.Page.EvaluateAsync<string[]>("[...document.querySelectorAll('#list > li')].map(row => row.dataset.id)");
        Assert.Equal(ids.Distinct().OrderDescending(StringComparer.Ordinal), ids);
    }

    [Fact]
    public async Task Asks_the_whole_list_when_it_is_filtered_and_shows_the_same_after_a_reload()
    {
        var ada = await WithAccountAsync();
        await ada.AddAsync("Done long ago");
        await ada.Box("Done long ago").CheckAsync();
        await CreateAsync(ada, 2_001);
        await ada.Page.ReloadAsync();
        await ada.Counts("of the newest 1,000");

        await ada.ChooseAsync("Done");
        await ada.Sees("Done long ago");
        await ada.Counts("2,001 pending, 1 done");
        await ada.Page.ReloadAsync();
        await ada.Sees("Done long ago");

        await ada.ChooseAsync("All");
        await Expect(ada.Rows).ToHaveCountAsync(2_002);
        await ada.Rows.Nth(1_500).ScrollIntoViewIfNeededAsync();
        var before = await FirstOnScreen();
        await ada.Page.ReloadAsync();
        await Expect(ada.Rows).ToHaveCountAsync(2_002);
        await Wait.Until("the same row is first", async () => await FirstOnScreen() == before);

        Task<string> FirstOnScreen() => ada.Page.EvaluateAsync<string>(
            "[...document.querySelectorAll('#list > li')].find(row => row.getBoundingClientRect().bottom > 1)?.dataset.id");
    }

    private static async Task CreateAsync(PageVisitor visitor, int count)
    {
        using var client = new HttpClient { BaseAddress = visitor.Site };
        var token = await (await visitor.Context.APIRequest.GetAsync($"{visitor.Site}api/auth/token")).JsonAsync();
        var session = await (await visitor.Context.APIRequest.GetAsync($"{visitor.Site}api/auth/get-session")).TextAsync();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token!.Value.GetProperty("token").GetString());
        var user = JsonNode.Parse(session)!["user"]!["id"];

        await Parallel.ForAsync(0, count, TestContext.Current.CancellationToken, async (i, ct) =>
        {
            using var response = await client.PostAsJsonAsync($"/api/{user}/tasks", new { title = $"Task {i}" }, ct);
            Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        });
    }
}
