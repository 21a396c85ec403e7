using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace TaskSlices.Tests.Page;

public sealed partial class DeletionTests(Browser browser) : PageTest(browser)
{
    [Fact]
    public async Task Holds_when_the_page_is_reloaded_at_once()
    {
        var ada = await WithAccountAsync();
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

        await ada.Sees("Buy milk", "Buy bread");
        await Expect(ada.Box("Buy milk")).ToBeCheckedAsync();
        await Expect(ada.Row("Buy milk")).ToContainTextAsync("2 litres");
    }

    [Fact]
    public async Task Leaves_a_draft_when_it_can_not_be_undone()
    {
        var ada = await WithAccountAsync();
        await ada.AddAsync("Buy milk");
        ada.Expects("ERR_FAILED");

        await ada.Page.RouteAsync("**/api/*/tasks", route => route.Request.Method == "POST" ? route.AbortAsync() : route.ContinueAsync());
        await ada.Button("Delete Buy milk").ClickAsync();
        await ada.Button("Undo").ClickAsync();
        await Expect(ada.Draft("Buy milk")).ToHaveCountAsync(1);
        await ada.Page.UnrouteAllAsync();
        await ada.Page.ReloadAsync();
        await ada.Draft("Buy milk").GetByText("Add", new() { Exact = true }).ClickAsync();

        await ada.Sees("Buy milk");
    }

    [Fact]
    public async Task Leaves_a_draft_when_it_was_undone_before_the_server_could_not_be_reached()
    {
        var ada = await WithAccountAsync();
        await ada.AddAsync("Buy milk");
        ada.Expects("ERR_FAILED");
        var undone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await ada.Page.RouteAsync("**/api/*/tasks/*", async route =>
        {
            // It arrives, and the answer does not.
            await undone.Task;
            await route.FetchAsync();
            await route.AbortAsync();
        });

        await ada.Button("Delete Buy milk").ClickAsync();
        await ada.Button("Undo").ClickAsync();
        undone.SetResult();
        await ada.Draft("Buy milk").GetByText("Add", new() { Exact = true }).ClickAsync();

        await ada.Sees("Buy milk");
        await ada.Page.ReloadAsync();
        await ada.Sees("Buy milk");
    }

    [Fact]
    public async Task Elsewhere_takes_the_row_away_as_soon_as_it_is_noticed()
    {
        var ada = await WithAccountAsync();
        await ada.AddAsync("Buy milk");
        await ada.AddAsync("Buy bread");
        await ada.AddAsync("Buy tea");
        ada.Expects("status of 404");
        await ada.Button("Edit Buy bread").ClickAsync();
        await ada.Page.GetByLabel("Title").FillAsync("Buy rye bread");
        await DeleteElsewhereAsync(ada);

        await ada.Box("Buy milk").ClickAsync();
        await ada.Reads("“Buy milk” is no longer there: it was deleted elsewhere.");
        await ada.Button("Save").ClickAsync();
        await ada.Reads("“Buy bread” is no longer there: it was deleted elsewhere.");
        await Expect(ada.Draft("Buy rye bread")).ToContainTextAsync("If this task is not in the list, add it again.");
        await Expect(ada.Row("Buy milk")).ToHaveCountAsync(0);
        await ada.Button("Delete Buy tea").ClickAsync();
        await Expect(ada.Button("Undo")).ToBeVisibleAsync();
        await ada.Draft("Buy rye bread").GetByText("Add", new() { Exact = true }).ClickAsync();
        await ada.Sees("Buy rye bread");
        await ada.Page.ReloadAsync();

        await ada.Sees("Buy rye bread");
    }

    /// <summary>As another tab of the same user does it.</summary>
    private static async Task DeleteElsewhereAsync(PageVisitor visitor)
    {
        var page = await visitor.Context.NewPageAsync();
        await page.GotoAsync(visitor.Site.AbsoluteUri);
        var buttons = page.GetByRole(AriaRole.Button, new() { NameRegex = DeleteName() });
        await Expect(buttons).ToHaveCountAsync(3);
        for (var left = 3; left > 0; left--)
        {
            var gone = page.WaitForResponseAsync(response => response.Request.Method == "DELETE");
            await buttons.First.ClickAsync();
            Assert.Equal(200, (await gone).Status);
        }

        await page.CloseAsync();
    }

    [GeneratedRegex("^Delete ")]
    private static partial Regex DeleteName();
}
