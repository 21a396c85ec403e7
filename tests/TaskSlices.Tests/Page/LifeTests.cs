namespace TaskSlices.Tests.Page;

public sealed class LifeTests(Browser browser) : PageTest(browser)
{
    [Fact]
    public async Task Shows_the_whole_life_of_a_task()
    {
        var ada = await WithAccountAsync();
        await ada.Reads("Nothing to do yet");

        await ada.AddAsync("Buy bread");
        await ada.Button("+ Details").ClickAsync();
        await ada.Page.GetByLabel("Details").FillAsync("2 litres");
        await ada.AddAsync("Buy milk");
        await ada.Sees("Buy milk", "Buy bread");
        await ada.Counts("2 pending, 0 done");
        await Expect(ada.Row("Buy milk")).ToContainTextAsync("2 litres");
        await ada.PhotographAsync("life-1-added");

        await ada.Button("Edit Buy milk").ClickAsync();
        await Expect(ada.Page.GetByLabel("Title")).ToBeFocusedAsync();
        await ada.Page.GetByLabel("Title").FillAsync("Buy oat milk");
        await ada.Rows.First.GetByLabel("Details").FillAsync("");
        await ada.PhotographAsync("life-2-edited");
        await ada.Button("Save").ClickAsync();
        await ada.Sees("Buy oat milk", "Buy bread");
        await Expect(ada.Row("Buy oat milk")).Not.ToContainTextAsync("litres");

        await ada.Box("Buy bread").CheckAsync();
        await ada.Counts("1 pending, 1 done");
        await ada.PhotographAsync("life-3-completed");
        await ada.ChooseAsync("Pending");
        await ada.Sees("Buy oat milk");
        await ada.ChooseAsync("Done");
        await ada.Sees("Buy bread");
        await ada.ChooseAsync("All");

        await ada.Page.Clock.InstallAsync();
        await ada.Button("Delete Buy bread").ClickAsync();
        await ada.Counts("1 pending, 0 done");
        await ada.PhotographAsync("life-4-deleted");
        await ada.Button("Undo").ClickAsync();
        await ada.Counts("1 pending, 1 done");
        await Expect(ada.Button("Delete Buy bread")).ToBeFocusedAsync();

        var gone = ada.Page.WaitForResponseAsync(response => response.Request.Method == "DELETE");
        await ada.Button("Delete Buy bread").ClickAsync();
        Assert.Equal(200, (await gone).Status);
        await ada.Title.ClickAsync();
        await ada.Page.Clock.FastForwardAsync(10_000);
        await ada.Sees("Buy oat milk");

        await ada.SignOutAsync();
        await ada.SignInAsync();
        await ada.Sees("Buy oat milk");
        await ada.Page.ReloadAsync();
        await ada.Sees("Buy oat milk");
    }

    [Fact]
    public async Task Deletes_what_is_deleted_before_it_signs_out()
    {
        var ada = await WithAccountAsync();
        await ada.AddAsync("Buy milk");

        await ada.Button("Delete Buy milk").ClickAsync();
        await ada.SignOutAsync();
        await ada.SignInAsync();

        await ada.Reads("Nothing to do yet");
    }

    [Fact]
    public async Task Shows_two_users_nothing_of_each_other()
    {
        var ada = await WithAccountAsync();
        var bob = await WithAccountAsync();

        await ada.AddAsync("Of Ada");
        await bob.AddAsync("Of Bob");
        await ada.Page.ReloadAsync();
        await bob.Page.ReloadAsync();

        await ada.Sees("Of Ada");
        await bob.Sees("Of Bob");
    }

    [Fact]
    public async Task Shows_the_next_user_of_a_browser_nothing_of_the_one_before()
    {
        var (ada, bob) = (await WithAccountAsync(), await WithAccountAsync());
        await ada.AddAsync("Of Ada");

        await ada.SignOutAsync();
        Assert.DoesNotContain("Of Ada", await ada.Page.ContentAsync(), StringComparison.Ordinal);
        await ada.SignInAsync(bob.Email);

        await ada.Reads("Nothing to do yet");
        Assert.DoesNotContain("Of Ada", await ada.Page.ContentAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Says_in_the_words_of_the_server_why_it_is_refused()
    {
        var ada = await ArriveAsync();
        ada.Expects("status of (400|401|422)");

        await ada.Page.GetByLabel("Name").FillAsync("Ada");
        await ada.FillCredentialsAsync();
        await ada.Page.GetByLabel("Password", new() { Exact = true }).FillAsync("short");
        await ada.Button("Create account").ClickAsync();
        await Expect(ada.Alert).ToHaveTextAsync("Password too short");
        await Expect(ada.Page.GetByLabel("Email")).ToHaveValueAsync(ada.Email);
        await ada.PhotographAsync("refused-1-sign-up");

        await ada.ChooseAsync("Sign in");
        await ada.FillCredentialsAsync();
        await ada.Button("Sign in").ClickAsync();
        await Expect(ada.Alert).ToHaveTextAsync("Invalid email or password");

        await ada.ChooseAsync("Create account");
        await ada.Button("Create account").ClickAsync();
        await ada.SeesTasks();

        var tooLong = new string('x', 201);
        await ada.Title.FillAsync(tooLong);
        await ada.Title.PressAsync("Enter");
        await Expect(ada.Alert).ToContainTextAsync("title must have 1 to 200 characters");
        await Expect(ada.Page.GetByLabel("Title")).ToHaveValueAsync(tooLong);
        await ada.PhotographAsync("refused-3-add");
        await ada.Button("Discard").ClickAsync();
        await ada.Button("Close").ClickAsync();

        await ada.AddAsync("Buy milk");
        await ada.Button("Edit Buy milk").ClickAsync();
        await ada.Page.GetByLabel("Title").FillAsync(" ");
        await ada.Button("Save").ClickAsync();
        await Expect(ada.Alert).ToContainTextAsync("title must have 1 to 200 characters");
        await Expect(ada.Page.GetByLabel("Title")).ToBeFocusedAsync();
        await ada.PhotographAsync("refused-2-edit");
    }

    [Fact]
    public async Task Gives_back_the_changes_of_an_edit_that_was_cancelled()
    {
        var ada = await WithAccountAsync();
        await ada.AddAsync("Buy milk");

        await ada.Button("Edit Buy milk").ClickAsync();
        await ada.Page.GetByLabel("Title").FillAsync("Buy oat milk");
        await ada.Page.Keyboard.PressAsync("Escape");
        await ada.Sees("Buy milk");
        await ada.Button("Go on editing").ClickAsync();

        await Expect(ada.Page.GetByLabel("Title")).ToHaveValueAsync("Buy oat milk");
    }
}
