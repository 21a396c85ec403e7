using Microsoft.Playwright;

namespace TaskSlices.Tests.Page;

/// <summary>Where the page is, and what answers there.</summary>
public sealed class AddressTests(Browser browser) : PageTest(browser)
{
    [Fact]
    public async Task May_be_below_another_path()
    {
        // What a service worker fetches, the test can't answer; InstallTests have a real sub-path.
        var ada = await WithAccountAsync(look: new() { ServiceWorkers = ServiceWorkerPolicy.Block });
        ada.Expects("Service Worker registration blocked by Playwright");
        await ada.AddAsync("Buy milk");
        var outside = new List<string>();
        await ada.Page.RouteAsync("**/*", async route =>
        {
            var path = new Uri(route.Request.Url).PathAndQuery;
            if (!path.StartsWith("/tasks/", StringComparison.Ordinal))
                outside.Add(path);

            // As a proxy does it that takes the prefix away.
            await route.FulfillAsync(new() { Response = await route.FetchAsync(new() { Url = $"{ada.Site}{path["/tasks/".Length..]}" }) });
        });

        await ada.Page.GotoAsync($"{ada.Site}tasks/");
        await ada.Sees("Buy milk");
        await ada.AddAsync("Buy bread");
        await ada.Box("Buy bread").CheckAsync();
        await ada.Counts("1 pending, 1 done");
        await ada.SignOutAsync();
        await ada.SignInAsync();

        await ada.Sees("Buy bread", "Buy milk");
        Assert.Empty(outside);
    }

    [Fact]
    public async Task Is_named_when_something_else_answers_there()
    {
        var ada = await WithAccountAsync();
        ada.Expects("status of 404");

        await ada.Page.RouteAsync("**/api/**", route => route.FulfillAsync(new() { Status = 404, ContentType = "text/html", Body = "<h1>Not Found</h1>" }));
        await ada.Page.ReloadAsync();

        await ada.Reads($"What answers at {ada.Site} is not TaskSlices.");
        await ada.PhotographAsync("address-1-something-else");
    }

    [Fact]
    public async Task Is_tried_again_while_only_a_proxy_answers_there()
    {
        var ada = await WithAccountAsync();
        await ada.AddAsync("Buy milk");
        ada.Expects("status of 502");

        await ada.Page.RouteAsync("**/api/**", route => route.FulfillAsync(new() { Status = 502, ContentType = "text/html", Body = "<h1>Bad Gateway</h1>" }));
        await ada.Page.ReloadAsync();
        await ada.Reads("the proxy in front of it answers with status 502");
        await ada.Page.UnrouteAllAsync();

        await ada.Sees("Buy milk");
    }

    [Fact]
    public async Task Is_told_to_those_who_run_the_server_when_it_takes_no_sign_ins_from_there()
    {
        await using var server = new OtherAddressServer();
        await server.InitializeAsync();
        var ada = await ArriveAsync(server.Address);
        ada.Expects("status of 403");
        await ada.Page.GetByLabel("Name").FillAsync("Ada");
        await ada.FillCredentialsAsync();

        await ada.Button("Create account").ClickAsync();

        await Expect(ada.Alert).ToContainTextAsync($"set Accounts:Url to {server.Origin} on the server");
        await ada.PhotographAsync("address-2-wrong-origin");
    }

    [Fact]
    public async Task Offers_no_sign_up_where_it_is_closed()
    {
        var ada = await WithAccountAsync();
        await ada.Page.RouteAsync("**/api/auth/ok", route => route.FulfillAsync(new() { ContentType = "application/json", Body = """{"ok":true,"signUp":false}""" }));
        await ada.SignOutAsync();
        await ada.Page.EvaluateAsync("localStorage.clear()");
        await ada.Page.ReloadAsync();

        await Expect(ada.Button("Sign in")).ToBeVisibleAsync();
        await Expect(ada.Page.GetByLabel("Name", new() { Exact = true })).ToBeHiddenAsync();
        await Expect(ada.Page.GetByText("Create account").Filter(new() { Visible = true })).ToHaveCountAsync(0);
        await ada.PhotographAsync("address-3-sign-up-closed");
        await ada.FillCredentialsAsync();
        await ada.Button("Sign in").ClickAsync();
        await ada.SeesTasks();
    }

    private sealed class OtherAddressServer : AccountServer
    {
        protected override Dictionary<string, string> Settings => new() { ["Accounts__Url"] = "https://tasks.example" };
    }
}
