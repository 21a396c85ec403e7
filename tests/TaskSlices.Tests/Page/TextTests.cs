namespace TaskSlices.Tests.Page;

public sealed class TextTests(Browser browser) : PageTest(browser)
{
    [Fact]
    public async Task Makes_links_of_web_addresses_and_of_nothing_else()
    {
        var ada = await WithAccountAsync();
        var site = $"{ada.Site}health/live";
        var text = $"See {site}, (http://example.com/a_(b)?c=d&e=\"f) and HTTPS://example.com/x.\njavascript:alert(1) ftp://example.com https://a\u202Eb";
        await ada.Button("+ Details").ClickAsync();
        await ada.Page.GetByLabel("Details").FillAsync(text);
        await ada.AddAsync("Read");

        var links = ada.Row("Read").Locator(".description a");
        await Expect(links).ToHaveTextAsync([site, "http://example.com/a_(b)?c=d&e=", "HTTPS://example.com/x", "https://a"]);
        Assert.Equal(text, await ada.Row("Read").Locator(".description").TextContentAsync());
        foreach (var link in await links.AllAsync())
            Assert.Equal("noopener", await link.GetAttributeAsync("rel"));

        var opened = await ada.Page.RunAndWaitForPopupAsync(() => links.First.ClickAsync());
        await opened.WaitForLoadStateAsync();
        Assert.Equal(site, opened.Url);
        Assert.True(await opened.EvaluateAsync<bool>("opener === null"));
        await Expect(ada.Button("Save")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task Folds_a_long_description_until_it_is_asked_for()
    {
        var ada = await WithAccountAsync();
        var text = string.Join('\n', Enumerable.Range(1, 12).Select(i => $"Line {i}")) + $" {ada.Site}";
        await ada.Button("+ Details").ClickAsync();
        await ada.Page.GetByLabel("Details").FillAsync(text);
        await ada.AddAsync("Read");
        await ada.AddAsync("Write");
        var height = await Height();
        await ada.PhotographAsync("text-folded");

        await ada.Button("Show all").ClickAsync();
        var whole = await Height();
        Assert.InRange(whole, height * 2, height * 10);
        await Expect(ada.Button("Show less")).ToHaveAttributeAsync("aria-expanded", "true");
        await ada.PhotographAsync("text-whole");
        await ada.Button("Show less").PressAsync("Enter");
        Assert.Equal(height, await Height());

        // What has the focus can be seen.
        await ada.Page.Keyboard.PressAsync("Shift+Tab");
        await Expect(ada.Row("Read").GetByRole(Microsoft.Playwright.AriaRole.Link)).ToBeFocusedAsync();
        Assert.Equal(whole, await Height());

        Task<double> Height() => ada.Row("Read").EvaluateAsync<double>("row => row.getBoundingClientRect().height");
    }
}
