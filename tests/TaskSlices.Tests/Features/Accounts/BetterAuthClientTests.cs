namespace TaskSlices.Tests.Features.Accounts;

/// <summary>The unmodified client of Better Auth, against the accounts that are kept here.</summary>
[Trait("Speed", "slow")]
public sealed class BetterAuthClientTests(MailingServer server) : IClassFixture<MailingServer>
{
    [Fact]
    public async Task Signs_up_and_in_and_gets_a_token_that_opens_the_tasks()
    {
        var user = await BetterAuthServer.SignUpAtAsync(server.Origin);

        Assert.Empty(await TasksAsync(server, user).IsList());
    }

    /// <summary>Each request that it makes, each member of each answer with its kind, each status, code and cookie.</summary>
    [Fact]
    public async Task Gets_here_what_it_gets_from_a_real_Better_Auth_server()
    {
        var folder = Directory.CreateTempSubdirectory("taskslices-");
        var (theirMail, ourMail) = (Path.Combine(folder.FullName, "theirs"), Path.Combine(folder.FullName, "ours"));
        await using var real = await BetterAuthServer.StartAsync("RS256", mailbox: theirMail);
        var theirs = await BetterAuthServer.ProbeAsync(real.Url, theirMail);
        var delivery = DeliverAsync(ourMail);
        var ours = await BetterAuthServer.ProbeAsync(server.Origin, ourMail);
        await delivery;
        folder.Delete(recursive: true);

        // Two claims more: the session, so that it can be ended, and the time that FastEndpoints writes with each token.
        Assert.Equal(("32 letters and digits", "number"), (ours["payload"]!["sid"]!.GetValue<string>(), ours["payload"]!["nbf"]!.GetValue<string>()));
        ours["payload"]!.AsObject().Remove("sid");
        ours["payload"]!.AsObject().Remove("nbf");

        Assert.True(theirs["steps"]!.AsArray().Count > 75);
        foreach (var (their, our) in theirs["steps"]!.AsArray().Zip(ours["steps"]!.AsArray()))
            Assert.Equal(their!.ToJsonString(), our!.ToJsonString());
        Assert.Equal(theirs.ToJsonString(), ours.ToJsonString());
    }

    /// <summary>The client that has the password reset runs while the mail comes: the link is what it waits for.</summary>
    private async Task DeliverAsync(string file)
    {
        var mail = await server.Mailbox.NextAsync(TimeSpan.FromMinutes(5));
        await File.WriteAllTextAsync(file, $"{mail.Link}", TestContext.Current.CancellationToken);
    }

    private static Task<HttpResponseMessage> TasksAsync(AccountServer server, BetterAuthUser user) =>
        server.Anonymous().GetWith($"/api/{user.UserId}/tasks", ("Authorization", $"Bearer {user.Token}"));
}

/// <summary>From the accounts that are kept here to a real Better Auth: one setting, and no other line of the frontend than its address.</summary>
[Trait("Speed", "slow")]
public sealed class MovingTests(AccountServer server) : IClassFixture<AccountServer>
{
    [Fact]
    public async Task Needs_one_setting_and_keeps_the_tasks_of_those_who_bring_their_ids_along()
    {
        await server.RestartAsync();
        var before = await BetterAuthServer.SignUpAtAsync(server.Origin);
        Assert.Equal(HttpStatusCode.Created, (await SendAsync(before, "POST", """{"title":"Buy milk"}""")).StatusCode);
        await using var auth = await BetterAuthServer.StartAsync("EdDSA", userId: before.UserId);

        await server.RestartAsync(("BETTER_AUTH_URL", auth.Url));
        var after = await BetterAuthServer.SignUpAtAsync(auth.Url);

        Assert.Equal(before.UserId, after.UserId);
        Assert.Equal("Buy milk", Assert.Single(await SendAsync(after, "GET").IsList())!["title"]!.GetValue<string>());
        Assert.Equal(HttpStatusCode.Unauthorized, (await SendAsync(before, "GET")).StatusCode);
        await server.Anonymous().Get("/api/auth/ok").IsProblem(HttpStatusCode.NotFound, "NOT_FOUND");
    }

    [Fact]
    public async Task Erases_by_the_service_key_alone()
    {
        await using var auth = await BetterAuthServer.StartAsync("EdDSA");
        await server.RestartAsync(("BETTER_AUTH_URL", auth.Url));
        var user = await auth.SignUpAsync();
        Assert.Equal(HttpStatusCode.Created, (await SendAsync(user, "POST", """{"title":"Buy milk"}""")).StatusCode);

        var exported = await server.Anonymous().GetWith($"/api/{user.UserId}/export", ("Authorization", $"Bearer {user.Token}"));
        Assert.Equal("tasks", Assert.Single(await UserData.ExportUserTests.RowsAsync(exported))["kind"]!.GetValue<string>());
        await EraseAsync(user, user.Token).IsProblem(HttpStatusCode.UnprocessableEntity, "ACCOUNT_KEPT_ELSEWHERE");
        Assert.Single(await SendAsync(user, "GET").IsList());

        Assert.Equal(HttpStatusCode.OK, (await EraseAsync(user, AccountServer.ServiceKey)).StatusCode);
        Assert.Empty(await SendAsync(user, "GET").IsList());
    }

    private Task<HttpResponseMessage> EraseAsync(BetterAuthUser user, string credentials) =>
        server.Anonymous().SendWith("DELETE", $"/api/{user.UserId}", """{"password":"x"}""", ("Authorization", $"Bearer {credentials}"));

    private Task<HttpResponseMessage> SendAsync(BetterAuthUser user, string method, string? json = null) =>
        server.Anonymous().SendWith(method, $"/api/{user.UserId}/tasks", json, ("Authorization", $"Bearer {user.Token}"));
}
