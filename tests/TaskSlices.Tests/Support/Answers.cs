using System.Text;
using System.Text.Json.Nodes;

namespace TaskSlices.Tests.Support;

/// <summary>Requests that a well-behaved client can't write, and answers as a whole.</summary>
public static class Answers
{
    private static readonly string[] ProblemTexts = ["type", "title", "detail", "instance", "trace_id", "code"];

    /// <summary>Sends the path to the letter: a Uri would decode %41, and take away dots.</summary>
    public static Task<HttpResponseMessage> SendAsWritten(this HttpClient client, string method, string path, string? json = null, string contentType = "application/json")
    {
        var uri = new Uri(client.BaseAddress!.GetLeftPart(UriPartial.Authority) + path, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        var request = new HttpRequestMessage(new HttpMethod(method), uri);
        if (json is not null)
        {
            request.Content = new StringContent(json);
            request.Content.Headers.Remove("Content-Type");
            request.Content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        }

        return client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    /// <summary>A GET with headers exactly as they are given.</summary>
    public static Task<HttpResponseMessage> GetWith(this HttpClient client, string url, params (string Name, string Value)[] headers) =>
        client.SendWith("GET", url, null, headers);

    public static Task<HttpResponseMessage> SendWith(this HttpClient client, string method, string url, string? json, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(new HttpMethod(method), url);
        if (json is not null)
            request.Content = new StringContent(json, new System.Net.Http.Headers.MediaTypeHeaderValue("application/json"));
        foreach (var header in headers.GroupBy(h => h.Name, h => h.Value))
            Assert.True(request.Headers.TryAddWithoutValidation(header.Key, header), $"The client refuses to send {header.Key}.");

        return client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    public static async Task<string> Everything(this Task<HttpResponseMessage> response) => await (await response).Everything();

    /// <summary>Status line, headers and body: all that the caller gets to see. Of a stream, what there is at first.</summary>
    public static async Task<string> Everything(this HttpResponseMessage response) =>
        $"{(int)response.StatusCode}\n{response.Headers}{response.Content.Headers}\n{await BodyAsync(response)}";

    private static async Task<string> BodyAsync(HttpResponseMessage response)
    {
        if (response.Content.Headers.ContentType?.MediaType != "text/event-stream")
            return await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        var start = new byte[16 * 1024];
        using (response)
        {
            var body = await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
            return Encoding.UTF8.GetString(start, 0, await body.ReadAsync(start, TestContext.Current.CancellationToken));
        }
    }

    public static async Task<string?> ProblemWith(this Task<HttpResponseMessage> response, int status) => await (await response).ProblemWith(status);

    /// <summary>What is not as it should be in an answer that is no success, or null: for tables, which name the case themselves.</summary>
    public static async Task<string?> ProblemWith(this HttpResponseMessage response, int status)
    {
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        if ((int)response.StatusCode != status)
            return $"expected {status}, got {(int)response.StatusCode} {text}";
        if (response.Content.Headers.ContentType?.MediaType != "application/problem+json")
            return $"a {status} of type {response.Content.Headers.ContentType}";

        var problem = JsonNode.Parse(text)!.AsObject();
        var missing = ProblemTexts.Where(member => string.IsNullOrWhiteSpace(problem[member]?.GetValue<string>())).ToArray();

        return missing.Length > 0 ? $"a {status} without {string.Join(", ", missing)}"
            : problem["status"]!.GetValue<int>() != status ? $"a {status} that says {problem["status"]}"
            : null;
    }
}
