using System.Text.Json.Nodes;
using FastEndpoints.Testing;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using TaskSlices.Features.Tasks;
using TaskSlices.Infrastructure.Http;
using TaskSlices.Infrastructure.Slices;

namespace TaskSlices.Tests.Infrastructure.Slices;

public sealed class DocumentTests(App app) : TestBase<App>
{
    [Fact]
    public async Task Describes_every_route_of_the_api_with_its_owner_and_the_bearer_scheme()
    {
        var document = await ReadAsync();
        var routes = app.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Count(e => e.RoutePattern.RawText!.StartsWith("/api/", StringComparison.Ordinal) && !e.RoutePattern.RawText.StartsWith("/api/auth/", StringComparison.Ordinal));

        var operations = document["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject()).Select(o => o.Value!).ToList();
        Assert.Equal(routes, operations.Count);
        Assert.True(routes >= 6);
        Assert.All(operations, operation =>
        {
            var owner = Assert.Single(operation["parameters"]!.AsArray(), p => p!["name"]!.GetValue<string>() == "user_id")!;
            Assert.Equal("path", owner["in"]!.GetValue<string>());
            Assert.True(operation["security"]![0]!.AsObject().ContainsKey("JWTBearerAuth"));
            Assert.False(string.IsNullOrEmpty(operation["summary"]?.GetValue<string>()), $"{operation["operationId"]} has no summary.");
            foreach (var status in new[] { "401", "403", "500", "503" })
                Assert.Equal("#/components/schemas/Problem", operation["responses"]![status]!["content"]![Problem.MediaType]!["schema"]!["$ref"]!.GetValue<string>());
        });
        var scheme = document["components"]!["securitySchemes"]!["JWTBearerAuth"]!;
        Assert.Equal(("http", "bearer", "JWT"), (scheme["type"]!.GetValue<string>(), scheme["scheme"]!.GetValue<string>().ToLowerInvariant(), scheme["bearerFormat"]!.GetValue<string>()));
    }

    [Fact]
    public async Task States_the_limits_that_the_slices_enforce()
    {
        var document = await ReadAsync();
        var create = document["components"]!["schemas"]!["CreateTaskRequest"]!;
        var update = document["components"]!["schemas"]!["UpdateTaskRequest"]!;

        Assert.Equal("""["title"]""", create["required"]!.ToJsonString());
        string[] members =
            ["title", "description", "completed", "priority", "due_date", "tags", "category", "recurrence", "recurrence_pattern", "recurring", "is_recurring"];
        Assert.Equal(members, create["properties"]!.AsObject().Select(p => p.Key));
        Assert.Equal(members, update["properties"]!.AsObject().Select(p => p.Key));
        foreach (var request in new[] { create, update })
        {
            Assert.Equal(1, request["properties"]!["title"]!["minLength"]!.GetValue<int>());
            Assert.DoesNotMatch(request["properties"]!["title"]!["pattern"]!.GetValue<string>(), " \u200b\u3164");
            Assert.Matches(request["properties"]!["title"]!["pattern"]!.GetValue<string>(), " \u200ba\n");
            Assert.Equal(TaskItem.TitleLimit, request["properties"]!["title"]!["maxLength"]!.GetValue<int>());
            Assert.Equal(TaskItem.DescriptionLimit, request["properties"]!["description"]!["maxLength"]!.GetValue<int>());
        }

        var limit = document["paths"]!["/api/{user_id}/tasks"]!["get"]!["parameters"]!.AsArray().Single(p => p!["name"]!.GetValue<string>() == "limit")!;
        Assert.Equal((1, 1000), (limit["schema"]!["minimum"]!.GetValue<int>(), limit["schema"]!["maximum"]!.GetValue<int>()));
    }

    [Fact]
    public async Task Describes_each_operation_for_people_and_names_its_codes()
    {
        var document = await ReadAsync();
        var tags = document["tags"]!.AsArray().Select(tag => tag!["name"]!.GetValue<string>()).ToList();
        var operations = document["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject()).Select(o => o.Value!).ToList();
        var codes = document["components"]!["schemas"]!["Problem"]!["properties"]!["code"]!["enum"]!.AsArray().Select(code => code!.GetValue<string>()).ToList();

        Assert.Equal("/", document["servers"]![0]!["url"]!.GetValue<string>());
        Assert.Equal(ErrorCodes.Documented, codes.ToHashSet());
        Assert.Equal(operations.Count, operations.Select(o => o["operationId"]!.GetValue<string>()).Distinct().Count());
        Assert.All(operations, operation =>
        {
            Assert.NotEmpty(operation["description"]!.GetValue<string>());
            Assert.Contains(operation["tags"]![0]!.GetValue<string>(), tags);
            foreach (var (status, response) in operation["responses"]!.AsObject().Where(response => response.Key[0] is '4' or '5'))
            {
                var named = response!["description"]!.GetValue<string>().Split(": ")[1].TrimEnd('.').Split(", ");
                Assert.All(named, code => Assert.Contains(code, codes));
                Assert.Equal(status is "429" or "503", response["headers"]?["Retry-After"] is not null);
            }
        });
    }

    [Theory]
    [InlineData("/api/{user_id}/tasks", "get", "422", "VALIDATION_FAILED")]
    [InlineData("/api/{user_id}/tasks", "post", "422", "VALIDATION_FAILED, IDEMPOTENCY_KEY_REUSED, QUOTA_EXCEEDED")]
    [InlineData("/api/{user_id}/tasks", "post", "400", "MALFORMED_JSON, BAD_REQUEST")]
    [InlineData("/api/{user_id}/tasks/{id}", "get", "404", "NOT_FOUND, TASK_NOT_FOUND")]
    [InlineData("/api/{user_id}/changes", "get", "410", "CURSOR_TOO_OLD")]
    [InlineData("/api/{user_id}/events", "get", "429", "TOO_MANY_REQUESTS, TOO_MANY_STREAMS")]
    [InlineData("/api/{user_id}", "delete", "422", "VALIDATION_FAILED, WRONG_PASSWORD, ACCOUNT_KEPT_ELSEWHERE")]
    public async Task Names_the_codes_of_a_refusal(string path, string method, string status, string codes)
    {
        var response = (await ReadAsync())["paths"]![path]![method]!["responses"]![status]!;

        Assert.EndsWith($": {codes}.", response["description"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/api/{user_id}/tasks", "get", "200", "ETag, Link, X-Total-Count")]
    [InlineData("/api/{user_id}/tasks", "post", "201", "ETag, Location, Idempotency-Replayed")]
    [InlineData("/api/{user_id}/tasks/{id}", "put", "200", "ETag")]
    [InlineData("/api/{user_id}/tasks", "get", "401", "WWW-Authenticate")]
    public async Task Names_the_headers_of_an_answer(string path, string method, string status, string headers)
    {
        var response = (await ReadAsync())["paths"]![path]![method]!["responses"]![status]!;

        Assert.Equal(headers, string.Join(", ", response["headers"]!.AsObject().Select(header => header.Key)));
    }

    [Fact]
    public async Task Has_an_example_of_each_body()
    {
        var document = await ReadAsync();
        var contents = document["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject()).Select(o => o.Value!)
            .SelectMany(operation => operation["responses"]!.AsObject().Where(response => response.Key[0] == '2').Select(response => response.Value!["content"])
                .Append(operation["requestBody"]?["content"])).OfType<JsonObject>().SelectMany(content => content).ToList();

        Assert.True(contents.Count >= 20);
        Assert.All(contents, content =>
        {
            var schema = content.Value!["schema"]!["items"] ?? content.Value["schema"]!;
            var named = schema["$ref"] is { } reference ? document["components"]!["schemas"]![reference.GetValue<string>().Split('/')[^1]]! : schema;
            Assert.True((content.Value["example"] ?? named["example"]) is not null, $"{schema.ToJsonString()} has no [Example].");
        });
    }

    [Fact]
    public async Task Names_the_version_that_health_names()
    {
        var health = await app.Anonymous().Get("/health/live").Is(HttpStatusCode.OK);

        Assert.Equal(health["version"]!.GetValue<string>(), (await ReadAsync())["info"]!["version"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("/api/{user_id}/tasks", "post", true)]
    [InlineData("/api/{user_id}/tasks/{id}", "put", false)]
    [InlineData("/api/{user_id}/tasks/{id}/complete", "patch", false)]
    [InlineData("/api/{user_id}", "delete", false)]
    public async Task Says_whether_a_body_is_needed(string path, string method, bool required)
    {
        var body = (await ReadAsync())["paths"]![path]![method]!["requestBody"]!;

        Assert.Equal(required, body["required"]?.GetValue<bool>() ?? false);
        Assert.Equal(["application/json"], body["content"]!.AsObject().Select(c => c.Key));
    }

    /// <summary>A change of the document is a change of the contract: it is seen in the diff of docs/openapi.json.</summary>
    [Fact]
    public async Task Is_the_one_that_is_committed() => await CommittedDocument.IsCurrentAsync("openapi.json", await ReadAsync());

    [Fact]
    public async Task Shows_the_page_for_people_without_a_token()
    {
        var page = await app.Anonymous().Get("/swagger/index.html");

        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        Assert.Equal("text/html", page.Content.Headers.ContentType?.MediaType);
    }

    [Theory]
    [InlineData("/swagger/index.html")]
    [InlineData("/swagger/swagger-ui-bundle.js")]
    [InlineData(Document.Path)]
    public async Task Lets_nothing_run_but_its_own_scripts(string path)
    {
        var headers = (await app.Anonymous().Get(path)).Headers;

        var policy = Assert.Single(headers.GetValues("Content-Security-Policy"));
        Assert.Matches("^default-src 'none'; script-src 'self'( 'sha256-[A-Za-z0-9+/]{43}=')*; style-src ", policy);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.Equal("nosniff", Assert.Single(headers.GetValues("X-Content-Type-Options")));
        Assert.Equal("same-origin", Assert.Single(headers.GetValues("Referrer-Policy")));
    }

    [Theory]
    [InlineData("POST", Document.Path)]
    [InlineData("PUT", "/swagger/index.html")]
    [InlineData("DELETE", "/swagger")]
    public async Task Takes_no_method_but_those_that_read(string method, string path)
    {
        var response = await app.Anonymous().Send(method, path);

        await response.IsProblem(HttpStatusCode.MethodNotAllowed);
        Assert.Equal(["GET", "HEAD"], response.Content.Headers.Allow);
    }

    private async Task<JsonObject> ReadAsync() => await app.Anonymous().Get(Document.Path).Is(HttpStatusCode.OK);
}
