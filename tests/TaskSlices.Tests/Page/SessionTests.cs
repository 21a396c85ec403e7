using Microsoft.Playwright;

namespace TaskSlices.Tests.Page;

public sealed class SessionTests(Browser browser) : PageTest(browser)
{
    [Fact]
    public async Task Goes_on_when_the_token_expires_in_the_midst_of_it()
    {
        var ada = await WithAccountAsync();
        await ada.AddAsync("Before");
        var (expired, renewals) = (0, 0);
        ada.Expects("status of 401");

        // From now on the token that the page has is the same with an earlier end, signed by the same key; a new one is left as it is.
        await ada.Page.RouteAsync("**/api/auth/token", route =>
        {
            renewals++;

            return route.ContinueAsync();
        });
        await ada.Page.RouteAsync("**/api/*/tasks**", route =>
        {
            if (renewals > 0)
                return route.ContinueAsync();

            expired++;
            var headers = new Dictionary<string, string>(route.Request.Headers);
            headers["authorization"] = $"Bearer {Browser.Expire(headers["authorization"]["Bearer ".Length..])}";

            return route.ContinueAsync(new() { Headers = headers });
        });
        var refused = ada.Page.WaitForResponseAsync(response => response.Status == 401);

        // A new token of the same second is the same one.
        await Task.Delay(1_000, TestContext.Current.CancellationToken);
        await ada.AddAsync("After");

        Assert.Contains("TOKEN_EXPIRED", await (await refused).TextAsync(), StringComparison.Ordinal);
        Assert.Equal((1, 1), (expired, renewals));
        await ada.Sees("After", "Before");
        await ada.Box("Before").CheckAsync();
        await ada.Counts("1 pending, 1 done");
        Assert.Equal(1, renewals);
    }

    [Fact]
    public async Task Keeps_what_was_typed_when_the_session_ends_elsewhere()
    {
        var ada = await WithAccountAsync();
        await ada.AddAsync("Buy milk");
        ada.Expects("status of 401");
        await ada.Button("Edit Buy milk").ClickAsync();
        await ada.Page.GetByLabel("Title").FillAsync("Buy oat milk");
        await ada.Button("+ Details").ClickAsync();
        await ada.Page.Locator("#description").FillAsync("and its details");

        await EndSessionAsync(ada);
        await ada.Title.FillAsync("A thought");
        await ada.Title.PressAsync("Enter");
        await ada.Reads("Your session has ended");
        Assert.DoesNotContain("Buy milk", await ada.Page.ContentAsync(), StringComparison.Ordinal);
        await ada.PhotographAsync("session-ended");
        await ada.SignInAsync();

        await ShowsBoth();
        await ada.Page.ReloadAsync();
        await ShowsBoth();

        async Task ShowsBoth()
        {
            await Expect(ada.Draft("A thought").GetByLabel("Title")).ToHaveValueAsync("A thought");
            await Expect(ada.Draft("A thought").GetByLabel("Details")).ToHaveValueAsync("and its details");
            await Expect(ada.Page.GetByRole(AriaRole.Form, new() { Name = "Edit Buy milk" }).GetByLabel("Title")).ToHaveValueAsync("Buy oat milk");
        }
    }

    [Fact]
    public async Task Gives_what_was_typed_to_nobody_else()
    {
        var (ada, bob) = (await WithAccountAsync(), await WithAccountAsync());
        ada.Expects("status of 401");

        await EndSessionAsync(ada);
        await ada.Title.FillAsync("A secret of Ada");
        await ada.Title.PressAsync("Enter");
        await ada.Reads("Your session has ended");
        await ada.SignInAsync(bob.Email);

        await Expect(ada.Title).ToHaveValueAsync("");
        Assert.DoesNotContain("A secret of Ada", await ada.Page.ContentAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Asks_before_it_signs_out_with_text_that_is_not_saved()
    {
        var ada = await WithAccountAsync();
        await ada.Title.FillAsync("A thought");

        await ada.Button("Sign out").ClickAsync();
        await Expect(ada.Alert).ToContainTextAsync("not saved");
        await Expect(ada.Title).ToHaveValueAsync("A thought");
        await ada.Button("Sign out anyway").ClickAsync();
        await ada.Reads("You are signed out.");
        await ada.SignInAsync();

        await Expect(ada.Title).ToHaveValueAsync("");
    }

    [Fact]
    public async Task Keeps_no_token_where_a_script_could_find_it()
    {
        var ada = await WithAccountAsync();
        await ada.AddAsync("Buy milk");

        var kept = await ada.Page.EvaluateAsync<string>("JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])");

        Assert.DoesNotContain("eyJ", kept, StringComparison.Ordinal);
        Assert.DoesNotContain("better-auth", kept, StringComparison.Ordinal);
        Assert.Contains(await ada.Context.CookiesAsync(), cookie => cookie is { Name: "better-auth.session_token", HttpOnly: true });
    }

    /// <summary>As another tab of the same browser does it.</summary>
    private static async Task EndSessionAsync(PageVisitor visitor)
    {
        var answer = await visitor.Context.APIRequest.PostAsync($"{visitor.Site}api/auth/sign-out", new()
        {
            DataObject = new { },
            Headers = [new("Origin", visitor.Site.GetLeftPart(UriPartial.Authority))],
        });
        Assert.Equal(200, answer.Status);
    }
}
