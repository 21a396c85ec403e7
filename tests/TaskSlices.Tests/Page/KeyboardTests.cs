using Microsoft.Playwright;

namespace TaskSlices.Tests.Page;

public sealed class KeyboardTests(Browser browser) : PageTest(browser)
{
    [Fact]
    public async Task Needs_no_pointer()
    {
        var ada = await ArriveAsync();

        await TabTo(ada, "Name");
        await Type(ada, "Ada");
        await Press(ada, "Tab");
        await Type(ada, ada.Email);
        await Press(ada, "Tab");
        await Type(ada, PageVisitor.Password);
        await Press(ada, "Enter");
        await ada.SeesTasks();

        await Expect(ada.Title).ToBeFocusedAsync();
        await Type(ada, "Buy bread");
        await Press(ada, "Enter");
        await ada.Sees("Buy bread");
        await TabTo(ada, "+ Details");
        await Press(ada, "Enter");
        await Type(ada, "2 litres");
        await TabTo(ada, "New task", back: true);
        await Type(ada, "Buy milk");
        await Press(ada, "Enter");
        await ada.Sees("Buy milk", "Buy bread");
        await Expect(ada.Title).ToBeFocusedAsync();

        await TabTo(ada, "All");
        await Press(ada, "ArrowRight");
        await TabTo(ada, "Buy milk");
        await Press(ada, "Space");
        await ada.Sees("Buy bread");
        await Expect(ada.Box("Buy bread")).ToBeFocusedAsync();
        await Press(ada, "Space");
        await ada.Reads("Nothing is pending");
        await Expect(ada.Page.GetByRole(AriaRole.Heading)).ToBeFocusedAsync();
        await ada.PhotographAsync("keyboard-1-all-done");

        await TabTo(ada, "Pending");
        await Press(ada, "ArrowLeft");
        await TabTo(ada, "Edit Buy milk");
        await Press(ada, "Enter");
        await Press(ada, "Control+a");
        await Type(ada, "Buy oat milk");
        await Press(ada, "Enter");
        await ada.Sees("Buy oat milk", "Buy bread");
        await Expect(ada.Button("Edit Buy oat milk")).ToBeFocusedAsync();

        await Press(ada, "Enter");
        await Type(ada, "unwanted");
        await Press(ada, "Escape");
        await Expect(ada.Button("Edit Buy oat milk")).ToBeFocusedAsync();

        await ada.Page.Clock.InstallAsync();
        await Press(ada, "Tab");
        await Press(ada, "Enter");
        await Expect(ada.Button("Undo")).ToBeFocusedAsync();

        // Whoever stays at the button is not hurried.
        await ada.Page.Clock.RunForAsync(15_000);
        await ada.PhotographAsync("keyboard-2-undo");
        await Press(ada, "Enter");
        await Expect(ada.Button("Delete Buy oat milk")).ToBeFocusedAsync();
        await Press(ada, "Enter");
        await Press(ada, "Tab");
        await ada.Page.Clock.RunForAsync(10_000);
        await ada.Sees("Buy bread");
        await Expect(ada.Box("Buy bread")).ToBeFocusedAsync();

        await TabTo(ada, "Sign out", back: true);
        await Press(ada, "Enter");
        await ada.Reads("You are signed out.");
        await Expect(ada.Page.GetByLabel("Email")).ToBeFocusedAsync();
    }

    [Fact]
    public async Task Says_what_happened_to_those_who_do_not_see_it()
    {
        var ada = await WithAccountAsync();
        var status = ada.Page.GetByRole(AriaRole.Status);

        await ada.AddAsync("Buy milk");
        await Expect(status).ToHaveTextAsync("Added: Buy milk");
        await ada.Box("Buy milk").CheckAsync();
        await Expect(status).ToHaveTextAsync("Done: Buy milk");
        await ada.Counts("0 pending, 1 done");
        await ada.ChooseAsync("Pending");
        await Expect(status).ToHaveTextAsync("Nothing is pending. Well done.");
        await ada.ChooseAsync("All");
        await Expect(status).ToHaveTextAsync("0 pending, 1 done");
        await ada.Button("Delete Buy milk").ClickAsync();
        await Expect(status).ToHaveTextAsync("Deleted: Buy milk. Undo is available.");
        await ada.Button("Undo").ClickAsync();
        await Expect(status).ToHaveTextAsync("Back again: Buy milk");
    }

    [Fact]
    public async Task Has_single_keys_for_what_is_done_often_and_a_sheet_of_them()
    {
        var ada = await WithAccountAsync();
        foreach (var title in new[] { "Buy tea", "Buy bread", "Buy milk" })
            await ada.AddAsync(title);
        var sheet = ada.Page.GetByRole(AriaRole.Dialog, new() { Name = "Keyboard shortcuts" });

        // What is typed in a field is text.
        await Type(ada, "?/njx");
        await Expect(ada.Title).ToHaveValueAsync("?/njx");
        await ada.Title.FillAsync("");
        await Press(ada, "Escape");
        await Press(ada, "?");
        await Expect(sheet).ToBeVisibleAsync();
        Assert.Empty(await Looks.FindFaultsAsync(ada.Page));
        await Press(ada, "n");
        await Press(ada, "Escape");
        await Expect(sheet).ToBeHiddenAsync();

        await Press(ada, "j");
        await Expect(ada.Box("Buy milk")).ToBeFocusedAsync();
        await Press(ada, "j");
        await Press(ada, "x");
        await Expect(ada.Box("Buy bread")).ToBeCheckedAsync();
        await Press(ada, "j");
        await Press(ada, "j");
        await Expect(ada.Box("Buy tea")).ToBeFocusedAsync();
        await Press(ada, "k");
        await Press(ada, "k");
        await Press(ada, "e");
        await Press(ada, "Control+a");
        await Type(ada, "Buy oat milk");
        await Press(ada, "Control+Enter");
        await ada.Sees("Buy oat milk", "Buy bread", "Buy tea");
        await Press(ada, "d");
        await Expect(ada.Button("Undo")).ToBeFocusedAsync();
        await Press(ada, "j");
        await Press(ada, "z");
        await Expect(ada.Button("Delete Buy oat milk")).ToBeFocusedAsync();
        await Press(ada, "/");
        await Type(ada, "tea");
        await ada.Sees("Buy tea");
        await Press(ada, "Escape");
        await Press(ada, "n");
        await Expect(ada.Title).ToBeFocusedAsync();

        await ada.Button("Keyboard shortcuts ?").ClickAsync();
        await sheet.GetByLabel("Use single keys").UncheckAsync();
        await sheet.GetByText("Close").ClickAsync();
        await ada.Page.ReloadAsync();
        await ada.SeesTasks();
        await Press(ada, "n");
        await Press(ada, "?");
        await Expect(ada.Title).Not.ToBeFocusedAsync();
        await Expect(sheet).ToBeHiddenAsync();
    }

    private static Task Press(PageVisitor visitor, string key) => visitor.Page.Keyboard.PressAsync(key);

    private static Task Type(PageVisitor visitor, string text) => visitor.Page.Keyboard.TypeAsync(text);

    /// <summary>Goes there as a person does, and sees the focus at each stop.</summary>
    private static async Task TabTo(PageVisitor visitor, string name, bool back = false)
    {
        var stops = new List<string>();
        do
        {
            await Press(visitor, back ? "Shift+Tab" : "Tab");
            stops.Add(await visitor.Page.EvaluateAsync<string>("""
                () => {
                  const stop = document.activeElement;
                  const seen = [stop, stop.nextElementSibling].some(e => e && getComputedStyle(e).outlineStyle !== "none");
                  const name = stop.ariaLabel || stop.labels?.[0]?.textContent || stop.textContent;
                  return stop === document.body ? "(the browser)" : seen ? name.trim() : `${name}, and the focus is not seen`;
                }
                """));
            Assert.True(stops.Count < 40, $"No {name} among {string.Join(" | ", stops)}");
        }
        while (stops[^1] != name);

        Assert.DoesNotContain(stops, stop => stop.EndsWith("not seen", StringComparison.Ordinal));
    }
}
