using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace TaskSlices.Tests.Support;

/// <summary>Somebody who looks at the page, in a browser profile of their own; all that the browser complains about is written down.</summary>
public sealed class PageVisitor : IAsyncDisposable
{
    public const string Password = "correct horse";

    /// <summary>In milliseconds.</summary>
    private const float Patience = 30_000;

    private static int s_visitors;
    private readonly List<string> _complaints = [];
    private readonly List<Regex> _expected = [];

    private PageVisitor(IBrowserContext context, IPage page, Uri site)
    {
        (Context, Page, Site) = (context, page, site);
        page.SetDefaultTimeout(Patience);
        Assertions.SetDefaultExpectTimeout(Patience);
        page.Console += (_, message) => Note(message.Type is "error" or "warning", $"{message.Type}: {message.Text}");
        page.PageError += (_, error) => Note(true, error);
        page.Request += (_, request) => Note(!request.Url.StartsWith(Site.AbsoluteUri, StringComparison.Ordinal), $"Another host: {request.Url}");
    }

    public static string Screenshots { get; } = Directory.CreateDirectory(Path.Combine(AppContext.BaseDirectory, "screenshots")).FullName;

    public IBrowserContext Context { get; }
    public IPage Page { get; }
    public Uri Site { get; }
    public string Email { get; } = $"user{Interlocked.Increment(ref s_visitors)}@example.com";

    public ILocator Title => Page.GetByRole(AriaRole.Textbox, new() { Name = "New task", Exact = true });
    public ILocator Rows => Page.Locator("#list > li:visible");

    /// <summary>What says of a task that a change of it waits to be sent.</summary>
    public ILocator Waiting => Page.Locator("#list .waiting").Filter(new() { Visible = true });

    public ILocator Alert => Page.GetByRole(AriaRole.Alert).Filter(new() { Visible = true });

    public static async Task<PageVisitor> ArriveAsync(Browser browser, Uri? site = null, BrowserNewContextOptions? look = null)
    {
        var context = await browser.NewContextAsync(new(look ?? new()) { ReducedMotion = ReducedMotion.Reduce });
        var visitor = new PageVisitor(context, await context.NewPageAsync(), site ?? browser.Site);
        await visitor.Page.GotoAsync(visitor.Site.AbsoluteUri);
        await Assertions.Expect(visitor.Page.Locator("#loading")).ToBeHiddenAsync();

        return visitor;
    }

    /// <summary>Somebody with a new account, in front of an empty list.</summary>
    public static async Task<PageVisitor> WithAccountAsync(Browser browser, Uri? site = null, BrowserNewContextOptions? look = null)
    {
        var visitor = await ArriveAsync(browser, site, look);
        await visitor.Page.GetByLabel("Name").FillAsync("Ada Lovelace");
        await visitor.FillCredentialsAsync();
        await visitor.Button("Create account").ClickAsync();
        await visitor.SeesTasks();

        return visitor;
    }

    public async Task SignInAsync(string? email = null)
    {
        await ChooseAsync("Sign in");
        await FillCredentialsAsync(email);
        await Button("Sign in").ClickAsync();
        await SeesTasks();
    }

    public async Task SignOutAsync()
    {
        await Button("Sign out").ClickAsync();
        await Assertions.Expect(Page.GetByText("You are signed out.")).ToBeVisibleAsync();
    }

    public async Task FillCredentialsAsync(string? email = null)
    {
        await Page.GetByLabel("Email").FillAsync(email ?? Email);
        await Page.GetByLabel("Password", new() { Exact = true }).FillAsync(Password);
    }

    public async Task AddAsync(string title)
    {
        await Title.FillAsync(title);
        await Title.PressAsync("Enter");
        await Assertions.Expect(Row(title)).ToBeVisibleAsync();
        await Assertions.Expect(Title).ToHaveValueAsync("");
    }

    /// <summary>A client with the visitor's token, at the address below which the visitor's <c>tasks</c> are.</summary>
    public async Task<HttpClient> ApiAsync()
    {
        var token = JsonNode.Parse(await (await Context.APIRequest.GetAsync($"{Site}api/auth/token")).TextAsync())!["token"];
        var session = JsonNode.Parse(await (await Context.APIRequest.GetAsync($"{Site}api/auth/get-session")).TextAsync())!;

        return new HttpClient
        {
            BaseAddress = new Uri(Site, $"api/{session["user"]!["id"]}/"),
            DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", $"{token}") },
        };
    }

    public ILocator Button(string name) => Page.GetByRole(AriaRole.Button, new() { Name = name, Exact = true });

    public ILocator Box(string title) => Page.GetByRole(AriaRole.Checkbox, new() { Name = title, Exact = true });

    public ILocator Row(string title) => Rows.Filter(new() { Has = Page.GetByText(title, new() { Exact = true }) });

    /// <summary>What was typed to be added, and could not be.</summary>
    public ILocator Draft(string title) => Page.GetByRole(AriaRole.Form, new() { Name = $"Not added: {title}", Exact = true });

    public Task ChooseAsync(string option) => Page.GetByRole(AriaRole.Radio, new() { Name = option, Exact = true }).CheckAsync();

    public Task SeesTasks() => Counts("pending");

    public Task Counts(string text) => Assertions.Expect(Page.Locator("#count:visible")).ToContainTextAsync(text);

    public Task Reads(string text) => Assertions.Expect(Page.GetByText(text).First).ToBeVisibleAsync();

    public Task Sees(params string[] titles) => Assertions.Expect(Rows.Locator(".title")).ToHaveTextAsync(titles);

    /// <summary>What the browser says of an answer that the test asks for is no complaint.</summary>
    public void Expects(string pattern) => _expected.Add(new Regex(pattern));

    /// <summary>Leaves a picture of the page as it is now, among the results of the tests.</summary>
    public async Task<string> PhotographAsync(string name, bool fullPage = false)
    {
        var path = Path.Combine(Screenshots, $"{name}.png");
        await Page.ScreenshotAsync(new() { Path = path, FullPage = fullPage });

        return path;
    }

    /// <summary>What the browser complained about, and nobody expected: errors and warnings of the console, of scripts, and other hosts.</summary>
    public string[] Complaints()
    {
        lock (_complaints)
            return [.. _complaints.Where(complaint => !_expected.Exists(e => e.IsMatch(complaint)))];
    }

    public ValueTask DisposeAsync() => Context.DisposeAsync();

    private void Note(bool isComplaint, string text)
    {
        if (!isComplaint)
            return;

        lock (_complaints)
            _complaints.Add(text);
    }
}
