using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using TaskSlices.Features.Tasks;

namespace TaskSlices.Tests.Support;

/// <summary>Makes requests from a document alone, the same in each run, and compares answers with it.</summary>
public sealed class DocumentFuzz(JsonObject document, int seed)
{
    private static readonly string[] Characters =
        ["a", "Z", "7", " ", "\n", "\"", "\\", "é", "e\u0301", "中", "🧀", "👩‍👩‍👧", "\u200b", "\u0001", "\ufe0f", "\u2800", "\u3164", "\ufeff", "\u0000"];

    private readonly Random _random = new(seed);

    /// <summary>What is in an answer, and not in the document, or the other way round.</summary>
    public async Task<string?> FindAsync(JsonObject operation, HttpResponseMessage response)
    {
        if (operation["responses"]![$"{(int)response.StatusCode}"] is not { } described)
            return "the status is not described";
        if (described["content"] is not { } content)
            return null;
        if (content[response.Content.Headers.ContentType?.MediaType ?? ""]?["schema"] is not { } schema)
            return $"{response.Content.Headers.ContentType} is not described";
        if (response.Content.Headers.ContentType?.MediaType is "application/x-ndjson")
            return null;

        var body = JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        if (!response.IsSuccessStatusCode && !Regex.IsMatch($"{described["description"]}", $@"\b{Regex.Escape(WordOf(body!))}\b"))
            return $"the description does not name {WordOf(body!)}";

        return Violation(schema, body, "body");
    }

    /// <summary>Better Auth has errors without a code.</summary>
    private static string WordOf(JsonNode error) => $"{error["code"] ?? error["message"]}".TrimEnd('.');

    private string? Violation(JsonNode schema, JsonNode? value, string where)
    {
        schema = Resolve(schema);
        if (value is null)
            return schema["type"] is null || schema["nullable"]?.GetValue<bool>() is true ? null : $"{where} is null";
        if (schema["enum"] is JsonArray words && !words.Any(word => JsonNode.DeepEquals(word, value)))
            return $"{where} is none of the words";

        var kind = value.GetValueKind().ToString();
        switch (schema["type"]?.GetValue<string>())
        {
            case "object":
                if (kind != "Object")
                    return $"{where} is no object";
                var missing = Names(schema).Where(name => !value.AsObject().ContainsKey(name)).ToArray();

                return missing.Length > 0
                    ? $"{where} has no {string.Join(", ", missing)}"
                    : value.AsObject().Select(member => schema["properties"]?[member.Key] is { } property ? Violation(property, member.Value, $"{where}.{member.Key}") : null)
                        .FirstOrDefault(violation => violation is not null);
            case "array":
                return kind != "Array" ? $"{where} is no list" : value.AsArray().Select((item, i) => Violation(schema["items"]!, item, $"{where}[{i}]")).FirstOrDefault(v => v is not null);
            case "string":
                return kind != "String" ? $"{where} is no text" : schema["format"]?.GetValue<string>() switch
                {
                    "uuid" => Guid.TryParseExact(value.GetValue<string>(), "D", out _) ? null : $"{where} is no UUID",
                    "date-time" => DateTimeOffset.TryParse(value.GetValue<string>(), CultureInfo.InvariantCulture, out _) ? null : $"{where} is no time",
                    _ => null,
                };
            case "boolean":
                return kind is "True" or "False" ? null : $"{where} is no boolean";
            case "integer":
                return kind == "Number" && value.AsValue().TryGetValue<long>(out _) ? null : $"{where} is no integer";
            case null:
                return null;
            case var other:
                return $"{where} has the type {other}";
        }
    }

    public void Fill(JsonObject operation, FuzzedRequest request, string user)
    {
        request.Path = request.Path.Replace("{user_id}", user, StringComparison.Ordinal);

        // One of them, beside the limit: some exclude each other, and page needs a limit, which the document says in words.
        var parameters = Parameters(operation, "query").ToList();
        foreach (var parameter in parameters.Where(p => Name(p) == "limit").Concat(parameters.Count > 0 && _random.Next(4) > 0 ? [Pick([.. parameters])] : []))
            request.Query[Name(parameter)] = Value(parameter["schema"]!) is JsonArray list ? string.Join(',', list.Select(item => $"{item}")) : $"{Value(parameter["schema"]!)}";

        // Not of accents and invisible characters alone, which the document says in words.
        if (request.Query.TryGetValue("search", out var search))
            request.Query["search"] = $"a{search[..Math.Min(search.Length, 199)]}";

        if (BodyOf(operation) is { } schema && (operation["requestBody"]!["required"]?.GetValue<bool>() is true || _random.Next(4) > 0))
            request.SetBody(Value(schema, orNull: true));
    }

    /// <summary>Makes one thing of the request wrong; false if there is nothing of the kind in it.</summary>
    public bool Break(JsonObject operation, FuzzedRequest request)
    {
        var schema = BodyOf(operation);
        var body = request.Body is null ? null : JsonNode.Parse(request.Body) as JsonObject;
        var breaks = new List<Action>();

        if (request.Path.Contains("{id}", StringComparison.Ordinal))
            breaks.Add(() => request.Break("id", () => request.Path = request.Path.Replace("{id}", Pick("7", "x", "null", $"{Guid.NewGuid()}0"), StringComparison.Ordinal)));
        foreach (var parameter in Parameters(operation, "query").Where(p => p["schema"]!["type"]!.GetValue<string>() is "integer" or "boolean" || p["schema"]!["enum"] is not null || p["schema"]!["pattern"] is not null))
            breaks.Add(() => request.Break("query", () => request.Query[Name(parameter)] = WrongText(parameter["schema"]!)));

        if (schema is not null)
        {
            breaks.Add(() => request.Break("no object", () => request.SetBody(Pick<JsonNode>(new JsonArray(), 5, "x", true, new JsonArray(new JsonObject())))));
            breaks.Add(() => request.Break("no JSON", () => (request.Body, request.Type) = (Pick("{", "{}}", "{'a':1}", "x", "{\"a\":}"), "application/json")));
            breaks.Add(() => request.Break("type", () => (request.Body, request.Type) = (request.Body ?? "{}", Pick("text/plain", "application/xml", "multipart/form-data; boundary=x"))));
            if (operation["requestBody"]!["required"]?.GetValue<bool>() is true)
                breaks.Add(() => request.Break("no body", () => (request.Body, request.Type) = (null, null)));
            if (schema["nullable"]?.GetValue<bool>() is not true)
                breaks.Add(() => request.Break("null", () => (request.Body, request.Type) = ("null", "application/json")));
        }

        if (body is not null)
        {
            foreach (var name in Names(schema!))
                breaks.Add(() => request.Break($"no {name}", () => { body.Remove(name); request.SetBody(body); }));
            // recurring takes true and false too, which is for clients that send it and not for new ones.
            foreach (var (name, property) in schema!["properties"]!.AsObject().Where(p => p.Key != "recurring"))
                breaks.Add(() => request.Break(name, () => { body[name] = WrongValue(Resolve(property!)); request.SetBody(body); }));
        }

        if (breaks.Count == 0)
            return false;

        breaks[_random.Next(breaks.Count)]();

        return true;
    }

    private JsonNode? Value(JsonNode schema, bool orNull = false)
    {
        schema = Resolve(schema);
        if (schema["nullable"]?.GetValue<bool>() is true && orNull && _random.Next(8) == 0)
            return null;

        return schema["type"]!.GetValue<string>() switch
        {
            "object" => ObjectOf(schema),
            "boolean" => _random.Next(2) == 0,
            "integer" => _random.Next(4) == 0 ? Bound(schema, "minimum") : _random.NextInt64(Bound(schema, "minimum"), Bound(schema, "maximum") + 1L),
            // What a request within the request may say is in the document of that.
            "array" when Resolve(schema["items"]!) is { } item && item["type"]!.GetValue<string>() == "object" =>
                new JsonArray([.. Enumerable.Range(0, _random.Next(1, 4)).Select(_ => new JsonObject(Names(item).Select(name => KeyValuePair.Create(name, Value(item["properties"]![name]!)))))]),
            "array" => new JsonArray([.. Enumerable.Range(0, _random.Next(Bound(schema, "minItems"), Bound(schema, "maxItems"))).Select(i => (JsonNode)$"{Pick("a", "Home office", "\u00e9", " A ")}{i}")]),
            "string" when schema["enum"] is JsonArray words => Pick([.. words]) is { } word ? word.GetValue<string>() : null,
            "string" when schema["pattern"]?.GetValue<string>() == DueDate.Pattern => Pick("2026-12-24", "2028-02-29T18:00", "2026-12-24T18:00:00.5Z"),
            "string" when schema["pattern"]?.GetValue<string>() == Recurrence.Pattern => Pick("daily", "Monthly", "FREQ=WEEKLY;BYDAY=MO,FR;COUNT=5"),
            "string" when schema["pattern"]?.GetValue<string>().StartsWith("^(POST", StringComparison.Ordinal) is true => Pick("POST", "PUT", "PATCH", "DELETE"),
            "string" when schema["pattern"]?.GetValue<string>().StartsWith("^(/", StringComparison.Ordinal) is true => Pick("/nothing", "/nothing/%207", $"/nothing/{Guid.NewGuid()}"),
            "string" when schema["pattern"]?.GetValue<string>().Contains("{36}", StringComparison.Ordinal) is true => $"{Guid.NewGuid()}",
            "string" when schema["format"]?.GetValue<string>() == "uuid" => $"{Guid.NewGuid()}",
            "string" when schema["format"]?.GetValue<string>() == "email" => $"visitor.{Guid.NewGuid():N}@example.com",
            "string" => Text(schema),
            var other => throw new NotSupportedException($"A type that is not generated yet: {other}"),
        };
    }

    private JsonObject ObjectOf(JsonNode schema)
    {
        var value = new JsonObject();
        foreach (var (name, property) in schema["properties"]!.AsObject())
        {
            if (Names(schema).Contains(name) || _random.Next(2) == 0)
                value[name] = Value(property!, orNull: true);
        }

        // Members that are not named are allowed.
        if (_random.Next(3) == 0)
            value[Pick("assignee", "user_id", "id", "revision")] = Pick<JsonNode>(5, "x", new JsonArray(1), new JsonObject { ["a"] = true });

        return value;
    }

    /// <summary>A text that fits the lengths and the pattern, of characters that are easily got wrong.</summary>
    private string Text(JsonNode schema)
    {
        var (min, max) = (Bound(schema, "minLength"), Bound(schema, "maxLength"));
        var pattern = new Regex(schema["pattern"]?.GetValue<string>() ?? "");
        while (true)
        {
            var text = new StringBuilder();
            var length = Pick(min, min + 1, max, _random.Next(min, max + 1));
            for (var i = 0; i < length; i++)
                text.Append(Pick(Characters));
            var candidate = _random.Next(4) == 0 ? text.Replace("\0", "").ToString() : text.ToString();
            if (length > 20)
                candidate = candidate.Replace("\0", "b", StringComparison.Ordinal);

            if (candidate.EnumerateRunes().Count() is var runes && runes >= min && runes <= max && pattern.IsMatch(candidate))
                return candidate;
        }
    }

    private JsonNode? WrongValue(JsonNode schema)
    {
        var wrong = new List<JsonNode?> { new JsonArray(5), new JsonObject { ["a"] = 1 }, 5 };
        if (schema["nullable"]?.GetValue<bool>() is not true)
            wrong.Add(null);
        if (schema["type"]!.GetValue<string>() != "string")
            wrong.Add("yes");
        else if (schema["maxLength"] is not null)
            wrong.Add(new string('x', Bound(schema, "maxLength") + 1));
        if (schema["type"]!.GetValue<string>() != "boolean")
            wrong.Add(true);
        if (schema["pattern"]?.GetValue<string>() is { } pattern)
            wrong.AddRange(Characters.Append("a\0b").Where(text => !Regex.IsMatch(text, pattern)).Select(text => (JsonNode)text));

        return wrong[_random.Next(wrong.Count)]?.DeepClone();
    }

    private string WrongText(JsonNode schema) => schema["type"]!.GetValue<string>() == "integer"
        ? Pick($"{Bound(schema, "minimum") - 1}", $"{Bound(schema, "maximum") + 1L}", "x", "1.5", "99999999999999999999", "true", "-1")
        : Pick("x", "7", "null", "01a1fcf0-0000-7000-8000-00000000000g");

    private JsonNode Resolve(JsonNode schema) =>
        schema["$ref"]?.GetValue<string>() is { } reference ? document["components"]!["schemas"]![reference.Split('/')[^1]]! : schema;

    public JsonObject ExampleOf(JsonObject operation) => BodyOf(operation)!["example"]!.DeepClone().AsObject();

    private JsonNode? BodyOf(JsonObject operation) =>
        operation["requestBody"]?["content"]?["application/json"]?["schema"] is { } schema ? Resolve(schema) : null;

    private T Pick<T>(params T[] values) => values[_random.Next(values.Length)];

    private static int Bound(JsonNode schema, string name) => schema[name]?.GetValue<int>() ?? (name.StartsWith("max", StringComparison.Ordinal) ? 50 : 0);

    private static string Name(JsonNode parameter) => parameter["name"]!.GetValue<string>();

    private static IEnumerable<string> Names(JsonNode schema) => schema["required"]?.AsArray().Select(name => name!.GetValue<string>()) ?? [];

    private static IEnumerable<JsonNode> Parameters(JsonObject operation, string place) =>
        operation["parameters"]?.AsArray().Select(p => p!).Where(p => p["in"]!.GetValue<string>() == place) ?? [];

}

/// <summary>A request that is made from a document.</summary>
public sealed class FuzzedRequest
{
    public string Method { get; init; } = "";
    public string Path { get; set; } = "";
    public Dictionary<string, string> Query { get; } = [];
    public string? Body { get; set; }
    public string? Type { get; set; }
    public string Broken { get; private set; } = "allowed";

    public string Address => Query.Count == 0 ? Path : $"{Path}?{string.Join('&', Query.Select(q => $"{q.Key}={Uri.EscapeDataString(q.Value)}"))}";

    public void SetBody(JsonNode? body) => (Body, Type) = (body?.ToJsonString() ?? "null", "application/json");

    public void Break(string what, Action action)
    {
        Broken = what;
        action();
    }
}
