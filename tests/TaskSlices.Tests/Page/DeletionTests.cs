using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace TaskSlices.Tests.Page;

public sealed class DeletionTests(Browser browser) : PageTest(browser)
{
    [Fact]
    public async Task Holds_when_the_page_is_reloaded_at_once()
    {
        var ada = await WithAccountAsync();

        // It is sent again if its answer was not waited for.
        ada.Expects("status of 404");
        await ada.AddAsync("Buy milk");
        await ada.AddAsync("Buy bread");

        await ada.Button("Delete Buy milk").ClickAsync();
        await ada.Page.ReloadAsync();

        await ada.Sees("Buy bread");
    }

    [Fact]
    public async Task Holds_when_the_tab_is_closed_at_once()
    {
        var ada = await WithAccountAsync();
        await ada.AddAsync("Buy milk");
        await ada.AddAsync("Buy bread");

        await ada.Button("Delete Buy milk").ClickAsync();
        await ada.Page.CloseAsync();
        var page = await ada.Context.NewPageAsync();
        await page.GotoAsync(ada.Site.AbsoluteUri);

        await Expect(page.Locator("#list > li:visible .title")).ToHaveTextAsync(["Buy bread"]);
    }

    [Fact]
    public async Task Can_be_undone_with_all_that_the_task_had()
    {
        var ada = await WithAccountAsync();
        await ada.Button("+ Details").ClickAsync();
        await ada.Page.GetByLabel("Details").FillAsync("2 litres");
        await ada.AddAsync("Buy milk");
        await ada.AddAsync("Buy bread");
        await ada.Box("Buy milk").CheckAsync();
        await ada.Counts("1 pending, 1 done");

        var gone = ada.Page.WaitForResponseAsync(response => response.Request.Method == "DELETE");
        await ada.Button("Delete Buy milk").ClickAsync();
        Assert.Equal(200, (await gone).Status);
        await ada.Counts("1 pending, 0 done");
        await ada.Button("Undo").ClickAsync();
        await ada.Counts("1 pending, 1 done");
        await Expect(ada.Button("Delete Buy milk")).ToBeFocusedAsync();
        await ada.Page.ReloadAsync();

        await ada.Sees("Buy bread", "Buy milk");
        await Expect(ada.Box("Buy milk")).ToBeCheckedAsync();
        await Expect(ada.Row("Buy milk")).ToContainTextAsync("2 litres");
    }

    [Fact]
    public async Task Is_undone_when_the_server_is_back()
    {
        var ada = await WithAccountAsync();
        await ada.AddAsync("Buy milk");
        ada.Expects("ERR_FAILED");

        await ada.Page.RouteAsync("**/api/*/tasks/*/restore", route => route.AbortAsync());
        await ada.Button("Delete Buy milk").ClickAsync();
        await ada.Button("Undo").ClickAsync();
        await Expect(ada.Waiting).ToHaveCountAsync(1);
        await ada.Page.UnrouteAllAsync();
        await ada.Page.ReloadAsync();
        await ada.Sees("Buy milk");
        await Expect(ada.Waiting).ToHaveCountAsync(0);
        await ada.Page.ReloadAsync();

        await ada.Sees("Buy milk");
    }

    [Fact]
    public async Task Can_be_undone_before_it_is_known_whether_it_has_arrived()
    {
        var ada = await WithAccountAsync();
        await ada.AddAsync("Buy milk");
        ada.Expects("ERR_FAILED|status of 404");
        var undone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var seenWaiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var isFirst = true;
        await ada.Page.RouteAsync("**/api/*/tasks/*", async route =>
        {
            if (!isFirst)
            {
                await seenWaiting.Task;
                await route.ContinueAsync();

                return;
            }

            // It arrives, and the answer does not.
            isFirst = false;
            await undone.Task;
            await route.FetchAsync();
            await route.AbortAsync();
        });

        await ada.Button("Delete Buy milk").ClickAsync();
        await ada.Button("Undo").ClickAsync();
        undone.SetResult();
        await Expect(ada.Waiting).ToHaveCountAsync(1);
        seenWaiting.SetResult();
        await Expect(ada.Waiting).ToHaveCountAsync(0);

        await ada.Sees("Buy milk");
        await ada.Page.ReloadAsync();
        await ada.Sees("Buy milk");
    }

    [Fact]
    public async Task Elsewhere_takes_the_row_away_as_soon_as_it_is_noticed_without_the_stream_and_the_feed()
    {
        var ada = await WithAccountAsync();
        await ada.AddAsync("Buy milk");
        await ada.AddAsync("Buy bread");
        await ada.AddAsync("Buy tea");
        ada.Expects("status of (404|503)");
        foreach (var address in new[] { "**/api/*/events*", "**/api/*/changes*" })
            await ada.Page.RouteAsync(address, route => route.FulfillAsync(new() { Status = 503, ContentType = "application/problem+json", Body = "{}" }));
        await ada.Page.ReloadAsync();
        await ada.Button("Edit Buy bread").ClickAsync();
        await ada.Page.GetByLabel("Title").FillAsync("Buy rye bread");
        await DeleteElsewhereAsync(ada);

        await ada.Box("Buy milk").ClickAsync();
        await ada.Reads("“Buy milk” is no longer there: it was deleted elsewhere.");
        await ada.Button("Save").ClickAsync();
        await ada.Button("Bring it back like this").ClickAsync();
        await Expect(ada.Row("Buy milk")).ToHaveCountAsync(0);
        await ada.Button("Delete Buy tea").ClickAsync();
        await Expect(ada.Button("Undo")).ToBeVisibleAsync();
        await ada.Title.ClickAsync();
        await ada.Sees("Buy rye bread");
        await ada.Page.ReloadAsync();

        await ada.Sees("Buy rye bread");
    }

    private static async Task DeleteElsewhereAsync(PageVisitor visitor)
    {
        using var api = await visitor.ApiAsync();
        foreach (var task in (await api.GetFromJsonAsync<JsonArray>("tasks", TestContext.Current.CancellationToken))!)
            Assert.True((await api.DeleteAsync($"tasks/{task!["id"]}", TestContext.Current.CancellationToken)).IsSuccessStatusCode);
    }
}
