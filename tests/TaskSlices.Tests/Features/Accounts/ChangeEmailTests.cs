namespace TaskSlices.Tests.Features.Accounts;

[Collection(OneAccountServer.Name)]
public sealed class ChangeEmailTests(AccountServer server)
{
    private const string Url = "/api/auth/change-email";

    [Fact]
    public async Task Lets_the_caller_sign_in_by_the_other_address_and_by_no_old_one()
    {
        var visitor = await server.SignUpAsync();
        var next = $"King.{visitor.Email}";

        Assert.Equal("""{"status":true}""", (await visitor.Post(Url, Visitor.Json(new { newEmail = next })).Is(HttpStatusCode.OK)).ToJsonString());

        var user = (await visitor.Get("/api/auth/get-session").Is(HttpStatusCode.OK))["user"]!;
        Assert.Equal((visitor.Id, next.ToLowerInvariant()), (user["id"]!.GetValue<string>(), user["email"]!.GetValue<string>()));
        await new Visitor(server.Address) { Email = next }.SignInAsync();
        await visitor.Elsewhere().Post("/api/auth/sign-in/email", Visitor.Json(new { email = visitor.Email, password = visitor.Password }))
            .IsRefused(401, "Invalid email or password", "INVALID_EMAIL_OR_PASSWORD");
        await visitor.Elsewhere().SignUpAsync();
    }

    [Fact]
    public async Task Does_not_say_that_somebody_else_has_the_address()
    {
        var (visitor, other) = (await server.SignUpAsync(), await server.SignUpAsync());

        var response = await visitor.Post(Url, Visitor.Json(new { newEmail = other.Email.ToUpperInvariant() }));

        Assert.Equal("""{"status":true}""", (await response.Is(HttpStatusCode.OK)).ToJsonString());
        await visitor.Elsewhere().SignInAsync();
        await other.Elsewhere().SignInAsync();
    }

    /// <summary>Who is first has it; two accounts never have one address.</summary>
    [Fact]
    public async Task Gives_an_address_to_one_of_those_who_want_it_at_once()
    {
        var visitors = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => server.SignUpAsync()));
        var wanted = $"wanted.{visitors[0].Email}";

        var answers = await Task.WhenAll(visitors.Select(visitor => visitor.Post(Url, Visitor.Json(new { newEmail = wanted }))));

        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));
        using var database = server.OpenDatabase();
        Assert.Equal(1L, database.Scalar("SELECT count(*) FROM accounts WHERE email = $email", ("$email", wanted)));
    }

    [Theory]
    [InlineData("{}", 400, "[body.newEmail] Invalid input: expected string, received undefined", "VALIDATION_ERROR")]
    [InlineData("""{"newEmail":"nobody"}""", 400, "[body.newEmail] Invalid email address", "VALIDATION_ERROR")]
    [InlineData("""{"newEmail":"a@example.com\r\nBcc: b@example.com"}""", 400, "[body.newEmail] Invalid email address", "VALIDATION_ERROR")]
    [InlineData("""{"newEmail":"a@example.com","callbackURL":"https://evil.example"}""", 403, "Invalid callbackURL", "INVALID_CALLBACK_URL")]
    [InlineData("""{"newEmail":"a@example.com","redirectTo":"//evil.example"}""", 403, "Invalid redirectURL", "INVALID_REDIRECT_URL")]
    public async Task Refuses_what_is_no_address(string json, int status, string message, string code) =>
        await (await server.SignUpAsync()).Post(Url, json).IsRefused(status, message, code);

    [Fact]
    public async Task Refuses_the_address_that_there_is()
    {
        var visitor = await server.SignUpAsync();

        await visitor.Post(Url, Visitor.Json(new { newEmail = visitor.Email.ToUpperInvariant() })).IsRefused(400, "Email is the same", null);
    }

    [Fact]
    public async Task Is_for_those_who_are_signed_in() =>
        await server.NewVisitor().Post(Url, """{"newEmail":"nobody@example.com"}""").IsRefused(401, "Unauthorized", "UNAUTHORIZED");
}
