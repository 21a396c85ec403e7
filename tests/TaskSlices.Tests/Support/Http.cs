using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace TaskSlices.Tests.Support;

/// <summary>Requests as text, as a client writes them, and answers as JSON, as a client reads them.</summary>
public static class Http
{
    public static Task<HttpResponseMessage> Get(this HttpClient client, string url) => client.Send("GET", url);

    public static Task<HttpResponseMessage> Post(this HttpClient client, string url, string? json = null) => client.Send("POST", url, json);

    public static Task<HttpResponseMessage> Put(this HttpClient client, string url, string? json = null) => client.Send("PUT", url, json);

    public static Task<HttpResponseMessage> Patch(this HttpClient client, string url, string? json = null) => client.Send("PATCH", url, json);

    public static Task<HttpResponseMessage> Delete(this HttpClient client, string url) => client.Send("DELETE", url);

    public static Task<HttpResponseMessage> Send(this HttpClient client, string method, string url, string? json = null) =>
        client.Send(method, url, json is null ? null : Encoding.UTF8.GetBytes(json), json is null ? null : "application/json");

    public static Task<HttpResponseMessage> Send(this HttpClient client, string method, string url, byte[]? body, string? contentType)
    {
        var request = new HttpRequestMessage(new HttpMethod(method), url) { Content = body is null ? null : new ByteArrayContent(body) };
        if (contentType is not null)
        {
            // Many clients announce a type and send nothing.
            request.Content ??= new ByteArrayContent([]);
            request.Content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        }

        return client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    public static async Task<JsonObject> CreateTask(this HttpClient client, string user, string title = "Buy milk", string? description = null)
    {
        var response = await client.Post($"/api/{user}/tasks", JsonSerializer.Serialize(new { title, description }));

        return await response.Is(HttpStatusCode.Created);
    }

    public static string Id(this JsonObject task) => task["id"]!.GetValue<string>();

    public static async Task<JsonObject> Is(this Task<HttpResponseMessage> response, HttpStatusCode status) =>
        await (await response).Is(status);

    public static async Task<JsonArray> IsList(this Task<HttpResponseMessage> response) => await (await response).IsList();

    public static async Task<JsonObject> IsProblem(this Task<HttpResponseMessage> response, HttpStatusCode status, string? code = null) =>
        await (await response).IsProblem(status, code);

    public static async Task<string> Text(this Task<HttpResponseMessage> response) =>
        await (await response).Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

    public static async Task<string> Refuses(this Task<HttpResponseMessage> response, string field) => await (await response).Refuses(field);

    /// <summary>Asserts the status, and gives the body.</summary>
    public static async Task<JsonObject> Is(this HttpResponseMessage response, HttpStatusCode status)
    {
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(status == response.StatusCode, $"Expected {(int)status}, got {(int)response.StatusCode}: {text}");

        return JsonNode.Parse(text)!.AsObject();
    }

    public static async Task<JsonArray> IsList(this HttpResponseMessage response)
    {
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);

        return JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!.AsArray();
    }

    /// <summary>Asserts that the answer is a whole problem (RFC 9457) of that status, and gives it.</summary>
    public static async Task<JsonObject> IsProblem(this HttpResponseMessage response, HttpStatusCode status, string? code = null)
    {
        var problem = await response.Is(status);

        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal((int)status, problem["status"]!.GetValue<int>());
        foreach (var member in new[] { "type", "title", "detail", "instance", "trace_id", "code" })
            Assert.False(string.IsNullOrWhiteSpace(problem[member]?.GetValue<string>()), $"The problem has no {member}: {problem}");
        Assert.Matches("^[A-Z][A-Z0-9_]*$", problem["code"]!.GetValue<string>());
        var named = problem["code"]!.GetValue<string>();
        Assert.Contains(named, ErrorCodes.Documented.Concat(ErrorCodes.OfDropIns));
        Assert.EndsWith(ErrorCodes.Documented.Contains(named) ? $"/errors#{named.ToLowerInvariant()}" : "about:blank", problem["type"]!.GetValue<string>(), StringComparison.Ordinal);
        if (code is not null)
            Assert.Equal(code, problem["code"]!.GetValue<string>());

        return problem;
    }

    /// <summary>Asserts a refusal of one field, and gives its message.</summary>
    public static async Task<string> Refuses(this HttpResponseMessage response, string field)
    {
        var problem = await response.IsProblem(HttpStatusCode.UnprocessableEntity, "VALIDATION_FAILED");
        var error = Assert.Single(problem["errors"]!.AsArray())!;
        Assert.Equal(field, error["field"]!.GetValue<string>());

        return error["message"]!.GetValue<string>();
    }

}
