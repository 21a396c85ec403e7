using System.Net.Http.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace TaskSlices.Tests.Page;

/// <summary>What is written while the server can't be reached.</summary>
public sealed partial class OfflineTests(Browser browser) : PageTest(browser)
{
    [Fact]
    public async Task Waits_is_seen_as_waiting_survives_a_reload_and_is_sent_once_and_in_order()
    {
        var ada = await WithTasksAsync("Buy milk", "Buy bread", "Buy tea");
        var sent = new List<string>();
        await GoOfflineAsync(ada);

        await ada.AddAsync("A thought");
        await ada.Box("A thought").CheckAsync();
        await EditAsync(ada, "Buy bread", "Buy rye bread");
        await ada.Box("Buy milk").CheckAsync();
        await ada.Button("Delete Buy tea").ClickAsync();
        await ada.AddAsync("Another");
        await EditAsync(ada, "A thought", "A second thought");
        await Expect(ada.Waiting).ToHaveCountAsync(5);
        await Expect(ada.Alert).ToContainTextAsync("7 changes are kept here");
        await ada.Counts("2 pending, 2 done");
        await ada.PhotographAsync("offline-1-waiting");
        await ada.Page.ReloadAsync();
        await ada.Reads("The server can’t be reached.");
        Assert.Equal(3, (await TasksAsync(ada)).Count);

        ada.Page.Request += (_, request) =>
        {
            if (request.Method != "GET" && request.Url.Contains("/tasks", StringComparison.Ordinal))
                sent.Add(KindOf(request));
        };
        await ada.Page.UnrouteAllAsync();
        await ada.Counts("2 pending, 2 done");
        await Expect(ada.Waiting).ToHaveCountAsync(0);
        await NothingIsLeftAsync(ada);

        Assert.Equal(["POST", "complete", "PATCH", "complete", "DELETE", "POST", "PATCH"], sent);
        await ada.Page.ReloadAsync();
        await ada.Sees("Another", "A second thought", "Buy rye bread", "Buy milk");
        await Expect(ada.Box("A second thought")).ToBeCheckedAsync();
        await Expect(ada.Box("Buy milk")).ToBeCheckedAsync();
    }

    [Fact]
    public async Task Survives_that_the_tab_is_closed_and_is_sent_by_the_next_one()
    {
        var ada = await WithTasksAsync("Buy milk");
        await GoOfflineAsync(ada);
        await ada.AddAsync("A thought");
        await ada.Box("Buy milk").CheckAsync();

        await ada.Page.CloseAsync();
        var page = await ada.Context.NewPageAsync();
        await page.GotoAsync(ada.Site.AbsoluteUri);

        await Expect(page.Locator("#count")).ToHaveTextAsync("1 pending, 1 done");
        await Wait.Until("it is sent", async () => await TasksAsync(ada) is [{ } first, { } second]
            && first["title"]!.GetValue<string>() == "A thought" && second["completed"]!.GetValue<bool>());
    }

    [Fact]
    public async Task Is_carried_out_once_though_the_answer_is_lost()
    {
        var ada = await WithTasksAsync("Buy milk", "Buy bread");
        ada.Expects("ERR_FAILED|status of (404|412)");
        var lost = new List<string>();
        await ada.Page.RouteAsync("**/api/*/tasks**", async route =>
        {
            var kind = KindOf(route.Request);
            if (kind == "GET" || lost.Contains(kind))
            {
                await route.ContinueAsync();

                return;
            }

            // It arrives, and the answer does not.
            lost.Add(kind);
            await route.FetchAsync();
            await route.AbortAsync();
        });

        await ada.AddAsync("A thought");
        await Expect(ada.Waiting).ToHaveCountAsync(0);
        await EditAsync(ada, "Buy milk", "Buy oat milk");
        await ada.Box("Buy oat milk").CheckAsync();
        await ada.Button("Delete Buy bread").ClickAsync();
        await NothingIsLeftAsync(ada);

        Assert.Equal(["POST", "PATCH", "complete", "DELETE"], lost);
        Assert.Equal(["A thought", "Buy oat milk"], (await TasksAsync(ada)).Select(task => task!["title"]!.GetValue<string>()));
        await ada.Page.ReloadAsync();
        await ada.Sees("A thought", "Buy oat milk");
    }

    [Fact]
    public async Task Is_sent_by_one_of_two_tabs()
    {
        var ada = await WithTasksAsync("Buy milk");
        await GoOfflineAsync(ada);
        var page = await ada.Context.NewPageAsync();
        await page.GotoAsync(ada.Site.AbsoluteUri);
        await Expect(page.Locator("#count")).ToHaveTextAsync("1 pending, 0 done");
        await page.RouteAsync(Api(), route => route.AbortAsync());
        var posts = 0;
        for (var i = 0; i < 5; i++)
            await ada.AddAsync($"Task {i}");
        await Expect(page.Locator("#list .title")).ToHaveTextAsync(["Task 4", "Task 3", "Task 2", "Task 1", "Task 0", "Buy milk"]);
        await Expect(page.Locator("#list .waiting:visible")).ToHaveCountAsync(5);

        ada.Context.Request += (_, request) => Interlocked.Add(ref posts, request.Method == "POST" && request.Url.EndsWith("/tasks", StringComparison.Ordinal) ? 1 : 0);
        await Task.WhenAll(page.UnrouteAllAsync(), ada.Page.UnrouteAllAsync());
        await Task.WhenAll(TryNowAsync(page), TryNowAsync(ada.Page));
        await Expect(page.Locator("#list .waiting:visible")).ToHaveCountAsync(0);
        await Expect(ada.Waiting).ToHaveCountAsync(0);

        await ada.Sees("Task 4", "Task 3", "Task 2", "Task 1", "Task 0", "Buy milk");
        await Expect(page.Locator("#list .title")).ToHaveTextAsync(["Task 4", "Task 3", "Task 2", "Task 1", "Task 0", "Buy milk"]);
        Assert.Equal(6, (await TasksAsync(ada)).Count);
        Assert.Equal(5, posts);

        static async Task TryNowAsync(IPage page) => await page.EvaluateAsync("dispatchEvent(new Event('online'))");
    }

    [Fact]
    public async Task Is_shown_with_its_text_when_the_server_refuses_it()
    {
        var ada = await WithTasksAsync("Buy milk", "Buy bread", "Buy tea");
        ada.Expects("status of (404|412|422)");
        using var api = await ada.ApiAsync();
        var tasks = await TasksAsync(ada);
        var tooLong = new string('x', 201);
        await GoOfflineAsync(ada);
        await ada.AddAsync(tooLong);
        await EditAsync(ada, "Buy milk", "Buy oat milk");
        await EditAsync(ada, "Buy bread", $"Buy {tooLong}");
        await EditAsync(ada, "Buy tea", "Buy green tea");

        await api.PutAsJsonAsync($"tasks/{tasks[2]!["id"]}", new { title = "Buy milk and honey" }, TestContext.Current.CancellationToken);
        await api.DeleteAsync($"tasks/{tasks[0]!["id"]}", TestContext.Current.CancellationToken);
        await ada.Page.UnrouteAllAsync();
        await ShowsAll();
        await ada.PhotographAsync("offline-2-refused", fullPage: true);
        await ada.Page.ReloadAsync();
        await ShowsAll();

        await Form("Edit Buy milk and honey").GetByText("Save", new() { Exact = true }).ClickAsync();
        await ada.Button("Keep yours").ClickAsync();
        await Form("Edit Buy tea").GetByText("Save", new() { Exact = true }).ClickAsync();
        await ada.Button("Bring it back like this").ClickAsync();
        await Form("Edit Buy bread").GetByText("Cancel", new() { Exact = true }).ClickAsync();
        await ada.Draft(tooLong).GetByText("Discard", new() { Exact = true }).ClickAsync();
        await NothingIsLeftAsync(ada);
        Assert.Equal(["Buy green tea", "Buy bread", "Buy oat milk"], (await TasksAsync(ada)).Select(task => task!["title"]!.GetValue<string>()));

        ILocator Form(string name) => ada.Page.GetByRole(AriaRole.Form, new() { Name = name, Exact = true });

        async Task ShowsAll()
        {
            await Expect(ada.Draft(tooLong)).ToContainTextAsync("title must have 1 to 200 characters");
            await Expect(Form("Edit Buy milk and honey").GetByLabel("Title")).ToHaveValueAsync("Buy oat milk");
            await Expect(Form("Edit Buy milk and honey")).ToContainTextAsync("This task was changed elsewhere too");
            await Expect(Form("Edit Buy bread").GetByLabel("Title")).ToHaveValueAsync($"Buy {tooLong}");
            await Expect(Form("Edit Buy bread")).ToContainTextAsync("title must have 1 to 200 characters");
            await Expect(Form("Edit Buy tea").GetByLabel("Title")).ToHaveValueAsync("Buy green tea");
            await Expect(Form("Edit Buy tea")).ToContainTextAsync("This task was deleted elsewhere");
        }
    }

    [Fact]
    public async Task Is_said_to_be_in_this_page_only_when_the_browser_has_no_room_for_it()
    {
        var ada = await WithTasksAsync("Buy milk");
        await GoOfflineAsync(ada);
        await ada.Page.EvaluateAsync("""
            for (let size = 1 << 20; size >= 1; size >>= 1)
              for (let i = 0; i < 10; i++)
                try { localStorage.setItem(`full-${size}-${i}`, "x".repeat(size)); } catch { break; }
            """);

        await ada.AddAsync("A thought");
        await Expect(ada.Alert).ToContainTextAsync("This browser has no room for what waits to be sent. Leave this page open until the server is back.");
        await ada.Page.UnrouteAllAsync();

        await Expect(ada.Waiting).ToHaveCountAsync(0);
        Assert.Equal(2, (await TasksAsync(ada)).Count);
    }

    [Fact]
    public async Task Is_not_removed_by_signing_out_before_the_user_has_said_so()
    {
        var ada = await WithTasksAsync("Buy milk");
        ada.Expects("ERR_FAILED");
        await ada.Page.RouteAsync("**/api/*/tasks**", route => route.AbortAsync());
        await ada.AddAsync("A secret of Ada");
        await Expect(ada.Waiting).ToHaveCountAsync(1);

        await ada.Button("Sign out").ClickAsync();
        await Expect(ada.Alert).ToContainTextAsync("There are changes that are not sent. Signing out removes them.");
        await Expect(ada.Row("A secret of Ada")).ToBeVisibleAsync();
        await ada.Button("Sign out anyway").ClickAsync();
        await ada.Reads("You are signed out.");
        Assert.DoesNotContain("secret", await ada.Page.EvaluateAsync<string>("JSON.stringify({ ...localStorage })"), StringComparison.Ordinal);
        await ada.Page.UnrouteAllAsync();
        await ada.SignInAsync();

        await ada.Sees("Buy milk");
    }

    [Fact]
    public async Task Is_neither_seen_nor_sent_by_the_next_user_of_the_browser_and_waits_for_its_own()
    {
        var (ada, bob) = (await WithTasksAsync("Buy milk"), await WithAccountAsync());
        ada.Expects("ERR_FAILED|status of 401");
        await ada.Page.RouteAsync("**/api/*/tasks**", route => route.AbortAsync());
        await ada.AddAsync("A secret of Ada");
        await Expect(ada.Waiting).ToHaveCountAsync(1);
        var answer = await ada.Context.APIRequest.PostAsync($"{ada.Site}api/auth/sign-out", new()
        {
            DataObject = new { },
            Headers = [new("Origin", ada.Site.GetLeftPart(UriPartial.Authority))],
        });
        Assert.Equal(200, answer.Status);
        await ada.Page.UnrouteAllAsync();
        await ada.Reads("Your session has ended");

        await ada.SignInAsync(bob.Email);
        await ada.AddAsync("Of Bob");
        await ada.Sees("Of Bob");
        Assert.DoesNotContain("secret", await ada.Page.ContentAsync(), StringComparison.Ordinal);
        Assert.Equal("Of Bob", Assert.Single(await TasksAsync(bob))!["title"]!.GetValue<string>());
        await ada.SignOutAsync();
        await ada.SignInAsync();

        await ada.Sees("A secret of Ada", "Buy milk");
        await Wait.Until("it is sent", async () => (await TasksAsync(ada)).Count == 2);
    }

    [Theory]
    [InlineData("desktop", ColorScheme.Light, 1100)]
    [InlineData("phone", ColorScheme.Dark, 375)]
    [InlineData("zoomed", ColorScheme.Light, 320)]
    public async Task Can_be_seen_hit_and_read_aloud(string device, ColorScheme scheme, int width)
    {
        var ada = await WithAccountAsync(look: new() { ColorScheme = scheme, ViewportSize = new() { Width = width, Height = 740 } });
        foreach (var title in new[] { "Read the contract", "Call grandmother", "Water the tomatoes" })
            await ada.AddAsync(title);
        await GoOfflineAsync(ada);

        await ada.AddAsync("Book the train to Vienna");
        await ada.Box("Call grandmother").CheckAsync();
        await ada.Button("Delete Water the tomatoes").ClickAsync();
        await Expect(ada.Waiting).ToHaveCountAsync(3);
        await ada.PhotographAsync($"offline-{device}-{scheme}".ToLowerInvariant());
        Assert.Empty(await Looks.FindFaultsAsync(ada.Page));
    }

    private async Task<PageVisitor> WithTasksAsync(params string[] titles)
    {
        var ada = await WithAccountAsync();
        foreach (var title in titles)
            await ada.AddAsync(title);

        return ada;
    }

    private static async Task EditAsync(PageVisitor visitor, string title, string text)
    {
        await visitor.Button($"Edit {title}").ClickAsync();
        await visitor.Page.GetByLabel("Title").FillAsync(text);
        await visitor.Page.Keyboard.PressAsync("Enter");
        await Expect(visitor.Button($"Edit {text}")).ToBeVisibleAsync();
    }

    /// <summary>Everything but the files of the page gets no answer.</summary>
    private static async Task GoOfflineAsync(PageVisitor visitor)
    {
        visitor.Expects("ERR_FAILED");
        await visitor.Page.RouteAsync(Api(), route => route.AbortAsync());
    }

    /// <summary>The method; an edit and a completion have the same one.</summary>
    private static string KindOf(IRequest request) => request.Url.EndsWith("/complete", StringComparison.Ordinal) ? "complete" : request.Method;

    private static async Task NothingIsLeftAsync(PageVisitor visitor) =>
        await Wait.Until("nothing is left to be sent", () => visitor.Page.EvaluateAsync<bool>("Object.keys(localStorage).every(key => key === 'known')"));

    private static async Task<JsonArray> TasksAsync(PageVisitor visitor)
    {
        using var api = await visitor.ApiAsync();

        return (await api.GetFromJsonAsync<JsonArray>("tasks", TestContext.Current.CancellationToken))!;
    }

    [GeneratedRegex("/(api|health)/")]
    private static partial Regex Api();
}
