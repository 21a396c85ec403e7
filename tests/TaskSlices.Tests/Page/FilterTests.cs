using System.Net.Http.Json;
using Microsoft.Playwright;

namespace TaskSlices.Tests.Page;

public sealed class FilterTests(Browser browser) : PageTest(browser)
{
    [Fact]
    public async Task Finds_and_sorts_as_the_server_does_and_goes_on_so_after_a_reload()
    {
        var ada = await WithTasksAsync();

        await Choose("Order", "By title");
        await ada.Sees("Apples", "Bread", "Cake", "Éclairs");
        await Choose("Order", "By due date");
        await ada.Sees("Cake", "Bread", "Éclairs", "Apples");
        await Choose("Order", "By priority");
        await ada.Sees("Bread", "Éclairs", "Cake", "Apples");

        await Choose("With priority", "High");
        await ada.Sees("Éclairs", "Cake");
        await ada.ChooseAsync("Pending");
        await ada.Sees("Éclairs");
        await ada.Page.ReloadAsync();
        await ada.Sees("Éclairs");
        await ada.PhotographAsync("filter-1-high");

        await Choose("With priority", "Any priority");
        await Choose("Order", "Newest first");
        await ada.Page.GetByLabel("With tag").FillAsync("shop");
        await ada.Sees("Éclairs", "Apples");
        await Expect(ada.Page.Locator("#known option")).ToHaveCountAsync(2);
        await ada.Page.GetByLabel("Search").FillAsync("ECL");
        await ada.Sees("Éclairs");
        await ada.Page.GetByLabel("Search").FillAsync("nothing");
        await ada.Reads("No task is like that.");
        await Expect(ada.Page.GetByRole(AriaRole.Status)).ToHaveTextAsync("No task is like that.");

        await ada.AddAsync("A new one");
        await ada.Sees("A new one");
        await ada.SignOutAsync();
        await ada.SignInAsync();
        await ada.Sees("A new one", "Éclairs", "Cake", "Bread", "Apples");

        Task Choose(string label, string option) => ada.Page.GetByLabel(label, new() { Exact = true }).SelectOptionAsync(new SelectOptionValue { Label = option });
    }

    [Fact]
    public async Task Shows_the_answer_to_what_was_asked_last_and_keeps_what_is_being_edited()
    {
        var ada = await WithTasksAsync();
        var open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var late = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await ada.Page.RouteAsync("**/api/*/tasks?*search=bread*", async route =>
        {
            var answer = await route.FetchAsync();
            await open.Task;
            await route.FulfillAsync(new() { Response = answer });
            late.SetResult();
        });
        await ada.Button("Edit Apples").ClickAsync();
        await ada.Rows.GetByLabel("Title").FillAsync("Pears");

        var asked = ada.Page.WaitForRequestAsync("**/api/*/tasks?*search=bread*");
        await ada.Page.GetByLabel("Search").FillAsync("bread");
        await asked;
        await ada.Page.GetByLabel("Search").FillAsync("cake");
        await ada.Sees("Cake", "Apples");
        open.SetResult();
        await late.Task;
        await ada.Page.EvaluateAsync("() => new Promise(done => setTimeout(done, 100))");

        await ada.Sees("Cake", "Apples");
        await Expect(ada.Rows.GetByLabel("Title")).ToHaveValueAsync("Pears");
        await ada.Button("Save").ClickAsync();
        await ada.Sees("Cake", "Pears");
    }

    private async Task<PageVisitor> WithTasksAsync()
    {
        var ada = await WithAccountAsync();
        using var api = await ada.ApiAsync();
        foreach (var task in new object[]
        {
            new { title = "Apples", tags = (string[])["Shop"] },
            new { title = "Bread", priority = "urgent", due_date = "2030-02-02" },
            new { title = "Cake", priority = "high", due_date = "2030-01-01", completed = true, tags = (string[])["party"] },
            new { title = "Éclairs", priority = "high", due_date = "2030-02-02T10:00", tags = (string[])["party", "shop"] },
        })
            (await api.PostAsJsonAsync("tasks", task, TestContext.Current.CancellationToken)).EnsureSuccessStatusCode();
        await ada.Page.ReloadAsync();
        await ada.Sees("Éclairs", "Cake", "Bread", "Apples");

        return ada;
    }
}
