using System.Text.Json.Nodes;
using Microsoft.Playwright;

namespace TaskSlices.Tests.Page;

/// <summary>The account of whoever is signed in, at <c>#you</c>.</summary>
public sealed class AccountTests(Browser browser) : PageTest(browser)
{
    private const string OtherPassword = "another battery";

    [Fact]
    public async Task Shows_where_one_is_signed_in_and_ends_each_session()
    {
        var ada = await WithAccountAsync();
        var phone = await ArriveAsync(look: new() { UserAgent = "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36" });
        await phone.SignInAsync(ada.Email);
        phone.Expects("status of 401");

        await OpenAsync(ada);
        await Expect(Sessions(ada)).ToContainTextAsync(["Chrome on Android", "Chrome on Linux"]);
        await Expect(Sessions(ada).Nth(1)).ToContainTextAsync("This browser, since ");
        await Expect(Sessions(ada).GetByRole(AriaRole.Button)).ToHaveCountAsync(1);
        await ada.PhotographAsync("account-1-sessions", fullPage: true);
        await ada.Page.GetByRole(AriaRole.Button, new() { Name = "Sign out: Chrome on Android" }).ClickAsync();

        await Expect(Sessions(ada)).ToContainTextAsync(["Chrome on Linux"]);
        await Expect(ada.Page.GetByRole(AriaRole.Heading, new() { Name = "Your account" })).ToBeFocusedAsync();
        await phone.Title.FillAsync("A thought");
        await phone.Title.PressAsync("Enter");
        await phone.Reads("Your session has ended");
        await ada.Page.ReloadAsync();
        await Expect(Sessions(ada)).ToHaveCountAsync(1);
    }

    [Fact]
    public async Task Ends_all_other_sessions()
    {
        var ada = await WithAccountAsync();
        foreach (var _ in Enumerable.Range(0, 2))
        {
            var other = await ArriveAsync();
            await other.SignInAsync(ada.Email);
            await other.Page.CloseAsync();
        }

        await OpenAsync(ada);
        await Expect(Sessions(ada)).ToHaveCountAsync(3);
        await ada.Button("Sign out everywhere else").ClickAsync();

        await Expect(Sessions(ada)).ToHaveCountAsync(1);
        await Expect(ada.Button("Sign out everywhere else")).ToBeHiddenAsync();
        await ada.Page.GetByRole(AriaRole.Link, new() { Name = "Your tasks" }).ClickAsync();
        await ada.AddAsync("Buy milk");
    }

    [Fact]
    public async Task Changes_name_email_and_password()
    {
        var ada = await WithAccountAsync();
        var email = $"new-{ada.Email}";
        ada.Expects("status of (400|401)");
        await OpenAsync(ada);

        await Field(ada, "Name").FillAsync("Ada King");
        await Field(ada, "Email").FillAsync(email);
        await ada.Button("Save changes").ClickAsync();
        await ada.Reads("Your name and email are saved.");
        await Expect(ada.Page.Locator("#name")).ToHaveTextAsync("Ada King");

        await Field(ada, "Current password").FillAsync("a wrong one");
        await Field(ada, "New password").FillAsync(OtherPassword);
        await ada.Button("Change password").ClickAsync();
        await Expect(ada.Alert).ToContainTextAsync(["Invalid password"]);
        await Field(ada, "Current password").FillAsync(PageVisitor.Password);
        await ada.Button("Change password").ClickAsync();
        await ada.Reads("Your password is changed.");
        await Expect(Field(ada, "New password")).ToHaveValueAsync("");

        // With the cookie of a new session.
        await ada.Page.GetByRole(AriaRole.Link, new() { Name = "Your tasks" }).ClickAsync();
        await ada.AddAsync("Buy milk");
        await ada.SignOutAsync();
        await ada.ChooseAsync("Sign in");
        await ada.FillCredentialsAsync(email);
        await ada.Button("Sign in").ClickAsync();
        await ada.Reads("Invalid email or password");
        await ada.Page.GetByLabel("Password", new() { Exact = true }).FillAsync(OtherPassword);
        await ada.Button("Sign in").ClickAsync();
        await ada.Sees("Buy milk");
    }

    [Fact]
    public async Task Says_so_when_somebody_else_has_the_address()
    {
        var (ada, bob) = (await WithAccountAsync(), await WithAccountAsync());
        await OpenAsync(ada);

        await Field(ada, "Email").FillAsync(bob.Email);
        await ada.Button("Save changes").ClickAsync();

        await Expect(ada.Alert).ToHaveTextAsync("This address can’t be used.");
        await Expect(Field(ada, "Email")).ToHaveValueAsync(ada.Email);
    }

    [Fact]
    public async Task Exports_all_that_is_kept()
    {
        var ada = await WithAccountAsync();
        await ada.AddAsync("Buy milk");
        await OpenAsync(ada);

        var file = await ada.Page.RunAndWaitForDownloadAsync(() => ada.Button("Export").ClickAsync());

        Assert.Matches(@"^taskslices-\d{4}-\d\d-\d\d\.ndjson$", file.SuggestedFilename);
        var rows = (await File.ReadAllLinesAsync(await file.PathAsync(), TestContext.Current.CancellationToken)).Select(line => JsonNode.Parse(line)!).ToList();
        Assert.Contains(rows, row => $"{row["kind"]}" == "tasks" && $"{row["title"]}" == "Buy milk");
        Assert.Contains(rows, row => $"{row["email"]}" == ada.Email);
    }

    [Fact]
    public async Task Erases_the_account_with_the_password_alone()
    {
        var ada = await WithAccountAsync();
        ada.Expects("status of (401|422)");
        await ada.AddAsync("A secret of Ada");
        await ada.Title.FillAsync("A thought");
        await OpenAsync(ada);

        await Field(ada, "Your password").FillAsync("a wrong one");
        await ada.Button("Erase everything").ClickAsync();
        await Expect(ada.Alert).ToHaveTextAsync("password is not right.");
        await Field(ada, "Your password").FillAsync(PageVisitor.Password);
        await ada.Button("Erase everything").ClickAsync();
        await ada.Reads("Your account is erased");

        Assert.DoesNotContain("#", ada.Page.Url, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", await ada.Page.ContentAsync(), StringComparison.Ordinal);
        Assert.Equal("{}{}", await ada.Page.EvaluateAsync<string>("JSON.stringify({ ...localStorage }) + JSON.stringify({ ...sessionStorage })"));
        await ada.ChooseAsync("Sign in");
        await ada.FillCredentialsAsync();
        await ada.Button("Sign in").ClickAsync();
        await ada.Reads("Invalid email or password");
    }

    [Fact]
    public async Task Changes_nothing_of_somebody_who_has_signed_in_in_another_tab()
    {
        var (ada, bob) = (await WithAccountAsync(), await WithAccountAsync());
        ada.Expects("status of 40[13]");
        await OpenAsync(ada);
        await ada.Context.ClearCookiesAsync();
        await ada.Context.AddCookiesAsync((await bob.Context.CookiesAsync()).Select(cookie =>
            new Microsoft.Playwright.Cookie { Name = cookie.Name, Value = cookie.Value, Domain = cookie.Domain, Path = cookie.Path, HttpOnly = true }));

        await Field(ada, "Name").FillAsync("Mallory");
        await ada.Button("Save changes").ClickAsync();
        await ada.Reads("Your session has ended");

        await bob.Page.ReloadAsync();
        await Expect(bob.Page.Locator("#name")).ToHaveTextAsync("Ada Lovelace");
    }

    [Fact]
    public async Task Is_a_place_of_its_own_and_gives_the_list_back_as_it_was()
    {
        var ada = await WithAccountAsync(look: new() { ViewportSize = new() { Width = 900, Height = 500 } });
        foreach (var title in Enumerable.Range(1, 12).Select(i => $"Task {i}"))
            await ada.AddAsync(title);
        await ada.Title.FillAsync("A thought");
        await ada.Page.EvaluateAsync("scrollTo(0, 300)");

        await ada.Page.EvaluateAsync("location.hash = '#you'");
        await Expect(Sessions(ada)).ToHaveCountAsync(1);
        await Expect(ada.Rows).ToHaveCountAsync(0);
        Assert.Equal(0, await ada.Page.EvaluateAsync<int>("scrollY"));
        await ada.Page.GoBackAsync();

        await Expect(ada.Rows).ToHaveCountAsync(12);
        await Expect(ada.Title).ToHaveValueAsync("A thought");
        Assert.Equal(300, await ada.Page.EvaluateAsync<int>("scrollY"));
        await ada.Page.GoForwardAsync();
        await ada.Page.ReloadAsync();
        await Expect(Sessions(ada)).ToHaveCountAsync(1);
    }

    private static ILocator Sessions(PageVisitor visitor) => visitor.Page.Locator("#sessions > li:not(.muted)");

    private static ILocator Field(PageVisitor visitor, string label) => visitor.Page.Locator("#you").GetByLabel(label, new() { Exact = true });

    private static async Task OpenAsync(PageVisitor visitor)
    {
        await visitor.Page.GetByRole(AriaRole.Link, new() { Name = "Account" }).ClickAsync();
        await Expect(visitor.Page.GetByRole(AriaRole.Heading, new() { Name = "Your account" })).ToBeFocusedAsync();
    }
}
