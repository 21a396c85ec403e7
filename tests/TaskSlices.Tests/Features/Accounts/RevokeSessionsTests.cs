namespace TaskSlices.Tests.Features.Accounts;

[Collection(OneAccountServer.Name)]
public sealed class RevokeSessionsTests(AccountServer server)
{
    private const string Url = "/api/auth/revoke-sessions";

    [Fact]
    public async Task Ends_all_sessions_of_the_caller_and_nobody_elses()
    {
        var (visitor, bystander) = (await server.SignUpAsync(), await server.SignUpAsync());
        var other = visitor.Elsewhere();
        await other.SignInAsync();
        string[] tokens = [await visitor.TokenAsync(), await other.TokenAsync()];
        var kept = await bystander.TokenAsync();

        Assert.Equal("""{"status":true}""", (await visitor.Post(Url, "{}").Is(HttpStatusCode.OK)).ToJsonString());

        foreach (var token in tokens)
            await visitor.Tasks(token).IsProblem(HttpStatusCode.Unauthorized, "SESSION_ENDED");
        Assert.Equal("null", await other.Get("/api/auth/get-session").Text());
        Assert.Empty(await bystander.Tasks(kept).IsList());
        await visitor.SignInAsync();
        Assert.Empty(await visitor.Tasks(await visitor.TokenAsync()).IsList());
    }

    [Fact]
    public async Task Is_for_those_who_are_signed_in() =>
        await server.NewVisitor().Post(Url, "{}").IsRefused(401, "Unauthorized", "UNAUTHORIZED");
}
