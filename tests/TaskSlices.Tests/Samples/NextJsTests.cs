using System.Diagnostics;
using Microsoft.Playwright;

namespace TaskSlices.Tests.Samples;

public sealed class NextJsTests(Browser browser, NextJsSample sample) : PageTest(browser), IClassFixture<NextJsSample>
{
    private static readonly ViewportSize Phone = new() { Width = 375, Height = 740 };

    public override async ValueTask InitializeAsync() => await sample.DemandAsync();

    [Fact]
    public async Task Shows_a_change_of_one_device_on_the_other_within_a_second()
    {
        var (ada, phone) = await WithTwoDevicesAsync();
        await AddAsync(ada, "The first");
        await phone.Button("Delete The first").ClickAsync();
        await Expect(ada.Box("The first")).ToHaveCountAsync(0);

        var watch = Stopwatch.StartNew();
        await AddAsync(ada, "Buy milk");
        await Expect(phone.Box("Buy milk")).ToBeVisibleAsync();
        var added = watch.Elapsed;

        watch.Restart();
        await phone.Box("Buy milk").CheckAsync();
        await Expect(ada.Box("Buy milk")).ToBeCheckedAsync();
        var said = $"The other device shows a new task after {added.TotalMilliseconds:0} ms, that it is done after {watch.ElapsedMilliseconds} ms.";
        TestContext.Current.TestOutputHelper!.WriteLine(said);
        TestContext.Current.SendDiagnosticMessage(said);

        await ada.Button("Buy milk").ClickAsync();
        await ada.Page.GetByLabel("Title").FillAsync("Buy oat milk");
        await ada.Page.Keyboard.PressAsync("Enter");
        await phone.Button("Delete Buy oat milk").ClickAsync();
        await Expect(ada.Page.GetByText("No tasks yet.")).ToBeVisibleAsync();
        await phone.Button("Undo").ClickAsync();
        await Expect(ada.Box("Buy oat milk")).ToBeCheckedAsync();
        Assert.True(added < TimeSpan.FromSeconds(1), said);
    }

    [Fact]
    public async Task Keeps_what_is_added_offline_over_a_reload_and_sends_it_once()
    {
        var (ada, phone) = await WithTwoDevicesAsync();
        await AddAsync(ada, "Before");
        await Expect(phone.Box("Before")).ToBeVisibleAsync();

        ada.Expects("ERR_INTERNET_DISCONNECTED|ERR_CONNECTION|ERR_FAILED|WebSocket|Failed to (fetch|load)|network error");
        await ada.Context.SetOfflineAsync(true);
        await AddAsync(ada, "Offline");
        await Expect(ada.Page.GetByText("Offline. 1 change waits.")).ToBeVisibleAsync();
        await ada.PhotographAsync("nextjs-offline");
        var pages = CountPages();
        await ada.Page.ReloadAsync();
        await Expect(ada.Page.GetByText("Offline. 1 change waits.")).ToBeVisibleAsync();
        Assert.Equal(pages, CountPages());
        await Expect(ada.Page.GetByRole(AriaRole.Checkbox)).ToHaveCountAsync(2);
        await Expect(phone.Page.GetByRole(AriaRole.Checkbox)).ToHaveCountAsync(1);

        await ada.Context.SetOfflineAsync(false);
        await Expect(phone.Box("Offline")).ToBeVisibleAsync();
        await Expect(ada.Page.GetByText("In step with your other devices.")).ToBeVisibleAsync();
        foreach (var device in new[] { ada, phone })
            await Expect(device.Page.GetByRole(AriaRole.Checkbox)).ToHaveCountAsync(2);
        await phone.Page.ReloadAsync();
        await Expect(phone.Box("Offline")).ToHaveCountAsync(1);
        Assert.True(CountPages() > pages);

        int CountPages() => sample.Log.Split("GET / ").Length;
    }

    [Fact]
    public async Task Shows_what_was_changed_on_two_devices_and_lets_the_user_decide()
    {
        var (ada, phone) = await WithTwoDevicesAsync();
        await AddAsync(ada, "Buy milk");
        await Expect(phone.Box("Buy milk")).ToBeVisibleAsync();

        ada.Expects("ERR_INTERNET_DISCONNECTED|ERR_CONNECTION|ERR_FAILED|WebSocket|Failed to (fetch|load)|network error");
        await ada.Context.SetOfflineAsync(true);
        await RenameAsync(ada, "Buy milk", "Buy oat milk");
        await RenameAsync(phone, "Buy milk", "Buy soy milk");
        await Expect(phone.Page.GetByText("In step with your other devices.")).ToBeVisibleAsync();
        await ada.Context.SetOfflineAsync(false);

        await ada.Reads("“Buy oat milk”: Another device has changed this, too.");
        await Expect(ada.Box("Buy soy milk")).ToBeVisibleAsync();
        await ada.PhotographAsync("nextjs-conflict");
        await ada.Button("Use mine").ClickAsync();
        await Expect(phone.Box("Buy oat milk")).ToBeVisibleAsync();
        await Expect(ada.Button("Use mine")).ToHaveCountAsync(0);

        static async Task RenameAsync(PageVisitor visitor, string from, string to)
        {
            await visitor.Page.GetByRole(AriaRole.Button, new() { Name = from, Exact = true }).ClickAsync();
            await visitor.Page.GetByLabel("Title").FillAsync(to);
            await visitor.Page.Keyboard.PressAsync("Enter");
            await Expect(visitor.Box(to)).ToBeVisibleAsync();
        }
    }

    [Theory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark)]
    public async Task Can_be_seen_hit_and_read_aloud_on_a_phone(ColorScheme scheme)
    {
        var ada = await ArriveAsync(new() { ColorScheme = scheme, ViewportSize = Phone, IsMobile = true, HasTouch = true });
        ada.Expects("status of 401");
        await Look("1-account");
        await ada.FillCredentialsAsync();
        await ada.Button("Sign in").ClickAsync();
        await ada.Reads("Invalid email or password");
        await Look("2-refused");

        await SignUpAsync(ada, () => Look("3-new-account"));
        await Expect(ada.Page.GetByText("No tasks yet.")).ToBeVisibleAsync();
        await Look("4-empty");
        foreach (var title in new[] { "Call grandmother", new string('W', 200), "Water the tomatoes" })
            await AddAsync(ada, title);
        await ada.Box("Call grandmother").CheckAsync();
        await ada.Button("Delete Water the tomatoes").ClickAsync();
        await Expect(ada.Page.GetByText("1 to do, 1 done")).ToBeVisibleAsync();
        await Expect(ada.Button("Undo")).ToBeFocusedAsync();
        await Look("5-list");
        await ada.Button("Call grandmother").ClickAsync();
        await Expect(ada.Page.GetByLabel("Title")).ToBeFocusedAsync();
        await Look("6-editing");
        await ada.Page.Keyboard.PressAsync("Escape");

        await SeesTasksAsync(ada);
        ada.Expects("status of 422");
        await AnswerAsync("**/batch", 422, """{"code":"VALIDATION_FAILED","detail":"title is not allowed."}""");
        await AddAsync(ada, "Buy milk", isTaken: false);
        await Expect(ada.Button("Try again")).ToBeVisibleAsync();
        await Look("7-refused-change");
        await ada.Button("Dismiss").ClickAsync();

        await ada.Page.UnrouteAllAsync();
        await AnswerAsync("**/batch", 401, """{"code":"TOKEN_EXPIRED","detail":"The token has expired."}""");
        await AnswerAsync("**/api/auth/token", 401, "{}");
        await AddAsync(ada, "Buy bread");
        await Expect(ada.Page.GetByText("Your session has ended. 1 change waits.")).ToBeVisibleAsync();
        await Look("8-session-ended");
        await ada.Page.UnrouteAllAsync();

        // What was not sent yet would be asked about.
        await SeesTasksAsync(ada);
        await ada.Button("Sign out").ClickAsync();
        await Expect(ada.Button("Sign in")).ToBeVisibleAsync();
        await Expect(ada.Page.GetByRole(AriaRole.Checkbox)).ToHaveCountAsync(0);

        Task AnswerAsync(string url, int status, string problem) => ada.Page.RouteAsync(url, route => route.FulfillAsync(new()
        {
            Status = status,
            Headers = new Dictionary<string, string> { ["Access-Control-Allow-Origin"] = "*", ["Content-Type"] = "application/problem+json" },
            Body = problem,
        }));

        async Task Look(string state)
        {
            await ada.PhotographAsync($"nextjs-{scheme}-{state}");
            Assert.Empty(await Looks.FindFaultsAsync(ada.Page));
        }
    }

    private async Task<(PageVisitor First, PageVisitor Second)> WithTwoDevicesAsync()
    {
        var ada = await ArriveAsync();
        await SignUpAsync(ada);
        var phone = await ArriveAsync(new() { ViewportSize = Phone });
        await phone.FillCredentialsAsync(ada.Email);
        await phone.Button("Sign in").ClickAsync();
        await SeesTasksAsync(phone);

        return (ada, phone);
    }

    private async Task<PageVisitor> ArriveAsync(BrowserNewContextOptions? look = null)
    {
        var visitor = await ArriveAsync(sample.Address, look);
        visitor.Expects($"^Another host: {sample.Api}");

        return visitor;
    }

    private static async Task SignUpAsync(PageVisitor visitor, Func<Task>? look = null)
    {
        await visitor.Button("Create an account").ClickAsync();
        await visitor.Page.GetByLabel("Name").FillAsync("Ada Lovelace");
        await visitor.FillCredentialsAsync();
        if (look is not null)
            await look();

        await visitor.Button("Create account").ClickAsync();
        await SeesTasksAsync(visitor);
    }

    private static Task SeesTasksAsync(PageVisitor visitor) =>
        Expect(visitor.Page.GetByText("In step with your other devices.")).ToBeVisibleAsync();

    private static async Task AddAsync(PageVisitor visitor, string title, bool isTaken = true)
    {
        await visitor.Title.FillAsync(title);
        await visitor.Title.PressAsync("Enter");
        if (isTaken)
            await Expect(visitor.Box(title)).ToBeVisibleAsync();
    }
}
