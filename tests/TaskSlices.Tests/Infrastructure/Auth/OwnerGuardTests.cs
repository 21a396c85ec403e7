using System.Text.Json;
using System.Text.Json.Nodes;

namespace TaskSlices.Tests.Infrastructure.Auth;

/// <summary>On Kestrel, because that is what reads the URLs that people attack.</summary>
[Collection(OneServer.Name)]
public sealed class OwnerGuardTests(Server server)
{
    private const string Marker = "for-bobs-eyes-only";
    private readonly string _ann = App.NewUser();
    private readonly string _bob = App.NewUser();

    [Theory]
    [InlineData("ann", "bob")]
    [InlineData("ann", "Ann")]
    [InlineData("ann", "ANN")]
    [InlineData("ann", "%41nn")]
    [InlineData("ann", "a%6E%4E")]
    [InlineData("ann", "%2561nn")]
    [InlineData("ann", "%25%36%31nn")]
    [InlineData("ann", "ann.")]
    [InlineData("ann", "ann%2e")]
    [InlineData("ann", ".ann")]
    [InlineData("ann", "ann%20")]
    [InlineData("ann", "%20ann")]
    [InlineData("ann", "ann+")]
    [InlineData("ann", "ann%09")]
    [InlineData("ann", "ann%0a")]
    [InlineData("ann", "ann%0D%0Ax")]
    [InlineData("ann", "ann%C2%A0")]
    [InlineData("ann", "ann%E2%80%8B")]
    [InlineData("ann", "%EF%BB%BFann")]
    [InlineData("ann", "ann%2F")]
    [InlineData("ann", "ann%2F..%2Fbob")]
    [InlineData("ann", "bob%2F..%2Fann")]
    [InlineData("ann", "bob%5C..%5Cann")]
    [InlineData("ann", "ann;bob")]
    [InlineData("ann", "ann,bob")]
    [InlineData("ann", "ann%3Fuser_id=bob")]
    [InlineData("ann", "ann%23")]
    [InlineData("ann", "*")]
    [InlineData("ann", "%25")]
    [InlineData("ann", "{user_id}")]
    [InlineData("ann", "me")]
    [InlineData("ann", "%EF%BD%81nn")]
    [InlineData("ann", "%D0%B0nn")]
    [InlineData("ann", "%C1%A1nn")]
    [InlineData("ann", "%FFann")]
    [InlineData("a b", "a+b")]
    [InlineData("a+b", "a%20b")]
    [InlineData("caf\u00e9", "cafe%CC%81")]
    [InlineData("cafe\u0301", "caf%C3%A9")]
    [InlineData("i", "%C4%B1")]
    [InlineData("k", "%E2%84%AA")]
    [InlineData("stra\u00dfe", "strasse")]
    [InlineData("1", "01")]
    [InlineData("1", "1.0")]
    [InlineData("1", "%D9%A1")]
    public async Task Refuses_every_spelling_that_is_not_the_subject_to_the_byte(string subject, string spelling)
    {
        foreach (var (method, path, body) in Requests(spelling, Guid.NewGuid()))
            await IsForbidden(await server.As(subject).SendAsWritten(method, path, body));
    }

    [Theory]
    [InlineData("ann%00")]
    [InlineData("ann%")]
    [InlineData("ann%4")]
    [InlineData("ann/")]
    [InlineData("/ann")]
    public async Task Opens_nothing_by_a_path_that_is_broken(string spelling)
    {
        var response = await server.As("ann").SendAsWritten("GET", $"/api/{spelling}/tasks");

        Assert.InRange((int)response.StatusCode, 400, 499);
    }

    /// <summary>What the server makes of them may be another resource: .../tasks/.. is the user.</summary>
    [Theory]
    [InlineData("/api/ann/tasks/..")]
    [InlineData("/api/ann/tasks/%2e%2e")]
    [InlineData("/api/ann/tasks/.%2E?x=1")]
    [InlineData("/api/ann/tasks/%2e.")]
    [InlineData("/api/ann/tasks/x/../..")]
    [InlineData("/api/ann/x/..")]
    [InlineData("/api/ann/.")]
    [InlineData("/api/./ann")]
    [InlineData("/api/%2E/ann")]
    [InlineData("/api/bob/../ann")]
    [InlineData("/./api/ann")]
    [InlineData("/../api/ann")]
    [InlineData("/%2e%2e/api/ann/tasks")]
    public async Task Refuses_dot_segments_before_they_are_resolved(string path)
    {
        foreach (var method in new[] { "DELETE", "GET", "POST" })
            await server.As("ann").SendAsWritten(method, path).IsProblem(HttpStatusCode.BadRequest, "BAD_REQUEST");
    }

    [Theory]
    [InlineData("ann", "%61nn")]
    [InlineData("ann", "%61%6e%6E")]
    [InlineData(".ann", ".ann")]
    [InlineData("..ann", "%2e%2eann")]
    [InlineData("...", "...")]
    [InlineData("a b", "a%20b")]
    [InlineData("a+b", "a+b")]
    [InlineData("a+b", "a%2Bb")]
    [InlineData("100%", "100%25")]
    [InlineData("%61nn", "%2561nn")]
    [InlineData("ann@example.com", "ann@example.com")]
    [InlineData("ann@example.com", "ann%40example.com")]
    [InlineData("auth0|507f1f77", "auth0%7C507f1f77")]
    [InlineData("caf\u00e9", "caf%C3%A9")]
    [InlineData("cafe\u0301", "cafe%CC%81")]
    [InlineData("\ud83e\uddc0", "%F0%9F%A7%80")]
    public async Task Takes_every_spelling_of_the_owner(string subject, string spelling)
    {
        var task = await server.As(subject).SendAsWritten("POST", $"/api/{spelling}/tasks", """{"title":"mine"}""").Is(HttpStatusCode.Created);

        Assert.Equal(subject, task["user_id"]!.GetValue<string>());
        Assert.Contains(task.Id(), Ids(await server.As(subject).SendAsWritten("GET", $"/api/{Uri.EscapeDataString(subject)}/tasks").IsList()));
    }

    [Theory]
    [InlineData("user_id={0}")]
    [InlineData("userId={0}")]
    [InlineData("UserId={0}")]
    [InlineData("USER_ID={0}")]
    [InlineData("user_id={0}&user_id={0}")]
    [InlineData("user_id[]={0}")]
    [InlineData("user%5Fid={0}")]
    [InlineData("sub={0}")]
    public async Task Reads_the_owner_from_no_query_string(string query)
    {
        var secret = await server.As(_bob).CreateTask(_bob, Marker);
        var asBob = string.Format(System.Globalization.CultureInfo.InvariantCulture, query, _bob);
        var asAnn = string.Format(System.Globalization.CultureInfo.InvariantCulture, query, _ann);

        Assert.Empty(await server.As(_ann).SendAsWritten("GET", $"/api/{_ann}/tasks?{asBob}").IsList());
        var created = await server.As(_ann).SendAsWritten("POST", $"/api/{_ann}/tasks?{asBob}", """{"title":"mine"}""").Is(HttpStatusCode.Created);
        Assert.Equal(_ann, created["user_id"]!.GetValue<string>());

        foreach (var (method, path, body) in Requests(_ann, Guid.Parse(secret.Id())).Where(r => r.Path.Contains(secret.Id(), StringComparison.Ordinal)))
            await server.As(_ann).SendAsWritten(method, $"{path}?{asBob}", body).IsProblem(HttpStatusCode.NotFound, "TASK_NOT_FOUND");
        foreach (var (method, path, body) in Requests(_bob, Guid.Parse(secret.Id())))
            await IsForbidden(await server.As(_ann).SendAsWritten(method, $"{path}?{asAnn}", body));

        await IsUntouched(secret);
    }

    [Theory]
    [InlineData("user_id")]
    [InlineData("userId")]
    [InlineData("UserId")]
    [InlineData("USER_ID")]
    [InlineData("sub")]
    public async Task Reads_the_owner_from_no_body(string member)
    {
        var secret = await server.As(_bob).CreateTask(_bob, Marker);
        string Body(string user) => $$"""{"title":"mine","completed":true,"id":"{{secret.Id()}}","{{member}}":"{{user}}"}""";

        var created = await server.As(_ann).Post($"/api/{_ann}/tasks", Body(_bob)).Is(HttpStatusCode.Created);
        Assert.Equal(_ann, created["user_id"]!.GetValue<string>());
        Assert.NotEqual(secret.Id(), created.Id());

        foreach (var method in new[] { "GET", "PUT", "DELETE" })
            await server.As(_ann).Send(method, $"/api/{_ann}/tasks/{secret.Id()}", Body(_bob)).IsProblem(HttpStatusCode.NotFound, "TASK_NOT_FOUND");
        await server.As(_ann).Patch($"/api/{_ann}/tasks/{secret.Id()}/complete", Body(_bob)).IsProblem(HttpStatusCode.NotFound, "TASK_NOT_FOUND");
        foreach (var (method, path, _) in Requests(_bob, Guid.Parse(secret.Id())))
            await IsForbidden(await server.As(_ann).Send(method, path, Body(_ann)));

        await IsUntouched(secret);
    }

    [Theory]
    [InlineData("X-User-Id")]
    [InlineData("X-Forwarded-User")]
    [InlineData("X-Original-URL")]
    [InlineData("X-Rewrite-URL")]
    [InlineData("user_id")]
    [InlineData("Cookie")]
    public async Task Reads_the_owner_from_no_header(string header)
    {
        var secret = await server.As(_bob).CreateTask(_bob, Marker);
        string Value(string user) => header switch
        {
            "Cookie" => $"user_id={user}",
            _ when header.EndsWith("URL", StringComparison.Ordinal) => $"/api/{user}/tasks",
            _ => user,
        };

        Assert.Empty(await server.As(_ann).GetWith($"/api/{_ann}/tasks", (header, Value(_bob))).IsList());
        await IsForbidden(await server.As(_ann).GetWith($"/api/{_bob}/tasks", (header, Value(_ann))));

        await IsUntouched(secret);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("""{"title":""}""")]
    [InlineData("""{"title":5}""")]
    [InlineData("""{"title":"a","title":"b"}""")]
    [InlineData("""{"title":"ok"}""")]
    public async Task Refuses_a_stranger_whatever_the_body_is(string body)
    {
        var secret = await server.As(_bob).CreateTask(_bob, Marker);

        foreach (var (method, path, _) in Requests(_bob, Guid.Parse(secret.Id())).Where(r => r.Method is "POST" or "PUT" or "PATCH"))
            await IsForbidden(await server.As(_ann).Send(method, path, body));

        await IsUntouched(secret);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("""{"title":5}""")]
    public async Task Asks_for_a_token_before_it_looks_at_the_body(string body)
    {
        foreach (var (method, path, _) in Requests(_bob, Guid.NewGuid()).Where(r => r.Method is "POST" or "PUT" or "PATCH"))
            await server.Anonymous().Send(method, path, body).IsProblem(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Refuses_a_stranger_whatever_the_query_is()
    {
        foreach (var query in new[] { "limit=0", "limit=x", "after=x", "limit=1&limit=2" })
            await IsForbidden(await server.As(_ann).Get($"/api/{_bob}/tasks?{query}"));
    }

    [Fact]
    public async Task Tells_a_stranger_the_same_of_what_is_there_and_what_is_not()
    {
        var secret = await server.As(_bob).CreateTask(_bob, Marker);

        var there = await IsForbidden(await server.As(_ann).Get($"/api/{_bob}/tasks/{secret.Id()}"));
        var never = await IsForbidden(await server.As(_ann).Get($"/api/{_bob}/tasks/{Guid.CreateVersion7()}"));
        var nobody = await IsForbidden(await server.As(_ann).Get($"/api/{App.NewUser()}/tasks/{secret.Id()}"));

        foreach (var problem in new[] { there, never, nobody })
        {
            problem.Remove("trace_id");
            problem.Remove("instance");
        }
        Assert.Equal(there.ToJsonString(), never.ToJsonString());
        Assert.Equal(there.ToJsonString(), nobody.ToJsonString());
    }

    [Fact]
    public async Task Gives_the_same_404_for_the_task_of_another_user_and_for_one_that_never_was()
    {
        var secret = await server.As(_bob).CreateTask(_bob, Marker);

        foreach (var (method, path, body) in Requests(_ann, Guid.Parse(secret.Id())).Where(r => r.Path.Contains(secret.Id(), StringComparison.Ordinal)))
        {
            var never = Guid.CreateVersion7();
            var foreign = await server.As(_ann).Send(method, path, body).IsProblem(HttpStatusCode.NotFound, "TASK_NOT_FOUND");
            var absent = await server.As(_ann).Send(method, path.Replace(secret.Id(), $"{never}", StringComparison.Ordinal), body).IsProblem(HttpStatusCode.NotFound, "TASK_NOT_FOUND");

            foreign.Remove("trace_id");
            absent.Remove("trace_id");
            Assert.Equal(foreign.ToJsonString().Replace(secret.Id(), $"{never}", StringComparison.Ordinal), absent.ToJsonString());
        }

        await IsUntouched(secret);
    }

    private static IEnumerable<(string Method, string Path, string? Body)> Requests(string user, Guid id) =>
    [
        ("GET", $"/api/{user}/tasks", null),
        ("POST", $"/api/{user}/tasks", """{"title":"taken"}"""),
        ("GET", $"/api/{user}/tasks/{id}", null),
        ("PUT", $"/api/{user}/tasks/{id}", """{"title":"taken"}"""),
        ("PATCH", $"/api/{user}/tasks/{id}/complete", """{"completed":true}"""),
        ("DELETE", $"/api/{user}/tasks/{id}", null),
    ];

    private static IEnumerable<string> Ids(JsonArray tasks) => tasks.Select(task => task!["id"]!.GetValue<string>());

    /// <summary>Asserts a 403 that gives nothing away, and on which no client logs out.</summary>
    private static async Task<JsonObject> IsForbidden(HttpResponseMessage response)
    {
        var problem = await response.IsProblem(HttpStatusCode.Forbidden, "NOT_YOUR_URL");

        var everything = await response.Everything();
        Assert.DoesNotContain(Marker, everything, StringComparison.Ordinal);
        Assert.DoesNotContain("token", everything, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("unauthorized", everything, StringComparison.OrdinalIgnoreCase);
        Assert.False(response.Headers.Contains("WWW-Authenticate"));

        return problem;
    }

    private async Task IsUntouched(JsonObject secret)
    {
        var tasks = await server.As(_bob).Get($"/api/{_bob}/tasks").IsList();
        Assert.Equal(JsonSerializer.Serialize(secret), Assert.Single(tasks)!.ToJsonString());

        Assert.DoesNotContain(Marker, (await server.As(_ann).Get($"/api/{_ann}/tasks").IsList()).ToJsonString(), StringComparison.Ordinal);
    }
}
