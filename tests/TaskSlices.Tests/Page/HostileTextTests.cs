namespace TaskSlices.Tests.Page;

public sealed class HostileTextTests(Browser browser) : PageTest(browser)
{
    private static readonly string[] Texts =
    [
        "<img src=x onerror=\"document.body.dataset.hit='1'\">",
        "<script>document.body.dataset.hit='1'</script>",
        "\"><svg onload=document.body.dataset.hit='1'>",
        "' autofocus onfocus=document.body.dataset.hit='1' x='",
        "<a href=\"javascript:document.body.dataset.hit='1'\">a</a>",
        "</p></li></ul><h1>Sign in again</h1>",
        "{{constructor.constructor('document.body.dataset.hit=1')()}}${document.body.dataset.hit=1}",
        "&lt;b&gt; &amp; <b>bold</b>",
        "\u202Egnp.exe \u2066reversed",
        "javascript://example.com/%0Adocument.body.dataset.hit='1'",
        "data:text/html,<script>1</script>",
        "https://[",
        "__proto__",
    ];

    [Fact]
    public async Task Shows_every_text_as_it_was_typed_and_runs_none()
    {
        var ada = await ArriveAsync();
        await ada.Page.GetByLabel("Name").FillAsync(Texts[0]);
        await ada.FillCredentialsAsync();
        await ada.Button("Create account").ClickAsync();
        await ada.SeesTasks();
        await Expect(ada.Page.Locator("#name")).ToHaveTextAsync(Texts[0]);

        await ada.Button("+ Details").ClickAsync();
        foreach (var text in Texts)
        {
            if (await ada.Page.GetByLabel("Details").IsHiddenAsync())
                await ada.Button("+ Details").ClickAsync();
            await ada.Page.GetByLabel("Details").FillAsync(text);
            await ada.Page.Locator("#add [name=tags]").FillAsync(IsTag(text) ? text : "");
            await ada.AddAsync(text);
        }

        await ada.Page.ReloadAsync();
        await ada.Sees([.. Texts.Reverse()]);
        Assert.Equal(Texts.Reverse(), await ada.Rows.Locator(".description").AllTextContentsAsync());
        Assert.Equal(Texts.Reverse().Where(IsTag), await ada.Rows.Locator(".tag").AllTextContentsAsync());
        await ada.PhotographAsync("hostile-text", fullPage: true);

        foreach (var text in Texts)
        {
            await ada.Button($"Edit {text}").ClickAsync();
            await Expect(ada.Page.GetByLabel("Title")).ToHaveValueAsync(text);
            await ada.Page.GetByLabel("Title").FillAsync($"{text}!");
            await ada.Button("Cancel").ClickAsync();
            await ada.Button($"Delete {text}").ClickAsync();
            await ada.Reads($"Deleted “{text}”");
            await ada.Button("Undo").ClickAsync();
        }

        Assert.False(await ada.Page.EvaluateAsync<bool>("'hit' in document.body.dataset"));
        await Expect(ada.Page.Locator("#list :is(img, script, a, h1, b)")).ToHaveCountAsync(0);
    }

    private static bool IsTag(string text) => text.Length <= 50 && !text.Contains(',', StringComparison.Ordinal);
}
