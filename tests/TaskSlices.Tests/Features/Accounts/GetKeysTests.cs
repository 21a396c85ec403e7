using System.Security.Cryptography;
using System.Text.Json.Nodes;
using TaskSlices.Infrastructure.Auth;

namespace TaskSlices.Tests.Features.Accounts;

[Trait("Speed", "slow")]
public sealed class GetKeysTests(AccountServer server) : IClassFixture<AccountServer>
{
    private string Keys => Path.Combine(server.DataDirectory, "keys");

    [Fact]
    public async Task Publishes_the_public_halves_and_nothing_else()
    {
        var response = await server.Anonymous().Get("/api/auth/jwks");
        var body = await response.Is(HttpStatusCode.OK);

        Assert.Equal("application/json", response.Content.Headers.ContentType?.ToString());
        Assert.Equal(["keys"], body.Members());
        Assert.All(body["keys"]!.AsArray(), key =>
        {
            Assert.Equal(["alg", "kty", "n", "e", "kid"], key.Members());
            Assert.Equal(("RS256", "RSA", "AQAB"), (key!["alg"]!.GetValue<string>(), key["kty"]!.GetValue<string>(), key["e"]!.GetValue<string>()));
            Assert.Equal(256, LengthOf(key["n"]!.GetValue<string>()));
        });
    }

    [Trait("Engine", "SQLite")]
    [Fact]
    public async Task The_private_halves_and_secrets_are_readable_by_their_owner_only()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no file modes.");
        await server.Anonymous().Get("/api/auth/jwks").Is(HttpStatusCode.OK);
        var files = Directory.GetFiles(server.DataDirectory, "*", SearchOption.AllDirectories);

        Assert.Contains(files, file => file.EndsWith(".pem", StringComparison.Ordinal));
        Assert.All(files, file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, OperatingSystem.IsWindows() ? default : File.GetUnixFileMode(file)));
    }

    [Trait("Engine", "SQLite")]
    [Fact]
    public async Task The_first_is_made_once_when_it_is_asked_for_and_not_by_the_token_of_a_stranger()
    {
        var directory = Directory.CreateTempSubdirectory("taskslices-");
        await using (var fresh = await ServerProcess.StartAsync(directory.FullName))
        {
            var parts = new[] { """{"alg":"RS256","kid":"1"}""", """{"sub":"ann","exp":9999999999}""", "signature" };
            var token = string.Join('.', parts.Select(part => System.Buffers.Text.Base64Url.EncodeToString(System.Text.Encoding.ASCII.GetBytes(part))));
            await fresh.Client.SendWith("GET", "/api/ann/tasks", null, ("Authorization", $"Bearer {token}")).Is(HttpStatusCode.Unauthorized);
            Assert.Empty(Directory.GetFiles(directory.FullName, "*.pem", SearchOption.AllDirectories));

            var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => fresh.Client.Get("/api/auth/jwks").Is(HttpStatusCode.OK)));
            Assert.Single(answers.Select(answer => answer.ToJsonString()).Distinct());
            Assert.Single(answers[0]["keys"]!.AsArray());
        }

        directory.Delete(recursive: true);
    }

    [Trait("Engine", "SQLite")]
    [Fact]
    public async Task A_key_that_is_added_signs_and_the_tokens_of_the_one_before_stay_good_while_it_is_there()
    {
        var visitor = await server.SignUpAsync();
        var first = await visitor.TokenAsync();
        var old = Assert.Single(Directory.GetFiles(Keys));
        await File.WriteAllTextAsync(Path.Combine(Keys, "9999-12-31.pem"), NewKey(), TestContext.Current.CancellationToken);

        await server.RestartAsync();
        var moved = await MoveAsync(visitor);
        var second = await moved.TokenAsync();

        var published = (await server.Anonymous().Get("/api/auth/jwks").Is(HttpStatusCode.OK))["keys"]!.AsArray().Select(key => key!["kid"]!.GetValue<string>());
        Assert.Equal([KeyId(first), KeyId(second)], published);
        Assert.Empty(await moved.Tasks(first).IsList());
        Assert.Empty(await moved.Tasks(second).IsList());

        File.Move(old, old + ".old");
        await server.RestartAsync();
        moved = await MoveAsync(visitor);

        Assert.Equal(HttpStatusCode.Unauthorized, (await moved.Tasks(first)).StatusCode);
        Assert.Empty(await moved.Tasks(second).IsList());

        File.Move(old + ".old", old);
        File.Delete(Path.Combine(Keys, "9999-12-31.pem"));
        await server.RestartAsync();
    }

    [Theory]
    [InlineData("not a key", "not a private RSA key")]
    [InlineData("", "not a private RSA key")]
    [InlineData("public", "not a private RSA key")]
    [InlineData("ec", "not a private RSA key")]
    [InlineData("1024", "less than 2048 bits")]
    public async Task A_file_that_is_no_key_ends_the_process_with_one_sentence(string content, string words)
    {
        var directory = Directory.CreateTempSubdirectory("taskslices-");
        directory.CreateSubdirectory("keys");
        using var key = RSA.Create(content == "1024" ? 1024 : 2048);
        using var curve = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await File.WriteAllTextAsync(Path.Combine(directory.FullName, "keys", "a.pem"), content switch
        {
            "public" => key.ExportSubjectPublicKeyInfoPem(),
            "1024" => key.ExportPkcs8PrivateKeyPem(),
            "ec" => curve.ExportPkcs8PrivateKeyPem(),
            _ => content,
        }, TestContext.Current.CancellationToken);

        InProcess.Refuses(directory.FullName, [], words);
        directory.Delete(recursive: true);
    }

    private static int LengthOf(string part) => Jws.Decode(part)!.Length;

    private static string NewKey()
    {
        using var key = RSA.Create(2048);

        return key.ExportRSAPrivateKeyPem();
    }

    private static string KeyId(string token) =>
        JsonNode.Parse(Jws.Decode(token.Split('.')[0]))!["kid"]!.GetValue<string>();

    /// <summary>The same person at the server's new port.</summary>
    private async Task<Visitor> MoveAsync(Visitor before)
    {
        var visitor = new Visitor(server.Address) { Email = before.Email, Password = before.Password };
        await visitor.SignInAsync();

        return visitor;
    }
}
