using System.Security.Cryptography;
using System.Text;

namespace TaskSlices.Tests.Page;

public sealed class InvitationTests(Browser browser) : PageTest(browser)
{
    private readonly string _directory = Directory.CreateTempSubdirectory("taskslices-").FullName;

    [Fact]
    public async Task Lets_somebody_sign_up_who_opens_the_link_of_an_invitation()
    {
        await using var server = await ServerProcess.StartAsync(_directory, new() { ["Accounts__SignUp"] = "invited" });
        using (var database = Engine.Open(_directory))
        {
            database.Execute(
                "INSERT INTO invitations (code_hash, email, expires_at) VALUES ($code, NULL, $until)",
                ("$code", SHA256.HashData(Encoding.UTF8.GetBytes("a-code"))), ("$until", Engine.Time(DateTimeOffset.UtcNow.AddDays(1))));
        }

        var ada = await ArriveAsync(server.Client.BaseAddress);
        await Expect(ada.Button("Create account")).ToBeHiddenAsync();

        await ada.Page.GotoAsync($"{ada.Site}#invitation=a-code");
        await ada.Page.ReloadAsync();
        await ada.Page.GetByLabel("Name").FillAsync("Ada Lovelace");
        await ada.FillCredentialsAsync();
        await ada.Button("Create account").ClickAsync();

        await ada.SeesTasks();

        // Before the server ends: the page would tell of its live stream.
        await ada.PhotographAsync($"{nameof(InvitationTests)}-{nameof(Lets_somebody_sign_up_who_opens_the_link_of_an_invitation)}");
        await ada.Page.CloseAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        Engine.Drop(_directory);
        Directory.Delete(_directory, recursive: true);
    }
}
