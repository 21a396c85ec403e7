namespace TaskSlices.Tests.Page;

public sealed class DelegatedTests(Browser browser) : PageTest(browser)
{
    [Fact]
    public async Task Shows_how_to_point_a_frontend_here_where_Better_Auth_keeps_the_accounts()
    {
        await using var server = new Server();
        await server.InitializeAsync();
        var ada = await ArriveAsync(server.Address);
        ada.Expects("status of 404");

        await ada.Reads("Sign in at your own frontend");
        await ada.Reads($"{server.Address}api/${{user.id}}/tasks");
        await Expect(ada.Page.Locator("#credentials")).ToBeHiddenAsync();
        Assert.Empty(await Looks.FindFaultsAsync(ada.Page));
        await ada.PhotographAsync("delegated");
        foreach (var link in await ada.Page.Locator("#elsewhere a").AllAsync())
            Assert.Equal(200, (await ada.Context.APIRequest.GetAsync(await link.EvaluateAsync<string>("a => a.href"))).Status);
    }
}
