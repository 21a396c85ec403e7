using Microsoft.AspNetCore.Http;
using Microsoft.Playwright;

namespace TaskSlices.Tests.Samples;

/// <summary>samples/fetch.html, from an origin of its own.</summary>
public sealed class FetchHtmlTests(Browser browser) : PageTest(browser)
{
    private const string ServerOfTheSample = "http://localhost:8000";

    private readonly string _directory = Directory.CreateTempSubdirectory("taskslices-").FullName;
    private KeyServer _files = null!;
    private ServerProcess _server = null!;

    public override async ValueTask InitializeAsync()
    {
        _files = await KeyServer.StartAsync();
        _server = await ServerProcess.StartAsync(_directory, new(Browser.Settings) { ["CORS_ORIGINS"] = _files.Url });
        var html = await File.ReadAllTextAsync(Path.Combine(DropIn.Root, "samples", "fetch.html"));
        Assert.Contains($"\"{ServerOfTheSample}\"", html, StringComparison.Ordinal);
        html = html.Replace(ServerOfTheSample, _server.Client.BaseAddress!.GetLeftPart(UriPartial.Authority), StringComparison.Ordinal);
        _files.Answer = context =>
        {
            context.Response.ContentType = "text/html";

            return context.Response.WriteAsync(html);
        };
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await _server.DisposeAsync();
        await _files.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Has_no_fault_that_axe_finds()
    {
        await Axe.DemandAsync();
        var ada = await ArriveAsync(_files.Address);
        ada.Expects($"^Another host: ({_server.Client.BaseAddress}|data:)");
        ada.Expects("status of 401");
        await Expect(ada.Button("Sign in")).ToBeVisibleAsync();
        Assert.Empty(await Axe.FindFaultsAsync(ada.Page));

        await ada.Page.GetByLabel("Name, for a new account").FillAsync("Ada Lovelace");
        await ada.FillCredentialsAsync();
        await ada.Button("Create account").ClickAsync();
        await ada.Title.FillAsync("Buy milk");
        await ada.Title.PressAsync("Enter");
        await Expect(ada.Box("Buy milk")).ToBeVisibleAsync();
        Assert.Empty(await Axe.FindFaultsAsync(ada.Page));
    }

    [Theory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark)]
    public async Task Signs_up_adds_completes_and_deletes_tasks_and_signs_out_and_in(ColorScheme scheme)
    {
        var ada = await ArriveAsync(_files.Address, new() { ColorScheme = scheme, ViewportSize = new() { Width = 375, Height = 700 } });
        ada.Expects($"^Another host: ({_server.Client.BaseAddress}|data:)");
        ada.Expects("status of 401");
        var rows = ada.Page.GetByRole(AriaRole.Listitem);
        Assert.Empty(await Looks.FindFaultsAsync(ada.Page));

        await ada.FillCredentialsAsync();
        await ada.Button("Sign in").ClickAsync();
        await Expect(ada.Alert).Not.ToBeEmptyAsync();

        await ada.Page.GetByLabel("Name, for a new account").FillAsync("Ada Lovelace");
        await ada.Button("Create account").ClickAsync();
        await AddAsync("Buy milk");
        await AddAsync("<b>Buy bread</b>");
        await Expect(rows).ToHaveTextAsync(["<b>Buy bread</b>Delete", "Buy milkDelete"]);
        await ada.Box("Buy milk").ClickAsync();
        await Expect(ada.Box("Buy milk")).ToBeCheckedAsync();
        await ada.Button("Delete <b>Buy bread</b>").ClickAsync();
        await Expect(rows).ToHaveTextAsync(["Buy milkDelete"]);
        Assert.Empty(await Looks.FindFaultsAsync(ada.Page));
        await ada.PhotographAsync($"fetch-html-{scheme}");

        await ada.Page.ReloadAsync();
        await Expect(ada.Box("Buy milk")).ToBeCheckedAsync();
        await ada.Button("Sign out").ClickAsync();
        await Expect(rows).ToHaveCountAsync(0);
        await ada.FillCredentialsAsync();
        await ada.Button("Sign in").ClickAsync();
        await Expect(ada.Box("Buy milk")).ToBeCheckedAsync();

        async Task AddAsync(string title)
        {
            await ada.Title.FillAsync(title);
            await ada.Title.PressAsync("Enter");
            await Expect(ada.Box(title)).ToBeVisibleAsync();
        }
    }
}
