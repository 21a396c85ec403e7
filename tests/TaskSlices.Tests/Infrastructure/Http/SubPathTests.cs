using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using TaskSlices.Infrastructure.Slices;

namespace TaskSlices.Tests.Infrastructure.Http;

public sealed class SubPathServer : AccountServer
{
    protected override Dictionary<string, string> Settings => new() { ["PathBase"] = "/tasks", ["ASPNETCORE_FORWARDEDHEADERS_ENABLED"] = "true" };
}

/// <summary>Behind a proxy that leaves the sub-path in the requests (/tasks), and behind one that removes it and names it (/my-tasks).</summary>
[Collection(OneServer.Name)]
public sealed class SubPathTests(SubPathServer server, Server plain) : IClassFixture<SubPathServer>
{
    private const string Left = "/tasks", Named = "/my-tasks";

    [Theory]
    [InlineData(Left, "/tasks")]
    [InlineData(Left, "")]
    [InlineData(Named, "")]
    public async Task Is_in_every_address_that_an_answer_has(string seen, string sent)
    {
        var visitor = await server.SignUpAsync();
        using var client = Client(seen);
        client.DefaultRequestHeaders.Add("Authorization", $"Bearer {await visitor.TokenAsync()}");

        var created = await client.Post($"{sent}/api/{visitor.Id}/tasks", """{"title":"first"}""");
        await client.Post($"{sent}/api/{visitor.Id}/tasks", """{"title":"second"}""");
        var task = await created.Is(HttpStatusCode.Created);
        Assert.Equal($"{seen}/api/{visitor.Id}/tasks/{task.Id()}", created.Headers.Location!.OriginalString);

        var page = await client.Get($"{sent}/api/{visitor.Id}/tasks?limit=1");
        Assert.StartsWith($"{seen}/api/{visitor.Id}/tasks?limit=1&after=", page.Next(), StringComparison.Ordinal);

        var problem = await client.Get($"{sent}/api/bob/tasks").IsProblem(HttpStatusCode.Forbidden);
        Assert.Equal($"{seen}/api/bob/tasks", problem["instance"]!.GetValue<string>());
        Assert.Equal($"{seen}/errors#not_your_url", problem["type"]!.GetValue<string>());
        using var errors = await client.GetAsync($"{sent}/errors", TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, errors.StatusCode);

        var document = await client.Get($"{sent}{Document.Path}").Is(HttpStatusCode.OK);
        Assert.Equal($$"""[{"url":"{{seen}}"}]""", document["servers"]!.ToJsonString());
        Assert.Contains("/api/{user_id}/tasks", document["paths"]!.AsObject().Select(path => path.Key));
    }

    [Theory]
    [InlineData(Left, "/tasks")]
    [InlineData(Named, "")]
    public async Task Is_in_the_path_of_every_cookie(string seen, string sent)
    {
        using var client = Client(seen);
        var body = new JsonObject { ["name"] = "Ada", ["email"] = $"{Guid.NewGuid()}@example.com", ["password"] = "correct horse" }.ToJsonString();

        var response = await client.SendWith("POST", $"{sent}/api/auth/sign-up/email", body, ("Origin", server.Origin));

        await response.Is(HttpStatusCode.OK);
        Assert.NotEmpty(response.SetCookies());
        Assert.All(response.SetCookies(), cookie => Assert.Contains($"Path={seen}", cookie.Attributes));
    }

    [Theory]
    [InlineData(Left, "/tasks")]
    [InlineData(Named, "")]
    public async Task Has_the_page_and_that_of_the_document(string seen, string sent)
    {
        using var client = Client(seen);

        Assert.Equal("text/html", (await client.Get($"{sent}/")).Content.Headers.ContentType?.MediaType);
        Assert.Equal("text/javascript", (await client.Get($"{sent}/app.js")).Content.Headers.ContentType?.MediaType);
        Assert.Equal($"{seen}/swagger/index.html", (await client.Get($"{sent}/swagger")).Headers.Location?.OriginalString);
        var page = await client.Get($"{sent}/swagger/index.html").Text();
        Assert.Matches($@"""url"":\s*""{Regex.Escape(seen)}{Regex.Escape(Document.Path)}""", page);
    }

    [Fact]
    public async Task Leads_to_the_page_without_the_slash()
    {
        using var client = Client(Left);

        var response = await client.Get("/tasks?x=1");

        Assert.Equal((HttpStatusCode.TemporaryRedirect, "/tasks/?x=1"), (response.StatusCode, response.Headers.Location?.OriginalString));
        await client.Get("/tasksx").IsProblem(HttpStatusCode.Unauthorized);
    }

    [Theory]
    [InlineData("//example.com")]
    [InlineData("///")]
    public async Task Is_never_another_host(string prefix)
    {
        using var client = Client(Left);

        var response = await client.GetWith("/api/ann/tasks", ("X-Forwarded-Prefix", prefix));

        Assert.DoesNotContain("//example.com", await response.Everything(), StringComparison.Ordinal);
        Assert.True(response.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Is_not_read_from_a_header_that_no_proxy_is_known_to_send()
    {
        using var client = plain.As("ann");
        client.DefaultRequestHeaders.Add("X-Forwarded-Prefix", "/evil");

        var created = await client.Post("/api/ann/tasks", """{"title":"first"}""");
        var document = await client.Get(Document.Path).Is(HttpStatusCode.OK);

        Assert.StartsWith("/api/ann/tasks/", created.Headers.Location!.OriginalString, StringComparison.Ordinal);
        Assert.Equal("""[{"url":"/"}]""", document["servers"]!.ToJsonString());
        await client.Get("/tasks/api/ann/tasks").IsProblem(HttpStatusCode.NotFound);
    }

    [Trait("Speed", "slow")]
    [Theory]
    [InlineData("tasks")]
    [InlineData("//example.com")]
    [InlineData("https://example.com/tasks")]
    public async Task Does_not_start_under_what_is_no_path(string setting)
    {
        var directory = Directory.CreateTempSubdirectory("taskslices-").FullName;

        var run = await ServerProcess.RunAsync(["--urls", "http://127.0.0.1:0"], directory, new() { ["PathBase"] = setting });

        run.IsRefused("PathBase", setting, "/tasks");
        Directory.Delete(directory, recursive: true);
    }

    private HttpClient Client(string seen)
    {
        var client = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = server.Address };
        if (seen != Left)
            client.DefaultRequestHeaders.Add("X-Forwarded-Prefix", seen);

        return client;
    }
}
