using System.Buffers.Text;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using FastEndpoints.Security;
using FastEndpoints.Testing;
using Microsoft.Extensions.DependencyInjection;
using TaskSlices.Conformance.Support;

namespace TaskSlices.Conformance;

/// <summary>The tokens that CreateToken makes (surface section 13). It takes its clock from the host that was mapped last in this process.</summary>
public sealed class TokenTests(TokenTests.ClockApp app) : TestBase<TokenTests.ClockApp>
{
    private const string Key = "a key of thirty-two ASCII bytes.";
    private const long Now = 1_790_000_000;

    [Fact]
    public void Has_the_given_claims_and_the_registered_ones_with_iat_alone_by_the_clock_of_the_host()
    {
        var before = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var (header, claims) = Read(JwtBearer.CreateToken(o =>
        {
            o.SigningKey = Key;
            o.ExpireAt = DateTimeOffset.FromUnixTimeSeconds(Now + 300).UtcDateTime;
            o.User["sub"] = "ann";
            o.User.Claims.Add(new Claim("admin", "true", ClaimValueTypes.Boolean));
        }));

        Assert.Equal("""{"alg":"HS256","typ":"JWT"}""", Sorted(header));
        var notBefore = claims["nbf"]!.GetValue<long>();
        Assert.Equal($$"""{"admin":true,"exp":{{Now + 300}},"iat":{{Now}},"nbf":{{notBefore}},"sub":"ann"}""", Sorted(claims));
        Assert.InRange(notBefore, before, DateTimeOffset.UtcNow.ToUnixTimeSeconds());
        Assert.NotNull(app.Services);
    }

    [Fact]
    public void Has_issuer_and_audience_when_they_are_given()
    {
        var (_, claims) = Read(JwtBearer.CreateToken(o => (o.SigningKey, o.Issuer, o.Audience) = (Key, "https://issuer", "https://audience")));

        Assert.Equal(("https://issuer", "https://audience"), (claims["iss"]!.GetValue<string>(), claims["aud"]!.GetValue<string>()));
    }

    [Fact]
    public void Lasts_an_hour_when_nobody_says_how_long()
    {
        var (_, claims) = Read(JwtBearer.CreateToken(o => o.SigningKey = Key));

        Assert.Equal(3600, claims["exp"]!.GetValue<long>() - claims["nbf"]!.GetValue<long>());
    }

    [Fact]
    public void Takes_a_local_end_for_the_moment_that_it_is()
    {
        var end = DateTimeOffset.FromUnixTimeSeconds(Now + 60).ToLocalTime().DateTime;
        var (_, claims) = Read(JwtBearer.CreateToken(o => (o.SigningKey, o.ExpireAt) = (Key, DateTime.SpecifyKind(end, DateTimeKind.Local))));

        Assert.Equal(Now + 60, claims["exp"]!.GetValue<long>());
    }

    [Fact]
    public void Lists_the_values_of_a_claim_that_is_there_more_than_once()
    {
        var (_, claims) = Read(JwtBearer.CreateToken(o =>
        {
            o.SigningKey = Key;
            o.User["group"] = "a";
            o.User["group"] = "b";
        }));

        Assert.Equal("""["a","b"]""", claims["group"]!.ToJsonString());
    }

    [Fact]
    public void Is_signed_over_the_bytes_of_the_key()
    {
        var token = JwtBearer.CreateToken(o => o.SigningKey = Key).Split('.');

        Assert.Equal(
            Base64Url.EncodeToString(HMACSHA256.HashData(Encoding.ASCII.GetBytes(Key), Encoding.ASCII.GetBytes($"{token[0]}.{token[1]}"))), token[2]);
    }

    [Theory]
    [InlineData("", typeof(InvalidOperationException))]
    [InlineData("thirty-one-characters-are-short", typeof(ArgumentOutOfRangeException))]
    public void Is_not_made_with_a_key_that_is_none_or_too_short(string key, Type error) =>
        Assert.Throws(error, () => JwtBearer.CreateToken(o => o.SigningKey = key));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Is_signed_with_the_private_key_of_a_pair_and_names_it(bool named)
    {
        using var pair = RSA.Create(2048);
        var token = JwtBearer.CreateToken(o =>
        {
            (o.SigningStyle, o.SigningAlgorithm, o.SigningKey, o.KeyIsPemEncoded) = (TokenSigningStyle.Asymmetric, "RS256", pair.ExportPkcs8PrivateKeyPem(), true);
            if (named)
                o.AsymmetricKidGenerator = key => $"kid of {key.KeySize}";
        });

        var parts = token.Split('.');
        Assert.Equal(named ? """{"alg":"RS256","kid":"kid of 2048","typ":"JWT"}""" : """{"alg":"RS256","typ":"JWT"}""", Sorted(Read(token).Header));
        Assert.True(pair.VerifyData(
            Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), Base64Url.DecodeFromChars(parts[2]), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
    }

    private static (JsonObject Header, JsonObject Claims) Read(string token) => (Part(token, 0), Part(token, 1));

    private static JsonObject Part(string token, int index) => JsonNode.Parse(Base64Url.DecodeFromChars(token.Split('.')[index]))!.AsObject();

    private static string Sorted(JsonObject part) =>
        new JsonObject(part.OrderBy(m => m.Key, StringComparer.Ordinal).Select(m => KeyValuePair.Create(m.Key, m.Value?.DeepClone()))).ToJsonString();

    /// <summary>A host whose time stands still.</summary>
    [DisableWafCache]
    public sealed class ClockApp : ProbeApp
    {
        protected override void ConfigureServices(IServiceCollection s) => s.AddSingleton<TimeProvider>(new StandingClock());
    }

    private sealed class StandingClock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeSeconds(Now);
    }
}
