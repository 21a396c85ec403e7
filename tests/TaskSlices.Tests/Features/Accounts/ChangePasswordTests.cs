namespace TaskSlices.Tests.Features.Accounts;

[Collection(OneAccountServer.Name)]
public sealed class ChangePasswordTests(AccountServer server)
{
    private const string Url = "/api/auth/change-password";
    private const string Next = "battery staple";

    [Fact]
    public async Task Sets_another_password_and_lets_the_sessions_go_on()
    {
        var visitor = await server.SignUpAsync();
        var other = visitor.Elsewhere();
        await other.SignInAsync();
        var token = await other.TokenAsync();

        var answer = await visitor.Post(Url, Json(visitor, Next)).Is(HttpStatusCode.OK);

        Assert.Equal(["token", "user"], answer.Members());
        Assert.Equal((null, visitor.Email), (answer["token"], answer["user"]!["email"]!.GetValue<string>()));
        Assert.Empty(await other.Tasks(token).IsList());
        await visitor.Elsewhere().Post("/api/auth/sign-in/email", Visitor.Json(new { email = visitor.Email, password = visitor.Password }))
            .IsRefused(401, "Invalid email or password", "INVALID_EMAIL_OR_PASSWORD");
        await WithPassword(visitor, Next).SignInAsync();
    }

    [Fact]
    public async Task Ends_all_sessions_with_their_tokens_and_streams_if_asked_to_and_begins_a_new_one()
    {
        var (visitor, bystander) = (await server.SignUpAsync(), await server.SignUpAsync());
        var other = visitor.Elsewhere();
        await other.SignInAsync();
        string[] tokens = [await visitor.TokenAsync(), await other.TokenAsync()];
        using var client = server.Anonymous();
        client.DefaultRequestHeaders.Authorization = new("Bearer", tokens[1]);
        using var stream = await EventReader.OpenAsync(client, $"/api/{visitor.Id}/events");

        var answer = await visitor.Post(Url, Json(visitor, Next, revoke: true)).Is(HttpStatusCode.OK);

        foreach (var token in tokens)
            await visitor.Tasks(token).IsProblem(HttpStatusCode.Unauthorized, "SESSION_ENDED");
        Assert.Empty(await stream.ReadToEndAsync());
        Assert.Equal("null", await other.Get("/api/auth/get-session").Text());
        var session = (await visitor.Get("/api/auth/get-session").Is(HttpStatusCode.OK))["session"]!;
        Assert.Equal(answer["token"]!.GetValue<string>(), session["token"]!.GetValue<string>());
        Assert.Empty(await visitor.Tasks(await visitor.TokenAsync()).IsList());
        Assert.Empty(await bystander.Tasks(await bystander.TokenAsync()).IsList());
    }

    [Fact]
    public async Task Changes_nothing_by_a_wrong_password()
    {
        var visitor = await server.SignUpAsync();
        var other = visitor.Elsewhere();
        await other.SignInAsync();

        await visitor.Post(Url, Visitor.Json(new { currentPassword = "wrong password", newPassword = Next, revokeOtherSessions = true }))
            .IsRefused(400, "Invalid password", "INVALID_PASSWORD");

        Assert.NotEqual("null", await other.Get("/api/auth/get-session").Text());
        await visitor.Elsewhere().SignInAsync();
    }

    [Theory]
    [InlineData(7, "Password too short", "PASSWORD_TOO_SHORT")]
    [InlineData(129, "Password too long", "PASSWORD_TOO_LONG")]
    public async Task Refuses_a_password_that_nobody_could_sign_up_with(int length, string message, string code)
    {
        var visitor = await server.SignUpAsync();

        await visitor.Post(Url, Json(visitor, new string('x', length))).IsRefused(400, message, code);
        await visitor.Elsewhere().SignInAsync();
    }

    [Theory]
    [InlineData("[]", "[body] Invalid input: expected object, received array")]
    [InlineData("""{"newPassword":1,"revokeOtherSessions":"x"}""", "[body.newPassword] Invalid input: expected string, received number; [body.currentPassword] Invalid input: expected string, received undefined; [body.revokeOtherSessions] Invalid input: expected boolean, received string")]
    public async Task Refuses_a_body_of_another_shape_in_the_words_of_Better_Auth(string json, string message) =>
        await server.NewVisitor().Post(Url, json).IsRefused(400, message, "VALIDATION_ERROR");

    [Fact]
    public async Task Is_for_those_who_are_signed_in()
    {
        var visitor = await server.SignUpAsync();

        await visitor.Elsewhere().Post(Url, Json(visitor, Next)).IsRefused(401, "Unauthorized", "UNAUTHORIZED");
        await visitor.Elsewhere().SignInAsync();
    }

    /// <summary>Each knows the password that there was: only one of them changes that.</summary>
    [Fact]
    public async Task Lets_one_of_several_win()
    {
        var visitor = await server.SignUpAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => visitor.Post(Url, Json(visitor, $"battery staple {i}"))));

        var winner = Assert.Single(Enumerable.Range(0, 4), i => answers[i].StatusCode == HttpStatusCode.OK);
        await WithPassword(visitor, $"battery staple {winner}").SignInAsync();
    }

    private Visitor WithPassword(Visitor visitor, string password) => new(server.Address) { Email = visitor.Email, Password = password };

    private static string Json(Visitor visitor, string next, bool revoke = false) =>
        Visitor.Json(new { currentPassword = visitor.Password, newPassword = next, revokeOtherSessions = revoke });
}
