using FastEndpoints.Testing;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using TaskSlices.Features.Accounts;
using TaskSlices.Infrastructure.Data;

namespace TaskSlices.Tests.Features.Accounts;

/// <summary>A server where sign-up is by invitation, in this process: who makes an invitation is next to it.</summary>
[DisableWafCache]
public sealed class InvitingApp : ClockApp
{
    protected override void ConfigureApp(IWebHostBuilder a)
    {
        a.UseData(DataDirectory);
        a.UseSetting("Accounts:SignUp", "invited");
        a.UseSetting("Accounts:AttemptsPerAddress", "1000000");
    }

    public async Task<string> InviteAsync(string? email = null)
    {
        await using var scope = Services.CreateAsyncScope();

        return await scope.ServiceProvider.GetRequiredService<Invitations>().MakeAsync(email, TestContext.Current.CancellationToken);
    }
}

public sealed class InvitationsTests(InvitingApp app) : IClassFixture<InvitingApp>
{
    private const string Url = "/api/auth/sign-up/email";

    [Fact]
    public async Task Let_somebody_sign_up_once()
    {
        var code = await app.InviteAsync();
        var (ann, bob) = (NewEmail(), NewEmail());

        await SignUpAsync(ann, code).Is(HttpStatusCode.OK);

        await SignUpAsync(bob, code).IsRefused(403, "Sign-up needs a valid invitation", "INVALID_INVITATION");
        using var first = app.Anonymous();
        using var second = app.Anonymous();
        await first.SendWith("POST", "/api/auth/sign-in/email", Visitor.Json(new { email = ann, password = "correct horse" })).Is(HttpStatusCode.OK);
        await second.SendWith("POST", "/api/auth/sign-in/email", Visitor.Json(new { email = bob, password = "correct horse" })).IsRefused(401, "Invalid email or password", "INVALID_EMAIL_OR_PASSWORD");
    }

    [Fact]
    public async Task Let_one_of_those_sign_up_who_come_with_the_same_at_once()
    {
        var code = await app.InviteAsync();

        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => SignUpAsync(NewEmail(), code)));

        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.OK);
        foreach (var answer in answers.Where(answer => answer.StatusCode != HttpStatusCode.OK))
            await answer.IsRefused(403, "Sign-up needs a valid invitation", "INVALID_INVITATION");
    }

    [Fact]
    public async Task Are_for_the_address_that_they_name()
    {
        var email = NewEmail();
        var code = await app.InviteAsync(email.ToUpperInvariant());

        await SignUpAsync(NewEmail(), code).IsRefused(403, "Sign-up needs a valid invitation", "INVALID_INVITATION");
        await SignUpAsync(email, code).Is(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("nothing")]
    [InlineData(5)]
    [InlineData(true)]
    public async Task Are_needed(object? invitation) =>
        await SignUpAsync(NewEmail(), invitation).IsRefused(403, "Sign-up needs a valid invitation", "INVALID_INVITATION");

    [Fact]
    public async Task Are_good_for_seven_days_and_then_removed()
    {
        var (early, late) = (await app.InviteAsync(), await app.InviteAsync());
        app.Step(TimeSpan.FromDays(7) - TimeSpan.FromMinutes(1));
        await SignUpAsync(NewEmail(), early).Is(HttpStatusCode.OK);

        app.Step(TimeSpan.FromMinutes(1));

        await SignUpAsync(NewEmail(), late).IsRefused(403, "Sign-up needs a valid invitation", "INVALID_INVITATION");
        var housekeeping = app.Services.GetRequiredService<Housekeeping>();
        await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => housekeeping.RemoveExpiredAsync(TestContext.Current.CancellationToken)));
        using var database = app.OpenDatabase();
        Assert.Equal(0L, database.Scalar("SELECT count(*) FROM invitations"));
    }

    [Fact]
    public async Task Are_not_used_up_by_a_sign_up_that_is_refused()
    {
        var (code, email) = (await app.InviteAsync(), NewEmail());
        await SignUpAsync(email, await app.InviteAsync()).Is(HttpStatusCode.OK);

        await SignUpAsync(email, code).IsRefused(422, "User already exists. Use another email.", "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL");

        await SignUpAsync(NewEmail(), code).Is(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Leave_no_code_in_the_database()
    {
        var code = await app.InviteAsync();

        using var database = app.OpenDatabase();
        var digest = System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(code));

        Assert.Equal(1L, database.Scalar("SELECT count(*) FROM invitations WHERE code_hash = $digest", ("$digest", digest)));
    }

    [Fact]
    public async Task Are_what_a_page_is_told_of()
    {
        using var client = app.Anonymous();

        Assert.Equal("""{"ok":true,"signUp":false}""", (await client.Get("/api/auth/ok").Is(HttpStatusCode.OK)).ToJsonString());
    }

    private async Task<HttpResponseMessage> SignUpAsync(string email, object? invitation)
    {
        using var client = app.Anonymous();

        return await client.SendWith("POST", Url, Visitor.Json(new { name = "", email, password = "correct horse", invitation }));
    }

    private static string NewEmail() => $"{App.NewUser()}@example.com";
}
