using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.StaticFiles;
using Microsoft.Extensions.Logging;
using Microsoft.Playwright;

namespace TaskSlices.Tests.Page;

/// <summary>The page as an app: its manifest, and the service worker that starts it without the server.</summary>
public sealed class InstallTests(Browser browser) : PageTest(browser)
{
    private readonly string _directory = Directory.CreateTempSubdirectory("taskslices-").FullName;
    private ServerProcess? _server;

    [Fact]
    public async Task Can_be_installed()
    {
        await using var whole = await Browser.LaunchWholeAsync();
        var page = await whole.NewPageAsync();
        await page.GotoAsync(Browser.Site.AbsoluteUri);
        await IsReadyAsync(page);
        var browser = await page.Context.NewCDPSessionAsync(page);

        var manifest = await browser.SendAsync("Page.getAppManifest");
        Assert.Equal(0, manifest!.Value.GetProperty("errors").GetArrayLength());
        Assert.EndsWith("/manifest.webmanifest", manifest.Value.GetProperty("url").GetString(), StringComparison.Ordinal);
        var faults = await browser.SendAsync("Page.getInstallabilityErrors");

        // The profile of a test is not kept.
        Assert.Equal(["in-incognito"], faults!.Value.GetProperty("installabilityErrors").EnumerateArray().Select(fault => fault.GetProperty("errorId").GetString()));
        foreach (var icon in JsonDocument.Parse(manifest.Value.GetProperty("data").GetString()!).RootElement.GetProperty("icons").EnumerateArray())
            Assert.Equal(200, (await page.APIRequest.GetAsync(new Uri(Browser.Site, icon.GetProperty("src").GetString()).AbsoluteUri)).Status);
    }

    [Theory]
    [InlineData("")]
    [InlineData("/tasks")]
    public async Task Starts_without_the_server_and_sends_what_was_done_when_it_is_back(string path)
    {
        var ada = await WithAccountAsync(await StartAsync(path));
        ada.Expects("ERR_CONNECTION|ERR_INCOMPLETE_CHUNKED_ENCODING|status of 404");
        await ada.AddAsync("Buy milk");
        await ada.AddAsync("Buy bread");
        await ada.AddAsync("Buy tea");
        await ada.Button("Delete Buy tea").ClickAsync();
        await ada.ChooseAsync("Pending");
        await ada.Box("Buy milk").CheckAsync();
        await ada.Sees("Buy bread");
        await IsReadyAsync(ada.Page);
        await KeepsAsync(ada.Page, "\"completed\":true");
        Assert.Equal(ada.Site.AbsoluteUri, await ada.Page.EvaluateAsync<string>("async () => (await navigator.serviceWorker.ready).scope"));
        await ada.Page.CloseAsync();

        await _server!.KillAsync();
        var page = await ada.Context.NewPageAsync();
        await page.GotoAsync(ada.Site.AbsoluteUri);
        var titles = page.Locator("#list > li:visible .title");
        await Expect(titles).ToHaveTextAsync(["Buy bread", "Buy milk"]);
        await Expect(page.Locator("#count")).ToHaveTextAsync("1 pending, 1 done");
        await Expect(page.GetByRole(AriaRole.Alert)).ToHaveTextAsync("The server can’t be reached. What you typed is kept; trying again.");
        await page.GetByRole(AriaRole.Textbox, new() { Name = "New task", Exact = true }).FillAsync("Buy jam");
        await page.Keyboard.PressAsync("Enter");
        await page.GetByRole(AriaRole.Checkbox, new() { Name = "Buy bread", Exact = true }).ClickAsync();
        await Expect(page.Locator("#list .waiting:visible")).ToHaveCountAsync(2);
        await page.ScreenshotAsync(new() { Path = Path.Combine(PageVisitor.Screenshots, "install-offline-start.png") });
        await page.ReloadAsync();
        await Expect(page.Locator("#list .waiting:visible")).ToHaveCountAsync(2);

        await StartAsync(path, _server.Client.BaseAddress!.Port);
        await Expect(page.Locator("#list .waiting:visible")).ToHaveCountAsync(0);
        await Expect(titles).ToHaveTextAsync(["Buy jam", "Buy bread", "Buy milk"]);
        await Expect(page.Locator("#count")).ToHaveTextAsync("1 pending, 2 done");
        await page.CloseAsync();
    }

    [Fact]
    public async Task Leaves_nothing_of_a_user_who_has_signed_out()
    {
        var ada = await WithAccountAsync();
        await ada.AddAsync("A secret of Ada");
        await IsReadyAsync(ada.Page);
        await KeepsAsync(ada.Page, "A secret of Ada");
        var files = await KeptAsync(ada.Page);
        Assert.DoesNotContain("/api/", string.Concat(files.Select(file => file.Url)), StringComparison.Ordinal);
        Assert.Contains(files, file => file.Url.EndsWith("/app.js", StringComparison.Ordinal));

        await ada.SignOutAsync();

        await Wait.Until("nothing is left", async () => (await KeptAsync(ada.Page)).All(file => !file.Text.Contains("secret", StringComparison.Ordinal)));
        Assert.DoesNotContain(await KeptAsync(ada.Page), file => file.Text.Contains(ada.Email, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Leaves_nothing_of_a_user_whose_session_was_ended_elsewhere()
    {
        var ada = await WithAccountAsync();
        await ada.AddAsync("A secret of Ada");
        await IsReadyAsync(ada.Page);
        await KeepsAsync(ada.Page, "A secret of Ada");

        await ada.Page.GotoAsync("about:blank");
        await ada.Context.ClearCookiesAsync();
        await ada.Page.GotoAsync(ada.Site.AbsoluteUri);
        await Expect(ada.Button("Sign in")).ToBeVisibleAsync();

        await Wait.Until("nothing is left", async () => (await KeptAsync(ada.Page)).All(file => !file.Text.Contains("secret", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Shows_a_new_version_at_the_next_load_and_keeps_it_whole()
    {
        await using var site = await FolderSite.StartAsync();
        var ada = await ArriveAsync(site.Address);
        ada.Expects("ERR_CONNECTION|ERR_EMPTY_RESPONSE|status of (404|503|504)");
        var heading = ada.Page.Locator("#account-heading");
        await IsReadyAsync(ada.Page);

        site.Version = 2;
        await ada.Page.ReloadAsync();
        await Expect(heading).ToHaveTextAsync("Version 2");
        await Expect(heading).ToBeVisibleAsync();
        await IsReadyAsync(ada.Page, "Version 2");

        // Another file of the page is no page.
        await ada.Page.GotoAsync($"{site.Address}style.css");
        await ada.Page.ReloadAsync();
        site.Status = 503;
        await ada.Page.GotoAsync(site.Address.AbsoluteUri);
        await ShowsKept();

        // A proxy answers in place of the server, or nobody does, or too late.
        foreach (var status in new[] { 503, 0, FolderSite.Late })
        {
            site.Status = status;
            await ada.Page.ReloadAsync();
            await ShowsKept();
        }

        // The files of a version of which one could not be fetched are not taken for it.
        (site.Status, site.Version, site.Missing) = (200, 3, "/icon.png");
        await ada.Page.ReloadAsync();
        await Expect(heading).ToHaveTextAsync("Version 3");
        site.Status = 503;
        await ada.Page.ReloadAsync();
        await ShowsKept();
        (site.Status, site.Missing) = (200, "");
        await ada.Page.ReloadAsync();
        await Wait.Until("the old version is gone", async () => !(await KeptAsync(ada.Page)).Any(file => file.Text.Contains("Version 2", StringComparison.Ordinal)));
        site.Status = 503;
        await ada.Page.ReloadAsync();
        await ShowsKept("3");

        async Task ShowsKept(string version = "2")
        {
            await Expect(heading).ToHaveTextAsync($"Version {version}");
            await Expect(ada.Page.Locator("#failure")).ToBeVisibleAsync();
            Assert.Equal(version, await ada.Page.EvaluateAsync<string>("async () => (await (await fetch('style.css')).text()).match(/version (.)/)[1]"));
        }
    }

    public override async ValueTask DisposeAsync()
    {
        try
        {
            await base.DisposeAsync();
        }
        finally
        {
            if (_server is not null)
                await _server.DisposeAsync();
            Engine.Drop(_directory);
            Directory.Delete(_directory, recursive: true);
        }
    }

    /// <summary>Waits until the page can start without the server.</summary>
    private static async Task IsReadyAsync(IPage page, string text = "<title>TaskSlices") =>
        await Wait.Until("the files are kept", async () => (await KeptAsync(page)).Any(file => file.Text.Contains(text, StringComparison.Ordinal)));

    private static async Task KeepsAsync(IPage page, string text) =>
        await Wait.Until("the tasks are kept", async () => (await KeptAsync(page)).Any(file => file.Text.Contains(text, StringComparison.Ordinal)));

    private static async Task<(string Url, string Text)[]> KeptAsync(IPage page) =>
        [.. (await page.EvaluateAsync<string[][]>("""
            async () => {
              const kept = [];
              for (const name of await caches.keys())
                for (const request of await (await caches.open(name)).keys())
                  kept.push([request.url, await (await (await caches.open(name)).match(request))?.text() ?? ""]);
              return kept;
            }
            """)).Select(file => (file[0], file[1]))];

    private async Task<Uri> StartAsync(string path, int port = 0)
    {
        _server = await ServerProcess.StartAsync(_directory, new(Browser.Settings) { ["PathBase"] = path }, port: port);

        return new Uri(_server.Client.BaseAddress!, $"{path}/");
    }

    /// <summary>The page as a program serves it which is replaced by a later one; nobody has signed in.</summary>
    private sealed class FolderSite(WebApplication app) : IAsyncDisposable
    {
        private static readonly FileExtensionContentTypeProvider Types = new();

        /// <summary>There is no answer for the page, and a refusal for the rest.</summary>
        public const int Late = 504;

        public Uri Address => new($"{app.Urls.First()}/");
        public int Version { get; set; } = 1;

        /// <summary>What it answers; 0: the connection ends without an answer.</summary>
        public int Status { get; set; } = 200;

        public string Missing { get; set; } = "";

        public static async Task<FolderSite> StartAsync()
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            var site = new FolderSite(builder.Build());
            site.Map();
            await site.Start();

            return site;
        }

        public ValueTask DisposeAsync() => app.DisposeAsync();

        private Task Start() => app.StartAsync();

        private void Map() => app.Run(async context =>
        {
            var path = context.Request.Path.Value!;
            if (Status == 0)
                context.Abort();
            else if (Status == Late && path == "/")
                await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
            else if (Status != 200 || path is "/favicon.ico" || path == Missing)
                context.Response.StatusCode = Status == 200 ? 404 : Status;
            else if (path.StartsWith("/api/", StringComparison.Ordinal))
                await context.Response.WriteAsync(path == "/api/auth/ok" ? """{"ok":true}""" : "null");
            else
                await SendAsync(context, path == "/" ? "index.html" : path[1..]);
        });

        private async Task SendAsync(HttpContext context, string name)
        {
            var file = Path.Combine(DropIn.Root, "src", "wwwroot", name);
            context.Response.ContentType = Types.Mappings[Path.GetExtension(name)];
            context.Response.Headers.ETag = $"\"{Version}-{new FileInfo(file).Length}\"";
            context.Response.Headers.CacheControl = "no-cache";
            if (name.EndsWith(".png", StringComparison.Ordinal))
            {
                await context.Response.SendFileAsync(file);

                return;
            }

            var text = await File.ReadAllTextAsync(file);
            await context.Response.WriteAsync(
                text.Replace("Your tasks, on your own server", $"Version {Version}", StringComparison.Ordinal) + (name == "style.css" ? $"/* version {Version} */" : ""));
        }
    }
}
