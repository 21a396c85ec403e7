using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using FastEndpoints.Testing;
using TaskSlices.Infrastructure.Slices;

namespace TaskSlices.Tests.Features.Accounts.BetterAuth;

[Collection(OneMailingServer.Name)]
public sealed partial class AccountDocumentTests(MailingServer server)
{
    private const string Path = "/swagger/accounts/swagger.json";

    /// <summary>The slices with a route of Better Auth: source, name, verb and route.</summary>
    private static readonly (string Source, string Name, string Verb, string Route)[] Slices =
    [
        .. from file in Directory.GetFiles(System.IO.Path.Combine(DropIn.Root, "src", "Features"), "*.cs", SearchOption.AllDirectories)
           let source = File.ReadAllText(file)
           let route = Route().Match(source)
           where route.Success
           select (source, System.IO.Path.GetFileNameWithoutExtension(file), route.Groups[1].Value.ToLowerInvariant(), route.Groups[2].Value),
    ];

    [Fact]
    public async Task Describes_every_route_of_Better_Auth_and_none_else()
    {
        var described = Operations(await ReadAsync()).Select(o => $"{o.Operation["operationId"]} {o.Verb} {o.Path}");

        Assert.True(Slices.Length >= 18);
        Assert.Equal(Slices.Select(slice => $"{slice.Name} {slice.Verb} {slice.Route}").Order(), described.Order());
    }

    [Fact]
    public async Task Is_the_one_that_is_committed() => await CommittedDocument.IsCurrentAsync("openapi-accounts.json", await ReadAsync());

    [Fact]
    public async Task Describes_each_operation_for_people_and_its_errors_in_the_shape_of_Better_Auth()
    {
        var document = await ReadAsync();
        var (tags, schemas) = (document["tags"]!.AsArray().Select(tag => $"{tag!["name"]}").ToList(), document["components"]!["schemas"]!);
        var codes = schemas["BetterAuthError"]!["properties"]!["code"]!["enum"]!.AsArray().Select(code => $"{code}").ToList();

        Assert.Equal(["message"], schemas["BetterAuthError"]!["required"]!.AsArray().Select(name => $"{name}"));
        Assert.All(Operations(document), o =>
        {
            Assert.All(new[] { "summary", "description" }, name => Assert.NotEmpty($"{o.Operation[name]}"));
            Assert.Contains($"{o.Operation["tags"]![0]}", tags);
            Assert.Equal(o.Verb == "post", o.Operation["requestBody"] is not null);
            foreach (var (status, response) in o.Operation["responses"]!.AsObject())
            {
                var schema = response!["content"]?["application/json"]?["schema"];
                if (status[0] is '4' or '5')
                {
                    Assert.Equal("#/components/schemas/BetterAuthError", $"{schema!["$ref"]}");
                    Assert.Equal(status == "429", response["headers"]?["X-Retry-After"] is not null);
                    Assert.All(NoCode().Replace($"{response["description"]}".Split(": ", 2)[1], "").TrimEnd('.').Split(", ", StringSplitOptions.RemoveEmptyEntries), code => Assert.Contains(code, codes));
                }
                else if (status == "200")
                    Assert.NotNull(schemas[$"{(schema!["items"] ?? schema)["$ref"]}".Split('/')[^1]]!["example"]);
                else if (status != "default")
                    Assert.Equal(("302", true), (status, response["headers"]!["Location"] is not null));
            }
        });
        Assert.DoesNotContain("Problem", document.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal(["SessionCookie", "SessionToken"], document["components"]!["securitySchemes"].Members());
    }

    [Theory]
    [InlineData("/api/auth/sign-up/email", "403", "MISSING_OR_NULL_ORIGIN, INVALID_ORIGIN, CROSS_SITE_NAVIGATION_LOGIN_BLOCKED, EMAIL_PASSWORD_SIGN_UP_DISABLED, INVALID_INVITATION")]
    [InlineData("/api/auth/sign-in/email", "400", "BAD_REQUEST, VALIDATION_ERROR, no code (Invalid callbackURL: expected a string), INVALID_EMAIL, PASSWORD_TOO_LONG")]
    [InlineData("/api/auth/change-email", "400", "BAD_REQUEST, VALIDATION_ERROR, no code (Email is the same)")]
    [InlineData("/api/auth/sign-out", "415", "UNSUPPORTED_MEDIA_TYPE")]
    public async Task Names_the_codes_of_a_refusal(string path, string status, string codes)
    {
        var response = (await ReadAsync())["paths"]![path]!["post"]!["responses"]![status]!;

        Assert.EndsWith($": {codes}.", $"{response["description"]}", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("SignUp", "")]
    [InlineData("GetKeys", "")]
    [InlineData("ResetPassword", "")]
    [InlineData("GetSession", "SessionCookie|SessionToken|")]
    [InlineData("GetToken", "SessionCookie|SessionToken")]
    public async Task Says_who_may_call(string operation, string ways)
    {
        var found = Operations(await ReadAsync()).Single(o => $"{o.Operation["operationId"]}" == operation).Operation;

        Assert.Equal(ways, string.Join('|', found["security"]!.AsArray().Select(way => string.Concat(way.Members()))));
    }

    /// <summary>An error that a slice answers and does not declare would be missing in the document.</summary>
    [Fact]
    public void Has_each_error_that_the_source_of_its_slice_names()
    {
        Assert.All(Slices, slice =>
        {
            var (declared, body) = (slice.Source[..slice.Source.IndexOf("ExecuteAsync", StringComparison.Ordinal)], slice.Source[slice.Source.IndexOf("ExecuteAsync", StringComparison.Ordinal)..]);
            var named = Error().Matches(body).Select(match => match.Groups[1].Value).Except(["Of", "In", "TooMany", "NoHost"]).ToHashSet();
            if (body.Contains("Passwords.FindFault(", StringComparison.Ordinal))
                named.UnionWith(["PasswordTooShort", "PasswordTooLong"]);
            if (body.Contains("current.FindFaultAsync(", StringComparison.Ordinal))
                named.Add("InvalidPassword");

            Assert.Equal(named.Order(), Error().Matches(declared).Select(match => match.Groups[1].Value).Distinct().Order());
        });
    }

    [Fact]
    public async Task Is_what_each_operation_answers_to_the_example_of_its_body()
    {
        var document = await ReadAsync();
        var fuzz = new DocumentFuzz(document, seed: 1);
        var operations = Operations(document).ToList();

        foreach (var (path, verb, operation) in operations)
        {
            var visitor = $"{operation["operationId"]}" is "SignUp" ? server.NewVisitor() : await server.SignUpAsync();
            var address = path.Replace("{token}", "nothing", StringComparison.Ordinal);
            var response = verb == "get"
                ? await visitor.Get(path.Contains('{', StringComparison.Ordinal) ? $"{address}?callbackURL=/" : address)
                : await visitor.Post(address, (await BodyAsync(fuzz, operation, visitor)).ToJsonString());

            if ($"{operation["operationId"]}" == "RequestPasswordReset")
                await server.Mailbox.NextAsync();

            var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            Assert.True(response.StatusCode is HttpStatusCode.OK or HttpStatusCode.Found, $"{verb} {address}: {(int)response.StatusCode} {text}");
            Assert.True(await fuzz.FindAsync(operation, response) is null, $"{verb} {address}: {await fuzz.FindAsync(operation, response)}\n{text}");

            var headers = operation["responses"]![$"{(int)response.StatusCode}"]!["headers"]?.AsObject().Select(header => header.Key).ToList() ?? [];
            Assert.All(new[] { "Set-Cookie", "set-auth-jwt", "Location" }.Where(name => response.Headers.Contains(name)), name => Assert.Contains(name, headers));
            Assert.Equal($"{operation["operationId"]}" is "SignUp" or "SignIn" or "SignOut" or "DeleteUser" or "ChangeEmail" or "ChangePassword" or "UpdateUser", response.Headers.Contains("Set-Cookie"));
        }

        Assert.True(operations.Count >= 18);
    }

    /// <summary>Allowed and not allowed, by somebody who is signed in: what is right can be refused for a reason that the document can't know.</summary>
    [Fact]
    public async Task Is_what_each_operation_answers_to_whatever_is_sent()
    {
        const int Rounds = 8;
        var document = await ReadAsync();
        var fuzz = new DocumentFuzz(document, seed: 16);
        var (findings, seen) = (new List<string>(), new HashSet<int>());

        foreach (var (path, verb, operation) in Operations(document))
        {
            var (stranger, member) = (server.NewVisitor(), await server.SignUpAsync());
            for (var round = 0; round < Rounds; round++)
            {
                var visitor = round == 0 ? stranger : member;
                var request = new FuzzedRequest { Method = verb.ToUpperInvariant(), Path = path.Replace("{token}", "nothing", StringComparison.Ordinal) };
                fuzz.Fill(operation, request, "");
                if (round > 1)
                    fuzz.Break(operation, request);

                var content = request.Body is null ? null : new StringContent(request.Body, Encoding.UTF8);
                using var message = new HttpRequestMessage(new(request.Method), new Uri(server.Address, request.Address)) { Content = content };
                content?.Headers.Remove("Content-Type");
                content?.Headers.TryAddWithoutValidation("Content-Type", request.Type);
                message.Headers.Add("Origin", visitor.Origin);
                if (visitor.Cookies.Count > 0)
                    message.Headers.Add("Cookie", string.Join("; ", visitor.Cookies.Select(cookie => $"{cookie.Key}={cookie.Value}")));
                using var response = await Client.SendAsync(message, TestContext.Current.CancellationToken);

                seen.Add((int)response.StatusCode);
                if (await fuzz.FindAsync(operation, response) is { } finding)
                    findings.Add($"{request.Method} {request.Address} {request.Body} ({request.Broken}): {finding}\n    {(int)response.StatusCode} {await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)}");
            }
        }

        Assert.True(findings.Count == 0, string.Join('\n', findings.Take(20)));
        Assert.Superset(new HashSet<int> { 200, 302, 400, 401, 415 }, seen);
    }

    [Fact]
    public async Task Is_what_is_answered_to_a_body_that_is_too_large() =>
        await server.NewVisitor().Post("/api/auth/sign-in/email", Visitor.Json(new { email = new string('x', 2_000_000) }))
            .IsRefused(413, "The body is larger than this API takes.", "BODY_TOO_LARGE");

    [Fact]
    public async Task Can_be_chosen_on_the_page()
    {
        var page = await server.Anonymous().Get("/swagger/index.html").Text();

        Assert.All(new[] { Document.Path, Path }, path => Assert.Contains($"\"{path}\"", page, StringComparison.Ordinal));
    }

    private static readonly HttpClient Client = new(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false });

    /// <summary>The example of the document, with what is the visitor's own.</summary>
    private async Task<JsonObject> BodyAsync(DocumentFuzz fuzz, JsonObject operation, Visitor visitor)
    {
        var body = fuzz.ExampleOf(operation);
        foreach (var (name, _) in body.ToList())
        {
            body[name] = name switch
            {
                "password" or "currentPassword" => visitor.Password,
                "email" => visitor.Email,
                "newEmail" => $"new.{visitor.Email}",
                "token" when $"{operation["operationId"]}" == "ResetPassword" => await MailedTokenAsync(visitor),
                _ => body[name]!.DeepClone(),
            };
        }

        return body;
    }

    private async Task<string> MailedTokenAsync(Visitor visitor)
    {
        await visitor.Post("/api/auth/request-password-reset", Visitor.Json(new { email = visitor.Email, redirectTo = "/" })).Is(HttpStatusCode.OK);

        return (await server.Mailbox.NextAsync()).Link.Segments[^1];
    }

    private async Task<JsonObject> ReadAsync() => await server.Anonymous().Get(Path).Is(HttpStatusCode.OK);

    private static IEnumerable<(string Path, string Verb, JsonObject Operation)> Operations(JsonObject document) =>
        document["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject().Select(o => (path.Key, o.Key, o.Value!.AsObject())));

    [GeneratedRegex("""(Get|Post)\("(/api/auth/[^"]*)"\);""")]
    private static partial Regex Route();

    [GeneratedRegex(@"\bBetterAuthError\.(\w+)")]
    private static partial Regex Error();

    [GeneratedRegex(@"no code \([^)]*\)")]
    private static partial Regex NoCode();
}

/// <summary>With a shared secret or a Better Auth server configured, there are no accounts here to describe.</summary>
public sealed class DelegatedDocumentTests(App app) : TestBase<App>
{
    [Fact]
    public async Task Is_not_served_where_tokens_are_issued_elsewhere()
    {
        await app.Anonymous().Get("/swagger/accounts/swagger.json").IsProblem(HttpStatusCode.Unauthorized);
        Assert.DoesNotContain("/swagger/accounts", await app.Anonymous().Get("/swagger/index.html").Text(), StringComparison.Ordinal);
    }
}
