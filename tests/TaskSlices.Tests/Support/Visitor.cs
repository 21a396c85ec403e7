using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace TaskSlices.Tests.Support;

/// <summary>Someone with a browser: it keeps cookies, and says on each POST which page it comes from.</summary>
public sealed class Visitor(Uri address)
{
    public const string SessionCookie = "better-auth.session_token";

    private static int s_visitors;

    private static readonly HttpClient Client = new(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false });

    public Dictionary<string, string> Cookies { get; } = [];
    public string Origin { get; init; } = address.GetLeftPart(UriPartial.Authority);
    public string Email { get; init; } = $"visitor{Interlocked.Increment(ref s_visitors)}@example.com";
    public string Password { get; init; } = "correct horse";
    public string Id { get; private set; } = "";

    /// <summary>The same person with another browser.</summary>
    public Visitor Elsewhere() => new(address) { Email = Email, Password = Password, Id = Id };

    public async Task<JsonObject> SignUpAsync() =>
        Remember(await Post("/api/auth/sign-up/email", Json(new { name = "Ada Lovelace", email = Email, password = Password })).Is(HttpStatusCode.OK));

    public async Task<JsonObject> SignInAsync() =>
        Remember(await Post("/api/auth/sign-in/email", Json(new { email = Email, password = Password })).Is(HttpStatusCode.OK));

    public async Task SignOutAsync() => await Post("/api/auth/sign-out", "{}").Is(HttpStatusCode.OK);

    public async Task<string> TokenAsync() => (await Get("/api/auth/token").Is(HttpStatusCode.OK))["token"]!.GetValue<string>();

    /// <summary>The user's own tasks, with a token and nothing else.</summary>
    public Task<HttpResponseMessage> Tasks(string token, string method = "GET", string? json = null) => WithToken(token, method, $"/api/{Id}/tasks", json);

    public Task<HttpResponseMessage> WithToken(string token, string method, string url, string? json = null) =>
        Client.SendWith(method, $"{new Uri(address, url)}", json, ("Authorization", $"Bearer {token}"));

    public Task<HttpResponseMessage> Get(string url, params (string Name, string Value)[] headers) => Send("GET", url, null, headers);

    public Task<HttpResponseMessage> Post(string url, string? json = null) => Send("POST", url, json, ("Origin", Origin));

    public async Task<HttpResponseMessage> Send(string method, string url, string? json, params (string Name, string Value)[] headers)
    {
        if (Cookies.Count > 0)
            headers = [.. headers, ("Cookie", string.Join("; ", Cookies.Select(cookie => $"{cookie.Key}={cookie.Value}")))];

        var response = await Client.SendWith(method, $"{new Uri(address, url)}", json, headers);
        foreach (var (name, value, attributes) in response.SetCookies())
        {
            Cookies[name] = value;
            if (attributes.Contains("Max-Age=0"))
                Cookies.Remove(name);
        }

        return response;
    }

    public static string Json(object value) => JsonSerializer.Serialize(value);

    public static JsonObject Claims(string token) => JsonNode.Parse(Encoding.UTF8.GetString(Base64Url.DecodeFromChars(token.Split('.')[1])))!.AsObject();

    private JsonObject Remember(JsonObject signedIn)
    {
        Id = signedIn["user"]!["id"]!.GetValue<string>();

        return signedIn;
    }
}

/// <summary>What Better Auth's answers have in common.</summary>
public static class AccountAnswers
{
    /// <summary>The cookies that are set, each with its attributes as they are written.</summary>
    public static IEnumerable<(string Name, string Value, string[] Attributes)> SetCookies(this HttpResponseMessage response) =>
        from header in response.Headers.TryGetValues("Set-Cookie", out var cookies) ? cookies : []
        let parts = header.Split("; ")
        let cookie = parts[0].Split('=', 2)
        select (cookie[0], cookie[1], parts[1..]);

    public static async Task IsRefused(this Task<HttpResponseMessage> response, int status, string message, string? code) =>
        await (await response).IsRefused(status, message, code);

    /// <summary>Asserts a refusal in Better Auth's shape, to the letter.</summary>
    public static async Task IsRefused(this HttpResponseMessage response, int status, string message, string? code)
    {
        var body = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        var expected = code is null ? Visitor.Json(new { message }) : Visitor.Json(new { message, code });

        Assert.Equal((status, JsonNode.Parse(expected)!.ToJsonString()), ((int)response.StatusCode, JsonNode.Parse(body)!.ToJsonString()));
        Assert.Equal("application/json", response.Content.Headers.ContentType?.ToString());
    }

    public static string[] Members(this JsonNode? node) => [.. node!.AsObject().Select(member => member.Key)];

    public static DateTimeOffset Moment(this JsonNode? node, string member)
    {
        var text = node![member]!.GetValue<string>();
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", text);

        return DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
    }
}
