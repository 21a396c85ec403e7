using Microsoft.Playwright;

namespace TaskSlices.Tests.Page;

public sealed class SwaggerTests(Browser browser) : PageTest(browser)
{
    /// <summary>The browser reports all that its Content-Security-Policy keeps from the page, and the test then fails.</summary>
    [Fact]
    public async Task Shows_the_API_and_tries_it_out_under_its_policy()
    {
        var ada = await ArriveAsync();
        ada.Expects("status of 401");

        await ada.Page.GotoAsync(new Uri(ada.Site, "swagger/index.html").AbsoluteUri);
        await ada.Page.Locator(".opblock-tag").Filter(new() { HasText = "Tasks" }).First.ClickAsync();
        var operation = ada.Page.Locator(".opblock-get").Filter(new() { HasText = "/api/{user_id}/tasks" }).First;
        await operation.ClickAsync();
        await operation.GetByPlaceholder("user_id").FillAsync("ada");
        await operation.GetByText("Execute", new() { Exact = true }).ClickAsync();

        await Expect(operation.Locator(".live-responses-table").GetByText("TOKEN_MISSING").First).ToBeVisibleAsync();
        await ada.PhotographAsync("swagger");
    }

    [Fact]
    public async Task Shows_the_accounts_as_the_other_of_two_documents()
    {
        var ada = await ArriveAsync();

        await ada.Page.GotoAsync(new Uri(ada.Site, "swagger/index.html").AbsoluteUri);
        var choice = ada.Page.Locator(".topbar select");
        await Expect(choice.Locator("option")).ToHaveTextAsync(["v1", "accounts"]);
        // Its page shows what arrives last, whatever is chosen.
        await Expect(ada.Page.Locator(".opblock-tag").Filter(new() { HasText = "Tasks" }).First).ToBeVisibleAsync();
        await choice.SelectOptionAsync(new SelectOptionValue { Label = "accounts" });
        await ada.Page.Locator(".opblock-tag").Filter(new() { HasText = "Sign-up, sign-in" }).ClickAsync();

        await Expect(ada.Page.Locator(".opblock-post").Filter(new() { HasText = "/api/auth/sign-up/email" })).ToBeVisibleAsync();
        await ada.PhotographAsync("swagger-accounts");
    }
}
