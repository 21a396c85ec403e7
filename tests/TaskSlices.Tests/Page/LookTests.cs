using Microsoft.Playwright;

namespace TaskSlices.Tests.Page;

public sealed class LookTests(Browser browser) : PageTest(browser)
{
    private static readonly ViewportSize Desktop = new() { Width = 1100, Height = 800 };
    private static readonly ViewportSize Phone = new() { Width = 360, Height = 740 };

    [Theory]
    [InlineData("desktop", ColorScheme.Light)]
    [InlineData("desktop", ColorScheme.Dark)]
    [InlineData("phone", ColorScheme.Light)]
    [InlineData("phone", ColorScheme.Dark)]
    public async Task Can_be_seen_hit_and_read_aloud_in_every_state(string device, ColorScheme scheme)
    {
        var isPhone = device == "phone";
        var ada = await ArriveAsync(look: new()
        {
            ViewportSize = isPhone ? Phone : Desktop,
            ColorScheme = scheme,
            IsMobile = isPhone,
            HasTouch = isPhone,
        });
        ada.Expects("status of 400|ERR_FAILED");
        await Look("1-account");

        await ada.Page.GetByLabel("Name").FillAsync("Ada Lovelace");
        await ada.FillCredentialsAsync();
        await ada.Page.GetByLabel("Password", new() { Exact = true }).FillAsync("short");
        await ada.Button("Create account").ClickAsync();
        await Expect(ada.Alert).ToHaveCountAsync(1);
        await Look("2-refused");

        await ada.FillCredentialsAsync();
        await ada.Button("Create account").ClickAsync();
        await ada.SeesTasks();
        await Look("3-empty");

        foreach (var title in new[] { "Read the contract", "Call grandmother", "Water the tomatoes", new string('W', 200) })
            await ada.AddAsync(title);
        await ada.Button("+ Details").ClickAsync();
        await ada.Page.GetByLabel("Details").FillAsync("Window seat, if there is one.\nReturn on Sunday.");
        await ada.AddAsync("Book the train to Vienna");
        await ada.Box("Call grandmother").CheckAsync();
        await ada.Counts("4 pending, 1 done");
        await Look("4-list");

        await ada.Button("Edit Water the tomatoes").ClickAsync();
        await ada.Button("Delete Read the contract").ClickAsync();
        await ada.Button("+ Details").ClickAsync();
        await Look("5-editing");

        await ada.Page.RouteAsync("**/api/**", route => route.AbortAsync());
        await ada.Title.FillAsync("A thought");
        await ada.Title.PressAsync("Enter");
        await ada.Box("Call grandmother").ClickAsync();
        await Expect(ada.Waiting).ToHaveCountAsync(2);
        await Expect(ada.Alert).ToContainTextAsync("2 changes are kept here, to be sent then; trying again.");
        await Look("6-offline");

        async Task Look(string state)
        {
            await ada.PhotographAsync($"look-{device}-{scheme}-{state}".ToLowerInvariant(), fullPage: !isPhone);
            Assert.Empty(await Looks.FindFaultsAsync(ada.Page));
        }
    }

    [Fact]
    public async Task Does_not_jump_while_it_loads()
    {
        var ada = await WithAccountAsync();
        for (var i = 0; i < 5; i++)
            await ada.AddAsync($"Task {i}");

        await ada.Page.AddInitScriptAsync("""
            globalThis.shift = 0;
            new PerformanceObserver(list => list.getEntries().forEach(e => { if (!e.hadRecentInput) shift += e.value; })).observe({ type: "layout-shift", buffered: true });
            """);
        await ada.Page.ReloadAsync();
        await Expect(ada.Rows).ToHaveCountAsync(5);

        // Cumulative Layout Shift: what is below a tenth is called good.
        Assert.InRange(await ada.Page.EvaluateAsync<double>("shift"), 0, 0.05);
    }

    /// <summary>The picture of the README: made anew with UPDATE_SCREENSHOT=1.</summary>
    [Fact]
    public async Task Looks_as_the_README_shows_it()
    {
        var picture = Path.Combine(DropIn.Root, "docs", "page.png");
        var ada = await WithAccountAsync(look: new() { ViewportSize = new() { Width = 880, Height = 640 }, DeviceScaleFactor = 1.5f, ColorScheme = ColorScheme.Light });

        await ada.AddAsync("Read the contract before Friday");
        await ada.AddAsync("Call grandmother");
        await ada.Button("+ Details").ClickAsync();
        await ada.Page.GetByLabel("Details").FillAsync("Window seat, if there is one.");
        await ada.AddAsync("Book the train to Vienna");
        await ada.AddAsync("Buy milk");
        await ada.Box("Call grandmother").CheckAsync();
        await ada.Counts("3 pending, 1 done");
        await ada.Page.EvaluateAsync("scrollTo(0, 0)");
        var made = await ada.PhotographAsync("readme");

        if (Environment.GetEnvironmentVariable("UPDATE_SCREENSHOT") is { Length: > 0 })
            File.Copy(made, picture, overwrite: true);
        Assert.InRange(new FileInfo(picture).Length, 1, 150_000);
    }
}
