using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace TaskSlices.Load.Driver;

/// <summary>
/// Asks both servers the same, and compares what they answer: status, headers, and the body byte for byte, but for what no two answers can
/// have alike: a new id, the time of a change, a trace id.
/// </summary>
public static partial class Agreement
{
    private static readonly string[] Compared = ["Content-Type", "Location", "Link", "WWW-Authenticate"];

    /// <exception cref="LoadException">They differ.</exception>
    public static async Task DemandAsync(Server product, Server ceiling, User user, string secret)
    {
        var token = user.Token(secret);
        var tasks = $"/api/{user.Name}/tasks";
        var one = $"{tasks}/{user.Tasks[0]}";
        var probes = new Probe[]
        {
            new("GET", one, token, 200),
            new("GET", $"{tasks}/{user.Tasks[7]}", token, 200),
            new("GET", $"{tasks}?limit=50", token, 200),
            new("GET", $"{tasks}?limit=50&after={user.Tasks[60]}", token, 200),
            new("GET", $"{tasks}?limit=50&after={user.Tasks[20]}", token, 200),
            new("GET", one, user.Token("not the secret that the two servers have"), 401),
            new("GET", one, "a.b.c", 401),
            new("GET", one, null, 401),
            new("GET", $"/api/{user.Name}x/tasks", token, 403),
            new("GET", $"{tasks}/{Guid.Empty}", token, 404),
            new("PUT", $"{tasks}/{Guid.Empty}", token, 404, """{"title":"x"}"""),
            new("POST", tasks, token, 201, """{"title":"  Prüfe \"das\" 🎉 <b> ","description":"a\nb","id":"mine","user_id":["x"]}"""),
            new("POST", tasks, token, 201, """{"title":"Plain"}"""),
            new("POST", tasks, token, 201, """{"description":null,"title":"\u0041bc &"}"""),
            new("GET", $"{tasks}?limit=3", token, 200),
            new("PATCH", $"{one}/complete", token, 200),
            new("PATCH", $"{one}/complete", token, 200),
            new("PATCH", $"{one}/complete", token, 200, """{"completed":true}"""),
            new("PUT", one, token, 200, """{"title":" New ","completed":false}"""),
            new("PUT", one, token, 200, """{"description":""}"""),
            new("PUT", one, token, 200, """{"description":null}"""),
            new("GET", one, token, 200),
            new("POST", tasks, token, 201, $$"""{"title":"{{new string('x', 200)}}"}"""),
            new("POST", tasks, token, 422, $$"""{"title":"{{new string('x', 201)}}"}""", StatusOnly: true),
            new("POST", tasks, token, 422, """{"title":"  "}""", StatusOnly: true),
            new("POST", tasks, token, 422, """{"title":7}""", StatusOnly: true),
            new("POST", tasks, token, 422, """{}""", StatusOnly: true),
            new("POST", tasks, token, 400, """{"title":"x" """, StatusOnly: true),
        };

        using var productClient = new HttpClient { BaseAddress = product.Address };
        using var ceilingClient = new HttpClient { BaseAddress = ceiling.Address };
        foreach (var probe in probes)
        {
            var expected = await AskAsync(productClient, probe);
            var actual = await AskAsync(ceilingClient, probe);

            // A product from before these fields, with --beside.
            if (!actual.Contains("\"next_task_id\"", StringComparison.Ordinal))
                expected = Fields().Replace(expected, "");
            if (!actual.Contains("\"revision\"", StringComparison.Ordinal))
                expected = RevisionMember().Replace(expected, "");
            if (expected != actual)
                throw new LoadException($"{probe.Method} {probe.Path} {probe.Body}{Environment.NewLine}product: {expected}{Environment.NewLine}ceiling: {actual}");
        }
    }

    private static async Task<string> AskAsync(HttpClient client, Probe probe)
    {
        using var request = new HttpRequestMessage(new HttpMethod(probe.Method), probe.Path);
        if (probe.Token is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", probe.Token);
        if (probe.Body is not null)
            request.Content = new StringContent(probe.Body, Encoding.UTF8, "application/json");

        using var answer = await client.SendAsync(request);
        var body = await answer.Content.ReadAsStringAsync();
        if ((int)answer.StatusCode != probe.Status)
            throw new LoadException($"{probe.Method} {probe.Path} {probe.Body} gives {(int)answer.StatusCode} and not {probe.Status} at {client.BaseAddress}: {body}");

        if (probe.StatusOnly)
            return $"{probe.Status}";

        using var json = JsonDocument.Parse(body);
        var headers = answer.Headers.Concat(answer.Content.Headers)
            .Where(header => Compared.Contains(header.Key, StringComparer.OrdinalIgnoreCase))
            .OrderBy(header => header.Key, StringComparer.Ordinal)
            .Select(header => $"{header.Key}: {string.Join(", ", header.Value)}");

        return WithoutWhatVaries($"{probe.Status} {string.Join("; ", headers)} {body}");
    }

    /// <summary>
    /// A time or an id of this minute is replaced by its form. Those of the seed are older, and stay.
    /// </summary>
    private static string WithoutWhatVaries(string answer)
    {
        var recent = DateTimeOffset.UtcNow.AddSeconds(-30);

        // A product from before the page of errors, with --beside.
        answer = ErrorType().Replace(answer, "\"type\":\"<address>\"");
        answer = TraceId().Replace(answer, "\"trace_id\":\"<32 hexadecimal digits>\"");
        answer = Time().Replace(answer, time => DateTimeOffset.Parse(time.Value, System.Globalization.CultureInfo.InvariantCulture) > recent ? "<now>" : time.Value);

        return Id().Replace(answer, id => Convert.ToInt64(id.Value.Replace("-", "", StringComparison.Ordinal)[..12], 16) > recent.ToUnixTimeMilliseconds() ? "<new id>" : id.Value);
    }

    [GeneratedRegex(",\"revision\":[0-9]+")]
    private static partial Regex RevisionMember();

    [GeneratedRegex("\"priority\":.*?\"next_task_id\":null,")]
    private static partial Regex Fields();

    [GeneratedRegex("\"type\":\"[^\"]*#[^\"]*\"")]
    private static partial Regex ErrorType();

    [GeneratedRegex("\"trace_id\":\"[0-9a-f]{32}\"")]
    private static partial Regex TraceId();

    [GeneratedRegex(@"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")]
    private static partial Regex Time();

    [GeneratedRegex("[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")]
    private static partial Regex Id();

    private sealed record Probe(string Method, string Path, string? Token, int Status, string? Body = null, bool StatusOnly = false);
}
