namespace TaskSlices.Tests.Features.Accounts;

[Collection(OneAccountServer.Name)]
public sealed class RevokeOtherSessionsTests(AccountServer server)
{
    private const string Url = "/api/auth/revoke-other-sessions";

    [Fact]
    public async Task Ends_all_sessions_of_the_caller_but_this_one()
    {
        var (visitor, bystander) = (await server.SignUpAsync(), await server.SignUpAsync());
        var other = visitor.Elsewhere();
        await other.SignInAsync();
        var (own, others) = (await visitor.TokenAsync(), await other.TokenAsync());

        Assert.Equal("""{"status":true}""", (await visitor.Post(Url, "{}").Is(HttpStatusCode.OK)).ToJsonString());

        await other.Tasks(others).IsProblem(HttpStatusCode.Unauthorized, "SESSION_ENDED");
        Assert.Empty(await visitor.Tasks(own).IsList());
        Assert.Empty(await bystander.Tasks(await bystander.TokenAsync()).IsList());
    }

    [Fact]
    public async Task Is_for_those_who_are_signed_in() =>
        await server.NewVisitor().Post(Url, "{}").IsRefused(401, "Unauthorized", "UNAUTHORIZED");
}
