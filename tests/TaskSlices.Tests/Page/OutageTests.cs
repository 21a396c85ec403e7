using System.Text.RegularExpressions;

namespace TaskSlices.Tests.Page;

public sealed partial class OutageTests(Browser browser) : PageTest(browser)
{
    private readonly string _directory = Directory.CreateTempSubdirectory("taskslices-").FullName;
    private ServerProcess? _server;

    [Fact]
    public async Task Loses_nothing_while_the_server_is_down_and_goes_on_when_it_is_back()
    {
        var ada = await WithAccountAsync(await StartAsync());
        ada.Expects("ERR_CONNECTION|ERR_INCOMPLETE_CHUNKED_ENCODING");
        await ada.AddAsync("Buy milk");
        await ada.AddAsync("Buy bread");
        await ada.Button("Edit Buy bread").ClickAsync();
        await ada.Page.GetByLabel("Title").FillAsync("Buy rye bread");

        await _server!.KillAsync();
        await ada.Title.FillAsync("A thought");
        await ada.Title.PressAsync("Enter");
        await Expect(ada.Row("A thought")).ToContainTextAsync("Waiting to be sent");
        await Expect(ada.Title).ToHaveValueAsync("");
        await ada.Reads("trying again");
        await ada.Button("Save").ClickAsync();
        await Expect(ada.Row("Buy rye bread")).ToContainTextAsync("Waiting to be sent");
        await ada.Box("Buy milk").ClickAsync();
        await Expect(ada.Row("Buy milk")).ToContainTextAsync("Waiting to be sent");
        await Expect(ada.Box("Buy milk")).ToBeCheckedAsync();
        await Expect(ada.Alert).ToContainTextAsync("3 changes are kept here");
        await ada.PhotographAsync("outage-1-down");

        await StartAsync(_server.Client.BaseAddress!.Port);
        await Expect(ada.Page.GetByText("trying again")).ToBeHiddenAsync();
        await ada.PhotographAsync("outage-2-back");
        await Expect(ada.Waiting).ToHaveCountAsync(0);
        await ada.Page.ReloadAsync();
        await ada.Sees("A thought", "Buy rye bread", "Buy milk");
        await ada.Counts("2 pending, 1 done");
        await Expect(ada.Alert).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task Deletes_a_task_when_the_server_is_back()
    {
        var ada = await WithAccountAsync(await StartAsync());
        ada.Expects("ERR_CONNECTION|ERR_INCOMPLETE_CHUNKED_ENCODING");
        await ada.AddAsync("Buy milk");

        await _server!.KillAsync();
        await ada.Button("Delete Buy milk").ClickAsync();
        await Expect(ada.Waiting).ToHaveCountAsync(1);
        await StartAsync(_server.Client.BaseAddress!.Port);

        await Expect(ada.Waiting).ToHaveCountAsync(0);
        await ada.Page.ReloadAsync();
        await ada.Reads("Nothing to do yet");
    }

    [Fact]
    public async Task Starts_by_itself_when_the_first_request_gets_no_answer()
    {
        var ada = await WithAccountAsync();
        await ada.AddAsync("Buy milk");
        ada.Expects("ERR_FAILED");

        await ada.Page.RouteAsync(Api(), route => route.AbortAsync());
        await ada.Page.ReloadAsync();
        await ada.Reads("The server can’t be reached.");
        await ada.PhotographAsync("outage-3-start");
        await ada.Page.UnrouteAllAsync();

        await ada.Sees("Buy milk");
    }

    [Fact]
    public async Task Says_what_the_server_says_when_it_has_trouble()
    {
        var ada = await WithAccountAsync();
        ada.Expects("status of 503");

        await ada.Page.RouteAsync("**/api/*/tasks*", route => route.FulfillAsync(new()
        {
            Status = 503,
            ContentType = "application/problem+json",
            Body = """{"status":503,"detail":"The service can't do that at the moment; try again soon."}""",
        }));
        await ada.Title.FillAsync("Buy milk");
        await ada.Title.PressAsync("Enter");
        await Expect(ada.Draft("Buy milk")).ToContainTextAsync("The service can't do that at the moment; try again soon.");
        await ada.Page.ReloadAsync();
        await ada.Reads("The tasks could not be loaded. The service can't do that at the moment; try again soon.");
        await ada.Page.UnrouteAllAsync();
        await ada.Button("Try again").ClickAsync();

        await ada.Counts("0 pending");
        await Expect(ada.Draft("Buy milk").GetByLabel("Title")).ToHaveValueAsync("Buy milk");
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
            Directory.Delete(_directory, recursive: true);
        }
    }

    /// <summary>Everything but the files of the page.</summary>
    [GeneratedRegex("/(api|health)/")]
    private static partial Regex Api();

    private async Task<Uri> StartAsync(int port = 0)
    {
        _server = await ServerProcess.StartAsync(_directory, Browser.Settings, port: port);

        return _server.Client.BaseAddress!;
    }
}
