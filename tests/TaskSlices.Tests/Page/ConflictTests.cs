using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.Playwright;

namespace TaskSlices.Tests.Page;

/// <summary>One task that is changed in two places at once.</summary>
public sealed class ConflictTests(Browser browser) : PageTest(browser)
{
    [Theory]
    [InlineData("Keep yours", "Buy oat milk")]
    [InlineData("Keep the other", "Buy two litres of milk")]
    public async Task Ends_in_a_choice_and_not_in_a_loss(string choice, string kept)
    {
        var ada = await WithTaskAsync("Buy milk");
        var bob = await ArriveAsync();
        await bob.SignInAsync(ada.Email);
        ada.Expects("status of 412");
        var tags = new List<string?>();
        ada.Page.Request += (_, request) => tags.AddRange(request.Method == "PATCH" ? [request.Headers.GetValueOrDefault("if-match")] : []);
        await ada.Button("Edit Buy milk").ClickAsync();
        await ada.Page.GetByLabel("Title").FillAsync("Buy oat milk");

        await bob.Button("Edit Buy milk").ClickAsync();
        await bob.Page.GetByLabel("Title").FillAsync("Buy two litres of milk");
        await bob.Button("Save").ClickAsync();
        await bob.Sees("Buy two litres of milk");
        await ada.Button("Save").ClickAsync();
        await Expect(Dialog(ada)).ToContainTextAsync("Buy oat milk");
        await Expect(Dialog(ada)).ToContainTextAsync("Buy two litres of milk");
        var current = await TaskAsync(ada);
        Assert.Equal("Buy two litres of milk", current["title"]!.GetValue<string>());
        await ada.Button(choice).ClickAsync();

        await ada.Sees(kept);
        await Expect(ada.Button($"Edit {kept}")).ToBeFocusedAsync();
        await bob.Sees(kept);
        Assert.Equal(kept, (await TaskAsync(ada))["title"]!.GetValue<string>());
        Assert.Equal(choice == "Keep yours" ? 2 : 1, tags.Count);
        if (tags.Count > 1)
            Assert.Equal($"\"{current["revision"]}\"", tags[1]);
    }

    [Fact]
    public async Task Can_be_put_off_and_decided_by_the_keyboard()
    {
        var ada = await WithTaskAsync("Buy milk");
        ada.Expects("status of 412");
        await ada.Button("Edit Buy milk").ClickAsync();
        await ada.Page.GetByLabel("Title").FillAsync("Buy oat milk");
        await ChangeAsync(ada, new { title = "Buy bread", priority = "high" });

        await ada.Page.Keyboard.PressAsync("Enter");
        await Expect(Dialog(ada)).ToHaveAccessibleDescriptionAsync("Buy bread");
        await Expect(ada.Page.GetByRole(AriaRole.Heading, new() { Name = "Changed in two places" })).ToBeFocusedAsync();
        await ada.Page.Keyboard.PressAsync("Escape");
        await Expect(Dialog(ada)).ToBeHiddenAsync();
        await Expect(ada.Page.GetByLabel("Title")).ToHaveValueAsync("Buy oat milk");
        await Expect(ada.Page.GetByLabel("Title")).ToBeFocusedAsync();

        // Who comes back to it after a reload is asked the same.
        await ada.Page.ReloadAsync();
        await Expect(ada.Page.GetByLabel("Title")).ToHaveValueAsync("Buy oat milk");
        await ada.Page.GetByLabel("Title").PressAsync("Enter");
        await Expect(Dialog(ada)).ToBeVisibleAsync();
        await ada.Page.Keyboard.PressAsync("Tab");
        await Expect(ada.Button("Keep yours")).ToBeFocusedAsync();
        await ada.Page.Keyboard.PressAsync("Enter");

        await Expect(ada.Button("Edit Buy oat milk")).ToBeFocusedAsync();
        var task = await TaskAsync(ada);
        Assert.Equal(("Buy oat milk", "high"), (task["title"]!.GetValue<string>(), task["priority"]!.GetValue<string>()));
    }

    [Theory]
    [InlineData("Bring it back like this", true)]
    [InlineData("Leave it deleted", false)]
    public async Task Offers_to_bring_back_with_its_text_what_was_deleted_elsewhere(string choice, bool isBack)
    {
        var ada = await WithTaskAsync("Buy milk");
        ada.Expects("status of 404");
        using var api = await ada.ApiAsync();
        var id = (await TaskAsync(ada))["id"]!.GetValue<string>();
        await ada.Button("Edit Buy milk").ClickAsync();
        await ada.Page.GetByLabel("Title").FillAsync("Buy oat milk");

        await api.DeleteAsync($"tasks/{id}", TestContext.Current.CancellationToken);
        await ada.Reads("This task was deleted elsewhere");
        await Expect(ada.Page.GetByLabel("Title")).ToBeFocusedAsync();
        await ada.Button("Save").ClickAsync();
        await Expect(ada.Page.GetByRole(AriaRole.Dialog, new() { Name = "Deleted elsewhere" })).ToContainTextAsync("Buy oat milk");
        await ada.PhotographAsync("conflict-deleted");
        await ada.Button(choice).ClickAsync();

        if (isBack)
        {
            await Expect(ada.Button("Edit Buy oat milk")).ToBeFocusedAsync();
            var task = await TaskAsync(ada);
            Assert.Equal((id, "Buy oat milk"), (task["id"]!.GetValue<string>(), task["title"]!.GetValue<string>()));
        }
        else
        {
            await ada.Reads("Nothing to do yet");
            Assert.Empty(await TasksAsync(ada));
        }
    }

    [Fact]
    public async Task Asks_before_the_text_of_a_task_that_was_deleted_elsewhere_is_given_up()
    {
        var ada = await WithTaskAsync("Buy milk");
        using var api = await ada.ApiAsync();
        await ada.Button("Edit Buy milk").ClickAsync();
        await ada.Page.GetByLabel("Title").FillAsync("Buy oat milk");
        await api.DeleteAsync($"tasks/{(await TaskAsync(ada))["id"]}", TestContext.Current.CancellationToken);
        await ada.Reads("This task was deleted elsewhere");

        await ada.Page.Keyboard.PressAsync("Escape");
        await ada.Button("Bring it back like this").ClickAsync();

        await Expect(ada.Button("Edit Buy oat milk")).ToBeFocusedAsync();
        Assert.Equal("Buy oat milk", (await TaskAsync(ada))["title"]!.GetValue<string>());
    }

    [Fact]
    public async Task Is_none_when_only_something_else_was_changed()
    {
        var ada = await WithTaskAsync("Buy milk");
        await ada.Button("Edit Buy milk").ClickAsync();
        await ada.Page.GetByLabel("Title").FillAsync("Buy oat milk");

        await ChangeAsync(ada, new { completed = true });
        await ada.Counts("0 pending, 1 done");
        await ada.Button("Save").ClickAsync();

        await ada.Sees("Buy oat milk");
        await Expect(ada.Box("Buy oat milk")).ToBeCheckedAsync();
    }

    [Fact]
    public async Task Stops_a_deletion_of_what_the_user_has_not_seen()
    {
        var ada = await WithTaskAsync("Buy milk");
        ada.Expects("status of 412|ERR_FAILED");
        await ada.Page.RouteAsync("**/api/**", route => route.AbortAsync());
        await ada.Button("Delete Buy milk").ClickAsync();
        await Expect(ada.Waiting).ToHaveCountAsync(1);
        await ChangeAsync(ada, new { title = "Buy milk and bread" });
        await ada.Page.UnrouteAllAsync();

        await ada.Reads("was not deleted: it was changed elsewhere.");
        await ada.Sees("Buy milk and bread");
        await ada.Button("Delete it").ClickAsync();
        await ada.Counts("0 pending");
        await Wait.Until("it is deleted", async () => await TasksAsync(ada) is []);
    }

    [Fact]
    public async Task Shows_every_text_as_it_was_typed_and_runs_none()
    {
        const string Mine = "<img src=x onerror=\"document.body.dataset.hit='1'\">";
        const string Other = "</dd><script>document.body.dataset.hit='1'</script>";
        var ada = await WithTaskAsync("Buy milk");
        ada.Expects("status of 412");
        await ada.Button("Edit Buy milk").ClickAsync();
        await ada.Page.GetByLabel("Title").FillAsync(Mine);
        await ada.Rows.GetByLabel("Tags").FillAsync(Mine[..40]);
        await ChangeAsync(ada, new { title = Other, description = Other, tags = (string[])["<b>x</b>"] });
        await ada.Button("Save").ClickAsync();

        await Expect(Dialog(ada).Locator("dl").Nth(0).Locator("dd")).ToHaveTextAsync([Mine, Mine[..40]]);
        await Expect(Dialog(ada).Locator("dl").Nth(1).Locator("dd")).ToHaveTextAsync([Other, "<b>x</b>"]);
        Assert.False(await ada.Page.EvaluateAsync<bool>("'hit' in document.body.dataset"));
        await Expect(Dialog(ada).Locator("img, script, b")).ToHaveCountAsync(0);
    }

    [Theory]
    [InlineData("desktop", ColorScheme.Light, 1100)]
    [InlineData("desktop", ColorScheme.Dark, 1100)]
    [InlineData("phone", ColorScheme.Light, 375)]
    [InlineData("phone", ColorScheme.Dark, 375)]
    [InlineData("zoomed", ColorScheme.Light, 320)]
    public async Task Can_be_seen_hit_and_read_aloud(string device, ColorScheme scheme, int width)
    {
        var ada = await WithTaskAsync("Book the train to Vienna", new() { ColorScheme = scheme, ViewportSize = new() { Width = width, Height = 740 } });
        ada.Expects("status of 412");
        await ada.Button("Edit Book the train to Vienna").ClickAsync();
        await ada.Page.GetByLabel("Title").FillAsync("Book the night train to Vienna");
        await ada.Rows.GetByLabel("Details").FillAsync("Window seat, if there is one.\nReturn on Sunday.");
        await ada.Rows.GetByLabel("Due").FillAsync("2030-12-24");
        await ChangeAsync(ada, new { title = "Book the early train to Vienna", description = "No. 1204, before eight.", tags = (string[])["travel"], priority = "high" });
        await ada.Button("Save").ClickAsync();
        await Expect(Dialog(ada)).ToBeVisibleAsync();

        await ada.PhotographAsync($"conflict-{device}-{scheme}".ToLowerInvariant());
        Assert.Empty(await Looks.FindFaultsAsync(ada.Page));
    }

    private static ILocator Dialog(PageVisitor visitor) => visitor.Page.GetByRole(AriaRole.Dialog, new() { Name = "Changed in two places" });

    private async Task<PageVisitor> WithTaskAsync(string title, BrowserNewContextOptions? look = null)
    {
        var ada = await WithAccountAsync(look: look);
        await ada.AddAsync(title);

        return ada;
    }

    private static async Task<JsonArray> TasksAsync(PageVisitor visitor)
    {
        using var api = await visitor.ApiAsync();

        return (await api.GetFromJsonAsync<JsonArray>("tasks", TestContext.Current.CancellationToken))!;
    }

    private static async Task<JsonNode> TaskAsync(PageVisitor visitor) => Assert.Single(await TasksAsync(visitor))!;

    private static async Task ChangeAsync(PageVisitor visitor, object changes)
    {
        using var api = await visitor.ApiAsync();
        using var response = await api.PutAsJsonAsync($"tasks/{(await TaskAsync(visitor))["id"]}", changes, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }
}
