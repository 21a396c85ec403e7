using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using FastEndpoints.Testing;
using Microsoft.Extensions.DependencyInjection;
using TaskSlices.Infrastructure.Auth;

namespace TaskSlices.Tests.Infrastructure.Auth;

public sealed class TokenTests(App app) : TestBase<App>
{
    private const string Ann = "ann";
    private const string Missing = "TOKEN_MISSING";
    private const string Malformed = "MALFORMED_TOKEN";
    private const string Opaque = "OPAQUE_SESSION_TOKEN";
    private const string Algorithm = "ALGORITHM_NOT_CONFIGURED";
    private const string Signature = "BAD_SIGNATURE";
    private const string Expired = "TOKEN_EXPIRED";
    private const string OtherPurpose = "NOT_AN_ACCESS_TOKEN";

    private static readonly Dictionary<string, (string Code, Func<string> Header)> Refusals = new()
    {
        ["an empty header"] = (Missing, () => ""),
        ["another scheme"] = (Missing, () => $"Basic {Token.Part("ann:secret")}"),
        ["another scheme with a good token"] = (Missing, () => $"DPoP {Token.For(Ann)}"),
        ["a good token without a scheme"] = (Missing, () => Token.For(Ann)),
        ["a scheme that only starts alike"] = (Missing, () => $"BearerX {Token.For(Ann)}"),
        ["the scheme alone"] = (Missing, () => "Bearer"),
        ["the scheme and blanks"] = (Missing, () => "Bearer    "),
        ["null"] = (Missing, () => "Bearer null"),
        ["undefined"] = (Missing, () => "Bearer undefined"),
        ["an object"] = (Missing, () => "bearer  [object Object]"),

        ["one part"] = (Opaque, () => "Bearer wcjRicdHLV5SqBTl2DJvf4k5AB88tTnN"),
        ["two parts"] = (Opaque, () => "Bearer wcjRicdHLV5SqBTl2DJvf4k5AB88tTnN.cV5uRMWEyKlNtUtyoGrrorjbV9+aZz8hdnGSdXuI4Kc="),
        ["three parts of anything"] = (Malformed, () => "Bearer not.a.token"),
        ["three empty parts"] = (Malformed, () => "Bearer .."),
        ["four parts"] = (Malformed, () => Bearer($"{Token.For(Ann)}.x")),
        ["five parts"] = (Malformed, () => $"Bearer {Token.Part("""{"alg":"dir","enc":"A256GCM"}""")}..aaaa.bbbb.cccc"),
        ["two tokens, by a comma"] = (Malformed, () => Bearer($"{Token.For(Ann)}, Bearer {Token.For(Ann)}")),
        ["two tokens, by a blank"] = (Malformed, () => Bearer($"{Token.For(Ann)} {Token.For(Ann)}")),
        ["more than eight thousand characters"] = (Malformed, () => Bearer(Token.Of(Token.Header, $$"""{"sub":"ann","exp":{{Token.Now + 900}},"x":"{{new string('x', 6800)}}"}"""))),

        ["padding"] = (Malformed, () => Bearer($"{Token.For(Ann)}=")),
        ["padding in the header"] = (Malformed, () => Bearer(Replaced(Token.Of("""{"alg":"HS256" }""", Token.Claims(Ann)), 0, part => part + "=="))),
        ["the alphabet with plus and slash"] = (Malformed, () => Bearer(Resigned(Token.Part(Token.Header), Convert.ToBase64String("{\"sub\":\"???>>>\"}"u8)))),
        ["a blank inside"] = (Malformed, () => Bearer(Token.For(Ann).Insert(30, " "))),
        ["a tab inside"] = (Malformed, () => Bearer(Token.For(Ann).Insert(30, "\t"))),
        ["stray bits in the last character"] = (Malformed, () => Bearer(Stray(Token.For(Ann)))),

        ["a header that is no JSON"] = (Malformed, () => Bearer(Token.Of("alg: HS256", Token.Claims(Ann)))),
        ["a header that is no object"] = (Malformed, () => Bearer(Token.Of("""["HS256"]""", Token.Claims(Ann)))),
        ["a header that is null"] = (Malformed, () => Bearer(Token.Of("null", Token.Claims(Ann)))),
        ["a header with something behind it"] = (Malformed, () => Bearer(Token.Of(Token.Header + "{}", Token.Claims(Ann)))),
        ["a header with a comment"] = (Malformed, () => Bearer(Token.Of("""{"alg":"HS256"/**/}""", Token.Claims(Ann)))),
        ["a header with a byte order mark"] = (Malformed, () => Bearer(Token.Of("\ufeff" + Token.Header, Token.Claims(Ann)))),
        ["a header as deep as a well"] = (Malformed, () => Bearer(Token.Of($$"""{"alg":"HS256","x":{{new string('[', 1000)}}{{new string(']', 1000)}}}""", Token.Claims(Ann)))),
        ["a member twice in the header"] = (Malformed, () => Bearer(Token.Of("""{"alg":"HS256","alg":"HS256"}""", Token.Claims(Ann)))),
        ["a member twice in the header, once escaped"] = (Malformed, () => Bearer(Token.Of("""{"alg":"HS256","\u0061lg":"none"}""", Token.Claims(Ann)))),

        ["no algorithm"] = (Malformed, () => WithHeader("""{"typ":"JWT"}""")),
        ["an algorithm that is null"] = (Malformed, () => WithHeader("""{"alg":null}""")),
        ["an algorithm that is a number"] = (Malformed, () => WithHeader("""{"alg":256}""")),
        ["an algorithm that is a list"] = (Malformed, () => WithHeader("""{"alg":["HS256"]}""")),
        ["an algorithm that is half a character"] = (Malformed, () => WithHeader("""{"alg":"\ud800"}""")),
        ["an empty algorithm"] = (Algorithm, () => WithHeader("""{"alg":""}""")),
        ["none"] = (Algorithm, () => Unsigned("none")),
        ["None"] = (Algorithm, () => Unsigned("None")),
        ["NONE"] = (Algorithm, () => Unsigned("NONE")),
        ["none, and signed nevertheless"] = (Algorithm, () => WithHeader("""{"alg":"none"}""")),
        ["HS256 without a signature"] = (Signature, () => Unsigned("HS256")),
        ["hs256"] = (Algorithm, () => WithHeader("""{"alg":"hs256"}""")),
        ["HS384, really signed so"] = (Algorithm, () => Bearer(Resigned(Token.Part("""{"alg":"HS384"}"""), Token.Part(Token.Claims(Ann)), HMACSHA384.HashData))),
        ["HS512, really signed so"] = (Algorithm, () => Bearer(Resigned(Token.Part("""{"alg":"HS512"}"""), Token.Part(Token.Claims(Ann)), HMACSHA512.HashData))),
        ["HS256, signed as HS384"] = (Signature, () => Bearer(Resigned(Token.Part(Token.Header), Token.Part(Token.Claims(Ann)), HMACSHA384.HashData))),
        ["HS256, signed as HS512"] = (Signature, () => Bearer(Resigned(Token.Part(Token.Header), Token.Part(Token.Claims(Ann)), HMACSHA512.HashData))),
        ["RS256, signed with the shared secret"] = (Algorithm, () => WithHeader("""{"alg":"RS256"}""")),
        ["ES256, signed with the shared secret"] = (Algorithm, () => WithHeader("""{"alg":"ES256"}""")),
        ["EdDSA, signed with the shared secret"] = (Algorithm, () => WithHeader("""{"alg":"EdDSA","kid":"tOpL7oyivDko04uFIODCfJ4n7efD8qWH"}""")),

        ["crit"] = (Malformed, () => WithHeader("""{"alg":"HS256","crit":["exp"],"exp":1}""")),
        ["crit that is empty"] = (Malformed, () => WithHeader("""{"alg":"HS256","crit":[]}""")),
        ["b64"] = (Malformed, () => WithHeader("""{"alg":"HS256","b64":false}""")),
        ["b64 with crit"] = (Malformed, () => WithHeader("""{"alg":"HS256","b64":false,"crit":["b64"]}""")),
        ["jwk"] = (Malformed, () => WithHeader($$$"""{"alg":"HS256","jwk":{"kty":"oct","k":"{{{Token.Part(Token.Secret)}}}"}}""")),
        ["jku"] = (Malformed, () => WithHeader("""{"alg":"HS256","jku":"https://example.com/keys"}""")),
        ["x5u"] = (Malformed, () => WithHeader("""{"alg":"HS256","x5u":"https://example.com/cert"}""")),
        ["x5c"] = (Malformed, () => WithHeader("""{"alg":"HS256","x5c":["MIIB"]}""")),
        ["enc"] = (Malformed, () => WithHeader("""{"alg":"HS256","enc":"A256GCM"}""")),
        ["zip"] = (Malformed, () => WithHeader("""{"alg":"HS256","zip":"DEF"}""")),
        ["a kid that is a number"] = (Malformed, () => WithHeader("""{"alg":"HS256","kid":1}""")),
        ["a kid that is null"] = (Malformed, () => WithHeader("""{"alg":"HS256","kid":null}""")),

        ["a session cookie's typ"] = (OtherPurpose, () => WithHeader("""{"alg":"HS256","typ":"better-auth.session-cache+jwt"}""")),
        ["a logout token's typ"] = (OtherPurpose, () => WithHeader("""{"alg":"HS256","typ":"logout+jwt"}""")),
        ["a typ that is a number"] = (OtherPurpose, () => WithHeader("""{"alg":"HS256","typ":1}""")),
        ["a typ that is null"] = (OtherPurpose, () => WithHeader("""{"alg":"HS256","typ":null}""")),
        ["an empty typ"] = (OtherPurpose, () => WithHeader("""{"alg":"HS256","typ":""}""")),

        ["another key"] = (Signature, () => Bearer(Token.Of(Token.Header, Token.Claims(Ann), "another-secret-made-up-for-these-tests"))),
        ["the key without its last byte"] = (Signature, () => Bearer(Signed(Encoding.UTF8.GetBytes(Token.Secret[..^1])))),
        ["the key hashed"] = (Signature, () => Bearer(Signed(SHA256.HashData(Encoding.UTF8.GetBytes(Token.Secret))))),
        ["an empty key"] = (Signature, () => Bearer(Signed([]))),
        ["the signature of another user's token"] = (Signature, () => Bearer(Replaced(Token.For(Ann), 1, _ => Token.Part(Token.Claims("bob"))))),
        ["a signature and a byte more"] = (Signature, () => Bearer(Replaced(Token.For(Ann), 2, part => Base64Url.EncodeToString([.. Base64Url.DecodeFromChars(part), 0])))),

        ["a payload that is no JSON"] = (Malformed, () => WithPayload("sub=ann")),
        ["a payload that is empty"] = (Malformed, () => WithPayload("")),
        ["a payload that is a list"] = (Malformed, () => WithPayload("[]")),
        ["a payload that is a text"] = (Malformed, () => WithPayload("\"ann\"")),
        ["a payload that is null"] = (Malformed, () => WithPayload("null")),
        ["a payload that is no UTF-8"] = (Malformed, () => Bearer(Token.Of(Token.Header, [.. Encoding.ASCII.GetBytes($"{{\"exp\":{Token.Now + 900},\"sub\":\"ann\",\"x\":\""), 0xff, .. "\"}"u8]))),
        ["a payload with a comma too many"] = (Malformed, () => WithPayload($$"""{"sub":"ann","exp":{{Token.Now + 900}},}""")),
        ["a member twice in the payload"] = (Malformed, () => WithPayload($$"""{"sub":"ann","sub":"ann","exp":{{Token.Now + 900}}}""")),
        ["a member twice deep in the payload"] = (Malformed, () => WithPayload($$$"""{"sub":"ann","exp":{{{Token.Now + 900}}},"user":{"id":1,"id":2}}""")),

        ["no expiry"] = (Malformed, () => WithPayload("""{"sub":"ann"}""")),
        ["an expiry that is null"] = (Malformed, () => WithPayload("""{"sub":"ann","exp":null}""")),
        ["an expiry that is a text"] = (Malformed, () => WithPayload($$"""{"sub":"ann","exp":"{{Token.Now + 900}}"}""")),
        ["expired, with a fraction"] = (Expired, () => WithPayload($$"""{"sub":"ann","exp":{{Token.Now - 60}}.5}""")),
        ["an expiry with a huge exponent"] = (Malformed, () => WithPayload("""{"sub":"ann","exp":1e99999999999999999999}""")),
        ["an expiry less than any number"] = (Malformed, () => WithPayload("""{"sub":"ann","exp":-1e400}""")),
        ["an expiry a little larger than 64 bits"] = (Malformed, () => WithPayload("""{"sub":"ann","exp":9223372036854775808.5}""")),
        ["an expiry of nearly zero"] = (Expired, () => WithPayload("""{"sub":"ann","exp":1e-400}""")),
        ["an expiry larger than any number"] = (Malformed, () => WithPayload("""{"sub":"ann","exp":1e400}""")),
        ["an expiry larger than 64 bits"] = (Malformed, () => WithPayload("""{"sub":"ann","exp":9223372036854775808}""")),
        ["an expiry that is a list"] = (Malformed, () => WithPayload($$"""{"sub":"ann","exp":[{{Token.Now + 900}}]}""")),
        ["an expiry before 1970"] = (Expired, () => WithPayload("""{"sub":"ann","exp":-9223372036854775808}""")),
        ["an expiry of zero"] = (Expired, () => WithPayload("""{"sub":"ann","exp":0}""")),
        ["expired"] = (Expired, () => Bearer(Token.For(Ann, -60))),
        ["not yet valid"] = ("TOKEN_NOT_YET_VALID", () => WithClaims($"\"sub\":\"ann\",\"nbf\":{Token.Now + 60}")),
        ["a beginning that is a text"] = (Malformed, () => WithClaims($"\"sub\":\"ann\",\"nbf\":\"{Token.Now}\"")),
        ["a beginning that is null"] = (Malformed, () => WithClaims("\"sub\":\"ann\",\"nbf\":null")),
        ["not yet valid, with a fraction"] = ("TOKEN_NOT_YET_VALID", () => WithClaims($"\"sub\":\"ann\",\"nbf\":{Token.Now + 60}.5")),
        ["a beginning larger than any number"] = (Malformed, () => WithClaims("\"sub\":\"ann\",\"nbf\":1e400")),

        ["no subject"] = (Malformed, () => WithClaims("\"email\":\"ann@example.com\"")),
        ["a subject that is a number"] = (Malformed, () => WithClaims("\"sub\":1")),
        ["a subject that is empty"] = (Malformed, () => WithClaims("\"sub\":\"\"")),
        ["a subject that is a blank"] = (Malformed, () => WithClaims("\"sub\":\" \"")),
        ["a subject of white space"] = (Malformed, () => WithClaims("\"sub\":\"\\t\\u00a0\\u3000\"")),
        ["a subject that is null"] = (Malformed, () => WithClaims("\"sub\":null")),
        ["a subject that is a list"] = (Malformed, () => WithClaims("\"sub\":[\"ann\"]")),
        ["a subject that is half a character"] = (Malformed, () => WithClaims("\"sub\":\"\\ud800\"")),
        ["a subject of 256 characters"] = (Malformed, () => WithClaims($"\"sub\":\"{new string('a', 256)}\"")),
    };

    private static readonly Dictionary<string, Func<string, string>> Acceptances = new()
    {
        ["nothing special"] = user => Bearer(Token.For(user)),
        ["lower-case scheme"] = user => $"bearer {Token.For(user)}",
        ["upper-case scheme"] = user => $"BEARER {Token.For(user)}",
        ["blanks behind the scheme"] = user => $"Bearer   {Token.For(user)}",
        ["typ JWT"] = user => Bearer(Token.Of("""{"alg":"HS256","typ":"JWT"}""", Token.Claims(user))),
        ["typ jwt"] = user => Bearer(Token.Of("""{"typ":"jwt","alg":"HS256"}""", Token.Claims(user))),
        ["typ at+jwt"] = user => Bearer(Token.Of("""{"alg":"HS256","typ":"at+jwt"}""", Token.Claims(user))),
        ["no typ"] = user => Bearer(Token.Of("""{"alg":"HS256"}""", Token.Claims(user))),
        ["a kid"] = user => Bearer(Token.Of("""{"alg":"HS256","kid":"shared-secret-1"}""", Token.Claims(user))),
        ["a header member that nobody knows"] = user => Bearer(Token.Of("""{"alg":"HS256","cty":"x","zzz":[1]}""", Token.Claims(user))),
        ["blanks in the JSON"] = user => Bearer(Token.Of("{ \"alg\" :\n\"HS256\" }", $" {Token.Claims(user)}\r\n")),
        ["expired 20 seconds ago, by a clock that is ahead"] = user => Bearer(Token.For(user, -20)),
        ["valid in 20 seconds, by a clock that is behind"] = user => WithClaims($"\"sub\":\"{user}\",\"nbf\":{Token.Now + 20}"),
        ["times with a fraction"] = user => WithPayload(
            $$"""{"sub":"{{user}}","exp":{{Token.Now + 900}}.25,"nbf":{{Token.Now}}.5,"iat":{{Token.Now}}.123456789012345678901234567890}"""),
        ["an expiry with an exponent"] = user => WithPayload($$"""{"sub":"{{user}}","exp":{{Token.Now + 900}}0e-1}"""),
        ["an expiry at the end of time"] = user => WithPayload($$"""{"sub":"{{user}}","exp":9223372036854775807}"""),
        ["an issuer and an audience, where none are asked for"] = user => WithClaims($"\"sub\":\"{user}\",\"iss\":\"x\",\"aud\":[\"y\"]"),
    };

    public static TheoryData<string> Refused => [.. Refusals.Keys];

    public static TheoryData<string> Accepted => [.. Acceptances.Keys];

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task Refuses(string name)
    {
        var (code, header) = Refusals[name];

        await IsRefused(header(), code);
    }

    [Theory]
    [MemberData(nameof(Accepted))]
    public async Task Accepts(string name)
    {
        var user = App.NewUser();

        Assert.Empty(await app.Anonymous().GetWith($"/api/{user}/tasks", ("Authorization", Acceptances[name](user))).IsList());
    }

    [Fact]
    public async Task Refuses_a_request_without_the_header()
    {
        var response = await app.Anonymous().Get("/api/ann/tasks");

        await response.IsProblem(HttpStatusCode.Unauthorized, Missing);
        Assert.Equal("Bearer", response.Headers.WwwAuthenticate.ToString());
    }

    [Theory]
    [InlineData("Bearer")]
    [InlineData("Bearer null")]
    [InlineData("Bearer undefined")]
    [InlineData("Bearer [object Object]")]
    public async Task Says_that_the_client_sent_no_token(string header) =>
        Assert.StartsWith("The client sent no token", await IsRefused(header, Missing), StringComparison.Ordinal);

    [Fact]
    public async Task Takes_white_space_for_no_user()
    {
        var response = await app.WithToken(Token.For(" ")).Get("/api/%20/tasks");

        await response.IsProblem(HttpStatusCode.Unauthorized, Malformed);
    }

    [Fact]
    public async Task Refuses_two_headers()
    {
        var response = await app.Anonymous().GetWith("/api/ann/tasks", ("Authorization", Bearer(Token.For(Ann))), ("Authorization", Bearer(Token.For(Ann))));

        await response.IsProblem(HttpStatusCode.Unauthorized, Malformed);
    }

    [Fact]
    public async Task Refuses_a_line_break_in_a_token()
    {
        var verifier = app.Services.GetRequiredService<TokenVerifier>();

        foreach (var text in new[] { "\n", "\r\n", "\0", "\u00a0", "\u200b", "é" })
        {
            foreach (var at in new[] { 0, 5, 60, Token.For(Ann).Length })
                Assert.Equal(TokenRefusal.Malformed, (await verifier.VerifyAsync(Token.For(Ann).Insert(at, text), Cancellation)).Refusal);
        }
    }

    [Fact]
    public async Task Takes_a_subject_of_255_characters()
    {
        var user = new string('a', 255);

        Assert.Empty(await app.As(user).Get($"/api/{user}/tasks").IsList());
    }

    [Theory]
    [InlineData("RS256")]
    [InlineData("PS256")]
    [InlineData("ES256")]
    [InlineData("ES512")]
    [InlineData("EdDSA")]
    public async Task Says_which_setting_a_token_of_the_jwt_plugin_needs(string algorithm)
    {
        var problem = await IsRefused(WithHeader($$"""{"alg":"{{algorithm}}"}"""), Algorithm);

        Assert.Contains("BETTER_AUTH_URL", problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Says_where_to_get_a_JWT_when_a_session_token_was_sent() =>
        Assert.Contains("/api/auth/token", await IsRefused("Bearer wcjRicdHLV5SqBTl2DJvf4k5AB88tTnN", Opaque), StringComparison.Ordinal);

    [Fact]
    public async Task Refuses_every_signature_that_was_cut_short()
    {
        var token = Token.For(Ann);
        var signature = token.Split('.')[2].Length;

        for (var cut = 1; cut <= signature; cut++)
            await IsRefused(Bearer(token[..^cut]));
    }

    [Fact]
    public async Task Refuses_every_signature_with_a_bit_flipped()
    {
        var token = Token.For(Ann);

        for (var bit = 0; bit < 256; bit++)
        {
            var flipped = Replaced(token, 2, part =>
            {
                var bytes = Base64Url.DecodeFromChars(part);
                bytes[bit / 8] ^= (byte)(1 << bit % 8);

                return Base64Url.EncodeToString(bytes);
            });
            await IsRefused(Bearer(flipped), Signature);
        }
    }

    [Fact]
    public async Task Refuses_every_other_spelling_of_the_last_character()
    {
        var token = Token.For(Ann);

        foreach (var last in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".Where(c => c != token[^1]))
            await IsRefused(Bearer(token[..^1] + last));
    }

    [Theory]
    [InlineData(-29, null)]
    [InlineData(-30, Expired)]
    public async Task Lets_clocks_differ_by_thirty_seconds_at_the_end(int seconds, string? code)
    {
        var now = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);

        Assert.Equal(code, (await VerifyAt(now, $$"""{"sub":"ann","exp":{{1_800_000_000 + seconds}}}""")).Refusal?.Code);
    }

    [Theory]
    [InlineData(30, null)]
    [InlineData(31, "TOKEN_NOT_YET_VALID")]
    public async Task Lets_clocks_differ_by_thirty_seconds_at_the_beginning(int seconds, string? code)
    {
        var now = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);

        Assert.Equal(code, (await VerifyAt(now, $$"""{"sub":"ann","exp":1900000000,"nbf":{{1_800_000_000 + seconds}}}""")).Refusal?.Code);
    }

    [Theory]
    [InlineData("access_token")]
    [InlineData("token")]
    [InlineData("authorization")]
    [InlineData("Authorization")]
    public async Task Takes_no_token_from_the_query_string(string name)
    {
        var response = await app.Anonymous().Get($"/api/ann/tasks?{name}={Token.For(Ann)}&{name}=Bearer%20{Token.For(Ann)}");

        await response.IsProblem(HttpStatusCode.Unauthorized, Missing);
    }

    [Theory]
    [InlineData("better-auth.session_data")]
    [InlineData("better-auth.session_token")]
    [InlineData("access_token")]
    [InlineData("Authorization")]
    public async Task Takes_no_token_from_a_cookie(string name)
    {
        var response = await app.Anonymous().GetWith("/api/ann/tasks", ("Cookie", $"{name}={Token.For(Ann)}"));

        await response.IsProblem(HttpStatusCode.Unauthorized, Missing);
    }

    [Fact]
    public async Task Takes_no_token_from_a_form_or_another_header()
    {
        var form = new FormUrlEncodedContent([KeyValuePair.Create("access_token", Token.For(Ann))]);
        await app.Anonymous().PostAsync("/api/ann/tasks", form, Cancellation).IsProblem(HttpStatusCode.Unauthorized, Missing);

        var response = await app.Anonymous().GetWith(
            "/api/ann/tasks", ("Proxy-Authorization", Bearer(Token.For(Ann))), ("X-Authorization", Bearer(Token.For(Ann))), ("set-auth-jwt", Token.For(Ann)));
        await response.IsProblem(HttpStatusCode.Unauthorized, Missing);
    }

    [Fact]
    public async Task Decides_anew_for_each_request_of_a_connection()
    {
        var user = App.NewUser();
        var client = app.Anonymous();

        await client.GetWith($"/api/{user}/tasks", ("Authorization", Bearer(Token.For(user)))).IsList();
        await client.GetWith($"/api/{user}/tasks", ("Authorization", Bearer(Token.For(user, -60)))).IsProblem(HttpStatusCode.Unauthorized, Expired);
        await client.Get($"/api/{user}/tasks").IsProblem(HttpStatusCode.Unauthorized, Missing);
    }

    private static string Bearer(string token) => $"Bearer {token}";

    private static string WithHeader(string header) => Bearer(Token.Of(header, Token.Claims(Ann)));

    private static string WithPayload(string payload) => Bearer(Token.Of(Token.Header, payload));

    private static string WithClaims(string claims) => WithPayload($$"""{"exp":{{Token.Now + 900}},{{claims}}}""");

    private static string Unsigned(string algorithm) => Bearer($"{Token.Part($$"""{"alg":"{{algorithm}}"}""")}.{Token.Part(Token.Claims(Ann))}.");

    private static string Replaced(string token, int index, Func<string, string> change)
    {
        var parts = token.Split('.');
        parts[index] = change(parts[index]);

        return string.Join('.', parts);
    }

    private static string Signed(byte[] key) => Resigned(Token.Part(Token.Header), Token.Part(Token.Claims(Ann)), (_, data) => HMACSHA256.HashData(key, data));

    private static string Resigned(string header, string payload, Func<byte[], byte[], byte[]>? sign = null)
    {
        var signature = (sign ?? HMACSHA256.HashData)(Encoding.UTF8.GetBytes(Token.Secret), Encoding.ASCII.GetBytes($"{header}.{payload}"));

        return $"{header}.{payload}.{Base64Url.EncodeToString(signature)}";
    }

    /// <summary>The 43rd character of a signature carries 4 bits of it and 2 that must be zero.</summary>
    private static string Stray(string token)
    {
        const string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

        return token[..^1] + alphabet[alphabet.IndexOf(token[^1], StringComparison.Ordinal) | 1];
    }

    /// <summary>Asserts a 401 that is whole and gives nothing away, and gives its detail.</summary>
    private async Task<string> IsRefused(string header, string? code = null)
    {
        var response = await app.Anonymous().GetWith("/api/ann/tasks", ("Authorization", header));
        var problem = await response.IsProblem(HttpStatusCode.Unauthorized, code);
        var detail = problem["detail"]!.GetValue<string>();

        var challenge = response.Headers.WwwAuthenticate.ToString();
        if (problem["code"]!.GetValue<string>() == Missing)
            Assert.Equal("Bearer", challenge);
        else
            Assert.Equal($"Bearer error=\"invalid_token\", error_description=\"{detail}\"", challenge);

        var everything = await response.Everything();
        Assert.DoesNotContain(Token.Secret, everything, StringComparison.Ordinal);
        foreach (var part in header.Split(' ', '.').Where(part => part.Length > 8))
            Assert.DoesNotContain(part, everything, StringComparison.Ordinal);

        return detail;
    }

    private async Task<TokenVerdict> VerifyAt(DateTimeOffset now, string payload) =>
        await Verifier.Of(new StoppedClock(now), app.Services.GetServices<IKeySource>()).VerifyAsync(Token.Of(Token.Header, payload), Cancellation);
}
