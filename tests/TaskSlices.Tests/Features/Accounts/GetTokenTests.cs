using System.Text;
using TaskSlices.Infrastructure.Auth;

namespace TaskSlices.Tests.Features.Accounts;

[Collection(OneAccountServer.Name)]
public sealed class GetTokenTests(AccountServer server)
{
    private const string Url = "/api/auth/token";

    [Fact]
    public async Task Has_the_claims_of_Better_Auth_and_the_session()
    {
        var visitor = await server.SignUpAsync();
        var session = await visitor.Get("/api/auth/get-session").Is(HttpStatusCode.OK);
        var response = await visitor.Get(Url);
        var body = await response.Is(HttpStatusCode.OK);
        var claims = Visitor.Claims(body["token"]!.GetValue<string>());

        Assert.Equal(["token"], body.Members());
        Assert.Equal("no-store", response.Headers.CacheControl?.ToString());
        Assert.Equal(
            ["aud", "createdAt", "email", "emailVerified", "exp", "iat", "id", "iss", "name", "nbf", "sid", "sub", "updatedAt"],
            claims.Members().Order(StringComparer.Ordinal));
        foreach (var member in session["user"].Members())
            Assert.Equal(session["user"]![member]!.ToJsonString(), claims[member]!.ToJsonString());
        Assert.Equal((visitor.Id, session["session"]!["id"]!.GetValue<string>()), (claims["sub"]!.GetValue<string>(), claims["sid"]!.GetValue<string>()));
        Assert.Equal((server.Origin, server.Origin), (claims["iss"]!.GetValue<string>(), claims["aud"]!.GetValue<string>()));
        Assert.InRange(claims["exp"]!.GetValue<long>() - claims["iat"]!.GetValue<long>(), 899, 901);
    }

    [Fact]
    public async Task Is_verified_by_the_published_keys()
    {
        var visitor = await server.SignUpAsync();
        var token = Jws.Read(await visitor.TokenAsync())!;
        var keys = KeySet.Read(Encoding.UTF8.GetBytes((await server.Anonymous().Get("/api/auth/jwks").Is(HttpStatusCode.OK)).ToJsonString()));

        Assert.Equal("RS256", token.Header.GetProperty("alg").GetString());
        Assert.True(Assert.Single(keys.Find("RS256", token.Header.GetProperty("kid").GetString())).Verify(token.SignedData, token.Signature));
    }

    [Fact]
    public async Task Opens_ones_own_tasks_and_nobody_elses()
    {
        var (ann, bob) = (await server.SignUpAsync(), await server.SignUpAsync());
        var token = await ann.TokenAsync();
        await bob.Tasks(await bob.TokenAsync(), "POST", """{"title":"Bob's"}""").Is(HttpStatusCode.Created);

        Assert.Empty(await ann.Tasks(token).IsList());
        await bob.Tasks(token).IsProblem(HttpStatusCode.Forbidden, "NOT_YOUR_URL");
    }

    [Fact]
    public async Task Never_outlives_the_session()
    {
        var visitor = await server.SignUpAsync();
        await visitor.Post("/api/auth/sign-in/email", Visitor.Json(new { email = visitor.Email, password = visitor.Password, rememberMe = false })).Is(HttpStatusCode.OK);
        server.Execute("UPDATE sessions SET expires_at = $at WHERE user_id = $id", ("$id", visitor.Id), ("$at", Engine.Time(DateTimeOffset.UtcNow.AddSeconds(60))));

        var claims = Visitor.Claims(await visitor.TokenAsync());

        Assert.InRange(claims["exp"]!.GetValue<long>() - claims["iat"]!.GetValue<long>(), 50, 60);
    }

    [Fact]
    public async Task Is_for_those_who_are_signed_in() =>
        await server.NewVisitor().Get(Url).IsRefused(401, "Unauthorized", "UNAUTHORIZED");

    /// <summary>The session's token is no token for the API, and a token for the API is no session.</summary>
    [Fact]
    public async Task Is_another_thing_than_the_session()
    {
        var visitor = server.NewVisitor();
        var session = (await visitor.SignUpAsync())["token"]!.GetValue<string>();

        await visitor.Tasks(session).IsProblem(HttpStatusCode.Unauthorized, "OPAQUE_SESSION_TOKEN");
        await visitor.Elsewhere().WithToken(await visitor.TokenAsync(), "GET", Url).IsRefused(401, "Unauthorized", "UNAUTHORIZED");
    }

    [Fact]
    public async Task Is_refused_when_it_was_changed()
    {
        var (ann, bob) = (await server.SignUpAsync(), await server.SignUpAsync());
        var parts = (await ann.TokenAsync()).Split('.');
        var claims = Visitor.Claims(string.Join('.', parts));
        claims["sub"] = bob.Id;

        await bob.Tasks($"{parts[0]}.{Token.Part(claims.ToJsonString())}.{parts[2]}").IsProblem(HttpStatusCode.Unauthorized, "BAD_SIGNATURE");
    }

    [Trait("Engine", "SQLite")]
    [Fact]
    public async Task Is_given_while_the_end_of_an_older_session_can_not_be_put_off()
    {
        var visitor = await server.SignUpAsync();

        // Connections that read are open when there is reading to do.
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => visitor.Get("/api/auth/get-session")));
        var twoDays = (long)TimeSpan.FromDays(2).TotalMilliseconds;
        server.Execute("UPDATE sessions SET expires_at = expires_at - $days WHERE user_id = $id", ("$days", twoDays), ("$id", visitor.Id));
        var file = Path.Combine(server.DataDirectory, "taskslices.db");

        File.Move(file, file + ".away");
        try
        {
            Assert.True((await visitor.Get(Url)).IsSuccessStatusCode);
        }
        finally
        {
            File.Move(file + ".away", file);
        }

        var response = await visitor.Get(Url);
        Assert.Equal(Visitor.SessionCookie, Assert.Single(response.SetCookies()).Name);
    }
}
