using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using TaskSlices.Infrastructure.Auth;
using TaskSlices.Infrastructure.Hosting;

namespace TaskSlices.Tests.Infrastructure.Auth;

/// <summary>Tokens that real servers of Better Auth made, and what they made that is no access token; Vectors/INDEX.json lists them.</summary>
public sealed class VectorTests : IDisposable
{
    private const string Malformed = "MALFORMED_TOKEN";
    private const string OtherPurpose = "NOT_AN_ACCESS_TOKEN";
    private const string Opaque = "OPAQUE_SESSION_TOKEN";
    private const string Expired = "TOKEN_EXPIRED";

    private static readonly string[] AcceptedFiles =
    [
        "EdDSA.json", "EdDSA-minimal-payload.json", "EdDSA-none-payload.json", "EdDSA-serial-ids.json", "EdDSA-uuid-ids.json",
        "EdDSA-subject-email.json", "EdDSA-sqlite-image-null.json",
        "EdDSA-better-auth-1.3.34.json", "EdDSA-better-auth-1.4.22.json", "EdDSA-better-auth-1.6.34.json",
        "ES256.json", "ES256-custom-iss-aud.json", "ES512.json", "RS256.json", "RS256-4096.json", "PS256.json",
        "HS256-hand-rolled.json", "HS256-hand-rolled-full-user.json", "HS256-jwt-sign-override.json", "HS256-oct-jwk-with-kid.json",
        "HS256-base64-looking-secret.json", "HS256-hex-looking-secret.json", "HS256-non-ascii-secret.json",
    ];

    private static readonly (string File, string Member, string Code)[] RefusedTokens =
    [
        ("default-15m.json", "token", Expired),
        ("HS256-hand-rolled-1h-expired-by-now.json", "token", Expired),
        ("HS256-session_data-cookie-default-5m.json", "token", Expired),
        ("HS256-session_data-cookie.json", "token", OtherPurpose),
        ("HS256-session_data-10y.json", "token", OtherPurpose),
        ("EdDSA-session_data-cookie.json", "token", OtherPurpose),
        ("HS256-email-verification.json", "token", Malformed),
        ("not-a-jws-session_data-jwe.json", "token", Malformed),
        ("not-a-jwt-session-token.json", "body_token", Opaque),
        ("not-a-jwt-session-token.json", "cookie_decoded", Opaque),
        ("not-a-jwt-session-token.json", "cookie_raw", Opaque),
        ("not-a-jwt-session-token.json", "set_auth_token_header", Opaque),
    ];

    private static readonly string[] RefusedSettings = ["HS256-default-dev-secret.json", "HS256-short-secret.json"];

    private const string Rotation = "rotation-EdDSA.json";

    private static readonly StoppedClock Clock = new(new(2026, 11, 21, 0, 0, 0, TimeSpan.Zero));

    private readonly string _directory = Directory.CreateTempSubdirectory("taskslices-").FullName;

    public static TheoryData<string> Accepted => [.. AcceptedFiles];

    public static TheoryData<string, string, string> Refused => [.. RefusedTokens.Select(row => new TheoryDataRow<string, string, string>(row.File, row.Member, row.Code))];

    public static TheoryData<string> AcceptedWithKeys => [.. AcceptedFiles.Where(file => !file.StartsWith("HS256", StringComparison.Ordinal))];

    public static TheoryData<string> AcceptedWithSecrets => [.. AcceptedFiles.Where(file => file.StartsWith("HS256", StringComparison.Ordinal))];

    [Fact]
    public void Forgets_no_vector()
    {
        var files = Directory.GetFiles(Folder, "*.json").Select(Path.GetFileName).Where(file => file != "INDEX.json").Order().ToArray();
        var indexed = JsonNode.Parse(File.ReadAllText(Path.Combine(Folder, "INDEX.json")))!.AsArray().Select(row => row!["file"]!.GetValue<string>()).Order();
        var tested = AcceptedFiles.Concat(RefusedTokens.Select(row => row.File).Distinct()).Concat(RefusedSettings).Append(Rotation).Order();

        Assert.Equal(35, files.Length);
        Assert.Equal(files, indexed);
        Assert.Equal(files, tested);
    }

    [Theory]
    [MemberData(nameof(Accepted))]
    public async Task Accepts(string file)
    {
        var vector = Read(file);

        var verdict = await VerifyAsync(vector, Text(vector, "token"));

        Assert.Null(verdict.Refusal);
        Assert.Equal(vector["payload"]!["sub"]!.GetValue<string>(), verdict.Subject);
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task Refuses(string file, string member, string code)
    {
        var vector = Read(file);

        var verdict = await VerifyAsync(vector, Text(vector, member));

        Assert.Null(verdict.Subject);
        Assert.Equal(code, verdict.Refusal?.Code);
    }

    [Theory]
    [InlineData("default-15m.json")]
    [InlineData("HS256-hand-rolled-1h-expired-by-now.json")]
    public async Task Accepts_until_its_expiry_what_it_refuses_afterwards(string file)
    {
        var vector = Read(file);
        var clock = new StoppedClock(DateTimeOffset.Parse(Text(vector, "expires_at"), CultureInfo.InvariantCulture).AddSeconds(29));

        Assert.Equal(vector["payload"]!["sub"]!.GetValue<string>(), (await VerifyAsync(vector, Text(vector, "token"), clock: clock)).Subject);

        clock.Now += TimeSpan.FromSeconds(1);
        Assert.Equal(TokenRefusal.Expired, (await VerifyAsync(vector, Text(vector, "token"), clock: clock)).Refusal);
    }

    [Theory]
    [MemberData(nameof(AcceptedWithKeys))]
    public async Task Refuses_the_same_token_with_the_key_set_of_another_server(string file)
    {
        var vector = Read(file);
        var other = Read(file == "EdDSA.json" ? "EdDSA-uuid-ids.json" : "EdDSA.json");

        var unknown = await Verifier.Of(Clock, Keys(other["jwks"]!, SettingsOf(vector))).VerifyAsync(Text(vector, "token"), Cancellation);
        Assert.Equal("UNKNOWN_KEY", unknown.Refusal?.Code);

        other["jwks"]!["keys"]![0]!["kid"] = vector["header"]!["kid"]!.GetValue<string>();
        var wrong = await Verifier.Of(Clock, Keys(other["jwks"]!, SettingsOf(vector))).VerifyAsync(Text(vector, "token"), Cancellation);
        Assert.Equal(vector["alg"]!.GetValue<string>() == "EdDSA" ? "BAD_SIGNATURE" : "UNKNOWN_KEY", wrong.Refusal?.Code);
    }

    [Theory]
    [MemberData(nameof(AcceptedWithSecrets))]
    public async Task Refuses_the_same_token_under_another_secret(string file)
    {
        var vector = Read(file);
        vector["secret"] = Text(vector, "secret") + "\n";

        Assert.Equal(TokenRefusal.Signature, (await VerifyAsync(vector, Text(vector, "token"))).Refusal);
    }

    [Theory]
    [MemberData(nameof(AcceptedWithKeys))]
    public async Task Says_which_setting_is_missing_when_only_a_secret_is_set(string file)
    {
        var verdict = await Verifier.Of(Clock, Secret(new AuthSettings { Secret = Token.Secret })).VerifyAsync(Text(Read(file), "token"), Cancellation);

        Assert.Equal(TokenRefusal.Asymmetric, verdict.Refusal);
    }

    [Theory]
    [InlineData("https://auth.example.com", "https://api.example.com", null)]
    [InlineData("https://auth.example.com", "taskslices", null)]
    [InlineData("https://auth.example.com", "https://other.example.com", "WRONG_AUDIENCE")]
    [InlineData("https://auth.example.com", "https://api.example.com,taskslices", "WRONG_AUDIENCE")]
    [InlineData("https://auth.example.com", "tasks", "WRONG_AUDIENCE")]
    [InlineData("https://auth.example.com", "", "WRONG_AUDIENCE")]
    [InlineData("", "taskslices", "WRONG_ISSUER")]
    [InlineData("https://auth.example.com/", "taskslices", "WRONG_ISSUER")]
    [InlineData("", "", "WRONG_ISSUER")]
    public async Task Holds_a_custom_issuer_and_audience_against_what_is_set(string issuer, string audience, string? code)
    {
        var vector = Read("ES256-custom-iss-aud.json");
        var settings = new AuthSettings { Url = "http://localhost:3000", Issuer = issuer, Audience = audience };

        var verdict = await Verifier.Of(Clock, Keys(vector["jwks"]!, settings)).VerifyAsync(Text(vector, "token"), Cancellation);

        Assert.Equal(code, verdict.Refusal?.Code);
    }

    [Theory]
    [InlineData("http://localhost:3000", null)]
    [InlineData("http://localhost:3000/", null)]
    [InlineData("http://localhost:3000/api/auth", null)]
    [InlineData("HTTP://LocalHost:3000", null)]
    [InlineData("http://127.0.0.1:3000", "WRONG_ISSUER")]
    [InlineData("https://localhost:3000", "WRONG_ISSUER")]
    [InlineData("http://localhost:3001", "WRONG_ISSUER")]
    [InlineData("http://localhost", "WRONG_ISSUER")]
    public async Task Expects_the_origin_of_the_server_in_issuer_and_audience(string url, string? code)
    {
        var vector = Read("EdDSA.json");

        var verdict = await Verifier.Of(Clock, Keys(vector["jwks"]!, new AuthSettings { Url = url })).VerifyAsync(Text(vector, "token"), Cancellation);

        Assert.Equal(code, verdict.Refusal?.Code);
    }

    [Theory]
    [InlineData("HS256-jwt-sign-override.json", "http://localhost:3000", null)]
    [InlineData("HS256-oct-jwk-with-kid.json", "http://localhost:3000", null)]
    [InlineData("HS256-jwt-sign-override.json", "http://localhost:3001", "WRONG_ISSUER")]
    [InlineData("HS256-hand-rolled.json", "http://localhost:3000", "WRONG_ISSUER")]
    public async Task Looks_at_the_issuer_of_a_shared_secret_where_one_is_set(string file, string issuer, string? code)
    {
        var vector = Read(file);
        var secret = Secret(new AuthSettings { Secret = Text(vector, "secret"), Issuer = issuer, Audience = issuer });

        Assert.Equal(code, (await Verifier.Of(Clock, secret).VerifyAsync(Text(vector, "token"), Cancellation)).Refusal?.Code);
    }

    [Fact]
    public async Task Accepts_a_token_of_the_shared_secret_beside_a_key_set_that_hides_it()
    {
        var vector = Read("HS256-oct-jwk-with-kid.json");
        var settings = SettingsOf(vector);
        var keys = KeySet.Read(Encoding.UTF8.GetBytes(vector["jwks"]!.ToJsonString()));

        Assert.Equal(0, keys.Count);
        Assert.StartsWith("shared-secret-1: ", Assert.Single(keys.LeftOut), StringComparison.Ordinal);

        var verdict = await Verifier.Of(Clock, Secret(settings), Keys(vector["jwks"]!, settings)).VerifyAsync(Text(vector, "token"), Cancellation);
        Assert.Equal(vector["payload"]!["sub"]!.GetValue<string>(), verdict.Subject);
    }

    [Fact]
    public async Task Reads_no_user_out_of_a_session_cookie_though_another_claim_is_asked_for()
    {
        foreach (var file in new[] { "HS256-session_data-10y.json", "HS256-session_data-cookie.json" })
        {
            var vector = Read(file);

            foreach (var claim in new[] { "user", "session", "id", "userId", "user.id", "session.userId", "updatedAt" })
            {
                var verifier = new TokenVerifier(
                    [Secret(SettingsOf(vector))], new TokenMemory(Clock), Options.Create(new AuthSettings { SubjectClaim = claim }), Clock, NullLogger<TokenVerifier>.Instance);
                var verdict = await verifier.VerifyAsync(Text(vector, "token"), Cancellation);

                Assert.True(verdict.Subject is null, $"{claim} of {file} names the user '{verdict.Subject}'.");
            }
        }
    }

    [Fact]
    public async Task Verifies_rotated_tokens_with_the_set_that_has_their_keys()
    {
        var vector = Read(Rotation);
        var settings = new AuthSettings { Url = "http://localhost:3000" };
        var tokens = vector["tokens"]!.AsArray().Select(row => row!["token"]!.GetValue<string>()).ToArray();
        var before = Verifier.Of(Clock, Keys(vector["jwks_before"]!, settings));
        var after = Verifier.Of(Clock, Keys(vector["jwks"]!, settings));

        Assert.Equal(3, tokens.Length);
        foreach (var token in tokens)
            Assert.Equal("dtkxHyxPMC8YS0tWlKy5gi9l1mtHGmRO", (await after.VerifyAsync(token, Cancellation)).Subject);

        Assert.Equal("dtkxHyxPMC8YS0tWlKy5gi9l1mtHGmRO", (await before.VerifyAsync(tokens[0], Cancellation)).Subject);
        foreach (var token in tokens[1..])
            Assert.Equal(TokenRefusal.UnknownKey, (await before.VerifyAsync(token, Cancellation)).Refusal);
    }

    [Theory]
    [InlineData("HS256-default-dev-secret.json", "public default")]
    [InlineData("HS256-short-secret.json", "shorter than 32 bytes")]
    public void Does_not_start_with_a_secret_that_is_none(string file, string reason)
    {
        Assert.Contains(file, RefusedSettings);
        var secret = Text(Read(file), "secret");

        var line = InProcess.Refuses(_directory, [("BETTER_AUTH_SECRET", secret)], "BETTER_AUTH_SECRET", reason);

        Assert.DoesNotContain(secret, line, StringComparison.Ordinal);
    }

    [Fact]
    public void Does_not_start_where_an_e_mail_verification_token_would_name_a_user()
    {
        var vector = Read("HS256-email-verification.json");
        Assert.Equal(["email", "iat", "exp"], vector["payload"]!.AsObject().Select(claim => claim.Key));

        InProcess.Refuses(_directory, [("BETTER_AUTH_SECRET", Text(vector, "secret")), ("Auth__SubjectClaim", "email")], "Auth:SubjectClaim", "other purposes");
    }

    [Theory]
    [InlineData("HS256-default-dev-secret.json")]
    [InlineData("HS256-short-secret.json")]
    public async Task Refuses_a_token_of_a_secret_that_is_none_under_any_other(string file)
    {
        var verdict = await Verifier.Of(Clock, Secret(new AuthSettings { Secret = Token.Secret })).VerifyAsync(Text(Read(file), "token"), Cancellation);

        Assert.Equal(TokenRefusal.Signature, verdict.Refusal);
    }

    [Trait("Speed", "slow")]
    [Fact]
    public async Task Works_with_a_secret_that_is_not_ASCII_from_the_environment()
    {
        var vector = Read("HS256-non-ascii-secret.json");
        var user = vector["payload"]!["sub"]!.GetValue<string>();
        await using var server = await ServerProcess.StartAsync(_directory, new() { ["BETTER_AUTH_SECRET"] = Text(vector, "secret") });

        var response = await server.Client.GetWith($"/api/{user}/tasks", ("Authorization", $"Bearer {vector["token"]}"));

        Assert.Empty(await response.IsList());
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static string Folder => Path.Combine(DropIn.Root, "tests/TaskSlices.Tests/Vectors");

    private static JsonObject Read(string file) => JsonNode.Parse(File.ReadAllText(Path.Combine(Folder, file)))!.AsObject();

    private static string Text(JsonObject vector, string member) => vector[member]!.GetValue<string>();

    /// <summary>What one would set on this server to be served by the Better Auth that made the vector.</summary>
    private static AuthSettings SettingsOf(JsonObject vector)
    {
        var config = vector["config"]?.AsObject();
        var settings = new AuthSettings { Secret = vector["secret"]?.GetValue<string>() ?? "" };

        if (vector["jwks"] is not null)
            settings.Url = config?["BASE_URL"]?.GetValue<string>() ?? vector["payload"]!["iss"]!.GetValue<string>();
        settings.Issuer = config?["ISSUER"]?.GetValue<string>() ?? "";
        settings.Audience = config?["AUDIENCE"]?.GetValue<string>().Split(',')[0] ?? "";

        return settings;
    }

    /// <summary>The keys of the vector, with the rules for claims that the server has with these settings.</summary>
    private static IKeySource Keys(JsonNode jwks, AuthSettings settings)
    {
        using var source = new BetterAuthKeys(Options.Create(settings), Clock, NullLogger<BetterAuthKeys>.Instance, new KeyReader.NoAccounts());

        return Verifier.Keys(jwks.ToJsonString(), source.Rules.Issuer, source.Rules.Audience);
    }

    private SharedSecret Secret(AuthSettings settings)
    {
        using var directory = new DataDirectory(Options.Create(new DataSettings { Directory = _directory }));

        return new SharedSecret(Options.Create(settings), directory);
    }

    private async Task<TokenVerdict> VerifyAsync(JsonObject vector, string token, StoppedClock? clock = null)
    {
        var settings = SettingsOf(vector);
        List<IKeySource> sources = [Secret(settings)];
        if (vector["jwks"] is { } jwks)
            sources.Add(Keys(jwks, settings));

        return await Verifier.Of(clock ?? Clock, sources).VerifyAsync(token, Cancellation);
    }
}
