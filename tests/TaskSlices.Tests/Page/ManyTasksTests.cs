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
