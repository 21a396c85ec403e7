using System.Text.Json.Nodes;

namespace TaskSlices.Tests.Page;

public sealed class AddingTests(Browser browser) : PageTest(browser)
{
    [Fact]
    public async Task Sends_each_task_once_and_in_order_however_fast_they_are_typed()
    {
        var ada = await WithAccountAsync();
        var titles = Enumerable.Range(1, 10).Select(i => $"Task {i}").ToArray();
        var (open, sent) = await HoldPostsAsync(ada);

        foreach (var title in titles)
        {
            await ada.Title.PressSequentiallyAsync(title);
            await ada.Title.PressAsync("Enter");
            await Expect(ada.Title).ToHaveValueAsync("");
        }

        await ada.Title.PressSequentiallyAsync("and what is typed on");
        await ada.Reads("Adding “Task 10”…");
        await ada.PhotographAsync("adding");
        open.SetResult();

        await ada.Sees([.. titles.Reverse()]);
        await Expect(ada.Title).ToHaveValueAsync("and what is typed on");
        await Expect(ada.Title).ToBeFocusedAsync();
        Assert.Equal(titles, sent);
        await ada.Page.ReloadAsync();
        await ada.Sees([.. titles.Reverse()]);
    }

    [Fact]
    public async Task Gives_back_what_was_refused_as_a_draft_of_its_own()
    {
        var ada = await WithAccountAsync();
        ada.Expects("status of 422");
        var (open, sent) = await HoldPostsAsync(ada);
        var tooLong = new string('x', 201);

        foreach (var title in new[] { "Buy milk", tooLong, "Buy bread" })
        {
            await ada.Title.FillAsync(title);
            await ada.Title.PressAsync("Enter");
        }

        await ada.Title.PressSequentiallyAsync("A thought");
        open.SetResult();
        await Expect(ada.Draft(tooLong)).ToContainTextAsync("title must have 1 to 200 characters");
        await ada.Sees("Buy bread", "Buy milk");
        await Expect(ada.Title).ToHaveValueAsync("A thought");
        await Expect(ada.Title).ToBeFocusedAsync();

        await ada.Page.ReloadAsync();
        await ada.Draft(tooLong).GetByLabel("Title").FillAsync("Short enough");
        await ada.Page.ReloadAsync();
        await Expect(ada.Title).ToHaveValueAsync("A thought");
        await ada.Draft("Short enough").GetByLabel("Title").PressAsync("Enter");
        await ada.Sees("Short enough", "Buy bread", "Buy milk");
        await Expect(ada.Draft("Short enough")).ToHaveCountAsync(0);
        Assert.Equal(["Buy milk", tooLong, "Buy bread", "Short enough"], sent);
    }

    [Fact]
    public async Task Keeps_what_waits_when_the_page_is_reloaded()
    {
        var ada = await WithAccountAsync();
        var (open, sent) = await HoldPostsAsync(ada);
        foreach (var title in new[] { "Buy milk", "Buy bread" })
        {
            await ada.Title.FillAsync(title);
            await ada.Title.PressAsync("Enter");
        }

        await ada.Reads("Adding “Buy bread”…");
        Assert.Equal(["Buy milk"], sent);
        await ada.Page.ReloadAsync();

        await ada.Sees("Buy bread", "Buy milk");
        await Expect(ada.Waiting).ToHaveCountAsync(2);
        open.SetResult();
        await Expect(ada.Waiting).ToHaveCountAsync(0);
        await ada.Page.ReloadAsync();
        await ada.Sees("Buy bread", "Buy milk");
        Assert.Equal(["Buy milk", "Buy milk", "Buy bread"], sent);
    }

    [Fact]
    public async Task Brings_back_what_was_refused_and_then_discarded()
    {
        var ada = await WithAccountAsync();
        ada.Expects("status of 422");
        var tooLong = new string('x', 201);
        await ada.Title.FillAsync(tooLong);
        await ada.Title.PressAsync("Enter");

        await ada.Draft(tooLong).GetByText("Discard").ClickAsync();
        await Expect(ada.Draft(tooLong)).ToHaveCountAsync(0);
        await ada.Button("Bring it back").ClickAsync();
        await Expect(ada.Draft(tooLong)).ToHaveCountAsync(1);
    }

    [Fact]
    public async Task Sends_what_waits_when_the_server_is_back()
    {
        var ada = await WithAccountAsync();
        ada.Expects("ERR_FAILED");
        var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var (open, sent) = await HoldPostsAsync(ada, retry: seen.Task);
        foreach (var title in new[] { "Buy milk", "Buy bread" })
        {
            await ada.Title.FillAsync(title);
            await ada.Title.PressAsync("Enter");
        }

        open.SetResult();
        await Expect(ada.Waiting).ToHaveCountAsync(2);
        seen.SetResult();
        await Expect(ada.Waiting).ToHaveCountAsync(0);

        await ada.Sees("Buy bread", "Buy milk");
        Assert.Equal(["Buy milk", "Buy milk", "Buy bread"], sent);
    }

    [Fact]
    public async Task Wants_a_title()
    {
        var ada = await WithAccountAsync();

        await ada.Title.FillAsync("  ");
        await ada.Title.PressAsync("Enter");

        Assert.True(await ada.Title.EvaluateAsync<bool>("field => field.validity.valueMissing"));
        await ada.AddAsync("Buy milk");
        await ada.Sees("Buy milk");
    }

    /// <summary>Each task that is sent waits for the first result, and its title is noted.</summary>
    private static async Task<(TaskCompletionSource Open, List<string> Sent)> HoldPostsAsync(PageVisitor visitor, Task? retry = null)
    {
        var open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var sent = new List<string>();
        await visitor.Page.RouteAsync("**/api/*/tasks", async route =>
        {
            if (route.Request.Method == "POST")
            {
                sent.Add(JsonNode.Parse(route.Request.PostData!)!["title"]!.GetValue<string>());
                var isFirst = sent.Count == 1;
                await open.Task;
                if (retry is not null && isFirst)
                {
                    await route.AbortAsync();

                    return;
                }

                await (retry ?? Task.CompletedTask);
            }

            await route.ContinueAsync();
        });

        return (open, sent);
    }
}
