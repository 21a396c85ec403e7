namespace TaskSlices.Tests.Features.Accounts;

[Collection(OneAccountServer.Name)]
public sealed class ListSessionsTests(AccountServer server)
{
    private const string Url = "/api/auth/list-sessions";

    [Fact]
    public async Task Shows_ones_own_sessions_and_the_token_of_this_one_alone()
    {
        var visitor = await server.SignUpAsync();
        var other = visitor.Elsewhere();
        await other.SignInAsync();
        await server.SignUpAsync();

        var sessions = await visitor.Get(Url).IsList();

        Assert.Equal(2, sessions.Count);
        Assert.All(sessions, session =>
        {
            Assert.Equal(["expiresAt", "token", "createdAt", "updatedAt", "ipAddress", "userAgent", "userId", "id"], session.Members());
            Assert.Equal(visitor.Id, session!["userId"]!.GetValue<string>());
        });
        Assert.Equal(visitor.Cookies[Visitor.SessionCookie].Split('.')[0], sessions[0]!["token"]!.GetValue<string>());
        Assert.Equal(sessions[1]!["id"]!.GetValue<string>(), sessions[1]!["token"]!.GetValue<string>());
        await visitor.Elsewhere().WithToken(sessions[1]!["token"]!.GetValue<string>(), "GET", "/api/auth/token").IsRefused(401, "Unauthorized", "UNAUTHORIZED");
    }

    [Fact]
    public async Task Is_for_those_who_are_signed_in() =>
        await server.NewVisitor().Get(Url).IsRefused(401, "Unauthorized", "UNAUTHORIZED");
}
