namespace TaskSlices.Tests.Features.Accounts;

[Collection(OneAccountServer.Name)]
public sealed class RevokeSessionTests(AccountServer server)
{
    private const string Url = "/api/auth/revoke-session";

    /// <summary>The list has an id in the place of the token of each other session: the client sends back what it has read.</summary>
    [Fact]
    public async Task Ends_the_session_that_the_list_names_and_no_other()
    {
        var visitor = await server.SignUpAsync();
        var (phone, tablet) = (visitor.Elsewhere(), visitor.Elsewhere());
        await phone.SignInAsync();
        await tablet.SignInAsync();
        var (lost, kept) = (await phone.TokenAsync(), await tablet.TokenAsync());
        var id = Visitor.Claims(lost)["sid"]!.GetValue<string>();
        var named = (await visitor.Get("/api/auth/list-sessions").IsList()).Single(session => session!["id"]!.GetValue<string>() == id)!;

        Assert.Equal("""{"status":true}""", (await visitor.Post(Url, Visitor.Json(new { token = named["token"]!.GetValue<string>() })).Is(HttpStatusCode.OK)).ToJsonString());

        await phone.Tasks(lost).IsProblem(HttpStatusCode.Unauthorized, "SESSION_ENDED");
        Assert.Equal("null", await phone.Get("/api/auth/get-session").Text());
        Assert.Empty(await tablet.Tasks(kept).IsList());
        Assert.Equal(2, (await visitor.Get("/api/auth/list-sessions").IsList()).Count);
    }

    [Fact]
    public async Task Ends_the_session_that_has_the_token()
    {
        var visitor = await server.SignUpAsync();
        var other = visitor.Elsewhere();
        var token = (await other.SignInAsync())["token"]!.GetValue<string>();

        await visitor.Post(Url, Visitor.Json(new { token })).Is(HttpStatusCode.OK);

        Assert.Equal("null", await other.Get("/api/auth/get-session").Text());
        Assert.NotEqual("null", await visitor.Get("/api/auth/get-session").Text());
    }

    /// <summary>Neither by its token nor by its id, and the answer is that for a token which there is not.</summary>
    [Fact]
    public async Task Leaves_the_sessions_of_others_alone()
    {
        var (visitor, other) = (await server.SignUpAsync(), await server.SignUpAsync());
        var session = (await other.Get("/api/auth/get-session").Is(HttpStatusCode.OK))["session"]!;

        foreach (var token in new[] { session["token"]!.GetValue<string>(), session["id"]!.GetValue<string>(), "nothing", "" })
            Assert.Equal("""{"status":true}""", (await visitor.Post(Url, Visitor.Json(new { token })).Is(HttpStatusCode.OK)).ToJsonString());

        Assert.Empty(await other.Tasks(await other.TokenAsync()).IsList());
    }

    [Fact]
    public async Task Refuses_a_body_without_a_token() =>
        await (await server.SignUpAsync()).Post(Url, "{}").IsRefused(400, "[body.token] Invalid input: expected string, received undefined", "VALIDATION_ERROR");

    [Fact]
    public async Task Is_for_those_who_are_signed_in() =>
        await server.NewVisitor().Post(Url, """{"token":"x"}""").IsRefused(401, "Unauthorized", "UNAUTHORIZED");
}
