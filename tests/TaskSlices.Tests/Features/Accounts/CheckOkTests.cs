using FastEndpoints.Testing;

namespace TaskSlices.Tests.Features.Accounts;

[Collection(OneAccountServer.Name)]
public sealed class CheckOkTests(AccountServer server)
{
    [Fact]
    public async Task Says_that_accounts_are_kept_here()
    {
        var response = await server.Anonymous().Get("/api/auth/ok");

        Assert.Equal("""{"ok":true}""", (await response.Is(HttpStatusCode.OK)).ToJsonString());
        Assert.Equal("application/json", response.Content.Headers.ContentType?.ToString());
    }

    [Theory]
    [InlineData("GET", "/api/auth")]
    [InlineData("GET", "/api/auth/")]
    [InlineData("GET", "/api/auth/nothing")]
    [InlineData("GET", "/api/auth/sign-in/email")]
    [InlineData("PUT", "/api/auth/sign-in/email")]
    [InlineData("POST", "/api/auth/token")]
    [InlineData("POST", "/api/auth/verify-email")]
    public async Task Knows_no_other_address_and_says_so_as_Better_Auth_does(string method, string url)
    {
        var response = await server.Anonymous().Send(method, url, method is "POST" or "PUT" ? "{}" : null);

        Assert.Equal((HttpStatusCode.NotFound, ""), (response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)));
        Assert.Empty(response.Content.Headers.Allow);
    }

    /// <summary>The users' routes come first: one may be called auth.</summary>
    [Fact]
    public async Task Leaves_the_tasks_of_a_user_called_auth_alone() =>
        await server.Anonymous().Get("/api/auth/tasks").IsProblem(HttpStatusCode.Unauthorized, "TOKEN_MISSING");
}

/// <summary>With a shared secret or a Better Auth server configured, nothing of this exists.</summary>
public sealed class DelegatedTests(App app) : TestBase<App>
{
    [Theory]
    [InlineData("GET", "/api/auth/ok")]
    [InlineData("GET", "/api/auth/get-session")]
    [InlineData("GET", "/api/auth/token")]
    [InlineData("GET", "/api/auth/jwks")]
    [InlineData("GET", "/api/auth/list-sessions")]
    [InlineData("POST", "/api/auth/sign-up/email")]
    [InlineData("POST", "/api/auth/sign-in/email")]
    [InlineData("POST", "/api/auth/sign-out")]
    [InlineData("POST", "/api/auth/revoke-sessions")]
    [InlineData("GET", "/api/auth")]
    [InlineData("GET", "/api/auth/nothing")]
    public async Task Keeps_no_accounts_where_tokens_are_issued_elsewhere(string method, string url)
    {
        await app.Anonymous().Send(method, url, method == "POST" ? "{}" : null).IsProblem(HttpStatusCode.NotFound, "NOT_FOUND");
        Assert.False(Directory.Exists(Path.Combine(app.DataDirectory, "keys")));
    }
}
