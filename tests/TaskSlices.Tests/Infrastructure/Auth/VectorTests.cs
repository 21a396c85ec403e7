using System.Reflection;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Options;
using TaskSlices.Infrastructure.Auth;
using TaskSlices.Infrastructure.Data;

namespace TaskSlices.Tests.Infrastructure.Auth;

/// <summary>Tokens that Better Auth 1.7.7 made, and what it made that is no access token.</summary>
public sealed class VectorTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("taskslices-").FullName;

    [Theory]
    [InlineData("HS256-hand-rolled.json")]
    [InlineData("HS256-hand-rolled-full-user.json")]
    [InlineData("HS256-jwt-sign-override.json")]
    [InlineData("HS256-oct-jwk-with-kid.json")]
    [InlineData("HS256-non-ascii-secret.json")]
    [InlineData("HS256-base64-looking-secret.json")]
    [InlineData("HS256-hex-looking-secret.json")]
    public async Task Accepts_a_token_signed_with_the_bytes_of_the_secret(string file)
    {
        var vector = Read(file);

        var verdict = await VerifyAsync(vector, vector["token"]!.GetValue<string>());

        Assert.Null(verdict.Refusal);
        Assert.Equal(vector["payload"]!["sub"]!.GetValue<string>(), verdict.Subject);
    }

    [Theory]
    [InlineData("HS256-hand-rolled-1h-expired-by-now.json", "token", "TOKEN_EXPIRED")]
    [InlineData("HS256-email-verification.json", "token", "MALFORMED_TOKEN")]
    [InlineData("HS256-session_data-10y.json", "token", "MALFORMED_TOKEN")]
    [InlineData("not-a-jws-session_data-jwe.json", "token", "MALFORMED_TOKEN")]
    [InlineData("not-a-jwt-session-token.json", "body_token", "OPAQUE_SESSION_TOKEN")]
    [InlineData("not-a-jwt-session-token.json", "cookie_decoded", "OPAQUE_SESSION_TOKEN")]
    [InlineData("not-a-jwt-session-token.json", "cookie_raw", "OPAQUE_SESSION_TOKEN")]
    [InlineData("not-a-jwt-session-token.json", "set_auth_token_header", "OPAQUE_SESSION_TOKEN")]
    [InlineData("EdDSA.json", "token", "ALGORITHM_NOT_CONFIGURED")]
    public async Task Refuses_what_is_no_access_token_of_that_secret(string file, string member, string code)
    {
        var vector = Read(file);

        var verdict = await VerifyAsync(vector, vector[member]!.GetValue<string>());

        Assert.Null(verdict.Subject);
        Assert.Equal(code, verdict.Refusal?.Code);
    }

    [Theory]
    [InlineData("HS256-base64-looking-secret.json")]
    [InlineData("HS256-hex-looking-secret.json")]
    [InlineData("HS256-hand-rolled.json")]
    public async Task Refuses_the_same_token_under_another_secret(string file)
    {
        var vector = Read(file);
        vector["secret"] = vector["secret"]!.GetValue<string>() + "\n";

        Assert.Equal(TokenRefusal.Signature, (await VerifyAsync(vector, vector["token"]!.GetValue<string>())).Refusal);
    }

    [Fact]
    public async Task Works_with_a_secret_that_is_not_ASCII_from_the_environment()
    {
        var vector = Read("HS256-non-ascii-secret.json");
        var user = vector["payload"]!["sub"]!.GetValue<string>();
        await using var server = await ServerProcess.StartAsync(_directory, new() { ["BETTER_AUTH_SECRET"] = vector["secret"]!.GetValue<string>() });

        var response = await server.Client.GetWith($"/api/{user}/tasks", ("Authorization", $"Bearer {vector["token"]}"));

        Assert.Empty(await response.IsList());
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private static JsonObject Read(string file)
    {
        var root = Assembly.GetExecutingAssembly().GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "Root").Value!;

        return JsonNode.Parse(File.ReadAllText(Path.Combine(root, "tests/TaskSlices.Tests/Vectors", file)))!.AsObject();
    }

    private async Task<TokenVerdict> VerifyAsync(JsonObject vector, string token)
    {
        using var directory = new DataDirectory(Options.Create(new DataSettings { Directory = _directory }));
        var secret = new SharedSecret(Options.Create(new AuthSettings { Secret = vector["secret"]?.GetValue<string>() ?? Token.Secret }), directory);

        return await Verifier.Of(new StoppedClock(new(2026, 11, 21, 0, 0, 0, TimeSpan.Zero)), secret).VerifyAsync(token, TestContext.Current.CancellationToken);
    }
}
