using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.Playwright;

namespace TaskSlices.Tests.Page;

/// <summary>Each state of the page before axe-core: light and dark, on a phone and at 200 % in a window of 1280 pixels.</summary>
public sealed class AxeTests(Browser browser) : PageTest(browser)
{
    private readonly List<string> _faults = [];

    [Theory]
    [InlineData("phone", ColorScheme.Light)]
    [InlineData("phone", ColorScheme.Dark)]
    [InlineData("zoomed", ColorScheme.Light)]
    [InlineData("zoomed", ColorScheme.Dark)]
    public async Task Finds_nothing_in_any_state(string device, ColorScheme scheme)
    {
        await Axe.DemandAsync();
        var ada = await ArriveAsync(look: Of(device, scheme));
        ada.Expects("status of (400|401|412)|ERR_FAILED");
        await Look("01-sign-up");
        await ada.ChooseAsync("Sign in");
        await ada.FillCredentialsAsync();
        await ada.Button("Sign in").ClickAsync();
        await Expect(ada.Alert).ToHaveCountAsync(1);
        await Look("02-refused");

        await ada.ChooseAsync("Create account");
        await ada.Page.GetByLabel("Name").FillAsync("Ada Lovelace");
        await ada.FillCredentialsAsync();
        await ada.Button("Create account").ClickAsync();
        await ada.SeesTasks();
        await Look("03-empty");

        using var api = await ada.ApiAsync();
        await CreateTasksAsync(api);
        await ada.Page.ReloadAsync();
        await Expect(ada.Rows).ToHaveCountAsync(7);
        await Look("04-list");
        await ada.Button("Edit Call grandmother").ClickAsync();
        await ada.Button("+ Details").ClickAsync();
        await Look("05-editing");

        await ada.Rows.GetByLabel("Title").FillAsync("Call grandmother tonight");
        var task = (await api.GetFromJsonAsync<JsonArray>("tasks?search=grandmother", TestContext.Current.CancellationToken))!.Single()!;
        await api.PutAsJsonAsync($"tasks/{task["id"]}", new { title = "Call grandmother on Sunday", priority = "low" }, TestContext.Current.CancellationToken);
        await ada.Button("Save").ClickAsync();
        await Expect(ada.Page.GetByRole(AriaRole.Dialog)).ToBeVisibleAsync();
        await Look("06-conflict");
        await ada.Button("Decide later").ClickAsync();
        await ada.Button("Cancel").ClickAsync();
        await Expect(ada.Alert).ToContainTextAsync("Your changes were not saved.");
        await Look("07-notice");
        await ada.Button("Close").ClickAsync();

        await ada.Button("− Details").ClickAsync();
        await ada.Button("Delete Buy milk").ClickAsync();
        await Look("08-deleted");
        await ada.Page.GetByLabel("Search").FillAsync("nothing");
        await ada.Reads("No task is like that.");
        await Look("09-filtered");
        await ada.Page.GetByLabel("Search").FillAsync("");
        await Expect(ada.Rows).ToHaveCountAsync(6);

        await ada.Page.Locator("#tasks-heading").PressAsync("?");
        await Expect(ada.Page.GetByRole(AriaRole.Dialog)).ToBeVisibleAsync();
        await Look("15-keys");
        await ada.Page.Keyboard.PressAsync("Escape");

        await ada.Page.GetByRole(AriaRole.Link, new() { Name = "Account" }).ClickAsync();
        await ada.Reads("This browser, since");
        await Look("10-account");
        await ada.Page.GetByLabel("Current password").FillAsync("a wrong one");
        await ada.Page.GetByLabel("New password").FillAsync("another battery");
        await ada.Button("Change password").ClickAsync();
        await Expect(ada.Alert).ToHaveTextAsync("Invalid password");
        await Look("11-account-refused");
        await ada.Page.GoBackAsync();

        await ada.Page.RouteAsync("**/api/**", route => route.AbortAsync());
        await ada.AddAsync("A thought");
        await ada.Box("Water the tomatoes").ClickAsync();
        await Expect(ada.Alert).ToContainTextAsync("2 changes are kept here, to be sent then; trying again.");
        await Look("12-offline");
        await ada.Page.UnrouteAllAsync();
        await Expect(ada.Waiting).ToHaveCountAsync(0);

        await ada.Page.RouteAsync("**/api/auth/**", route => route.FulfillAsync(new() { Status = 404, ContentType = "text/html", Body = "" }));
        ada.Expects("status of 404");
        await ada.Page.ReloadAsync();
        await Expect(ada.Page.Locator("#failure")).ToBeVisibleAsync();
        await Look("13-failure");
        Assert.Empty(_faults);

        Task Look(string state) => LookAsync(ada, $"{device}-{scheme}-{state}");
    }

    [Theory]
    [InlineData("phone", ColorScheme.Light)]
    [InlineData("zoomed", ColorScheme.Dark)]
    public async Task Finds_nothing_where_another_server_keeps_the_accounts(string device, ColorScheme scheme)
    {
        await Axe.DemandAsync();
        await using var server = new Server();
        await server.InitializeAsync();
        var ada = await ArriveAsync(server.Address, Of(device, scheme));
        ada.Expects("status of 404");

        await ada.Reads("Sign in at your own frontend");
        await LookAsync(ada, $"{device}-{scheme}-14-delegated");
        Assert.Empty(_faults);
    }

    private static BrowserNewContextOptions Of(string device, ColorScheme scheme) => device == "phone"
        ? new() { ColorScheme = scheme, ViewportSize = new() { Width = 375, Height = 740 }, IsMobile = true, HasTouch = true, DeviceScaleFactor = 2 }
        : new() { ColorScheme = scheme, ViewportSize = new() { Width = 640, Height = 400 }, DeviceScaleFactor = 2 };

    private static async Task CreateTasksAsync(HttpClient api)
    {
        foreach (var task in new object[]
        {
            new { title = "Buy milk" },
            new { title = "Pay the rent", completed = true, tags = (string[])["home"] },
            new { title = "Water the tomatoes", due_date = "2020-05-01", tags = (string[])["garden", "home"] },
            new { title = "Call grandmother", priority = "high" },
            new { title = "Renew the passport", priority = "urgent", due_date = "2099-03-04T18:30", description = "Photographs first.\nhttps://example.com/passport" },
            new { title = "Read the contract", description = string.Join('\n', Enumerable.Range(1, 9).Select(i => $"Clause {i}, to be read with care.")) },
            new { title = "Sortieren: Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen" },
        })
            (await api.PostAsJsonAsync("tasks", task, TestContext.Current.CancellationToken)).EnsureSuccessStatusCode();
    }

    private async Task LookAsync(PageVisitor visitor, string state)
    {
        // Rows that are not on the screen are not drawn, and so not looked at.
        await visitor.Page.EvaluateAsync("document.styleSheets[0].insertRule('#list > li { content-visibility: visible !important }')");
        await visitor.PhotographAsync($"axe-{state}".ToLowerInvariant(), fullPage: true);
        _faults.AddRange((await Axe.FindFaultsAsync(visitor.Page)).Select(fault => $"{state}: {fault}"));
        _faults.AddRange((await Looks.FindFaultsAsync(visitor.Page)).Select(fault => $"{state}: {fault}"));
    }
}
