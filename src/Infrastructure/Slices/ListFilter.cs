using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore.Metadata;
using TaskSlices.Infrastructure.Data;

namespace TaskSlices.Infrastructure.Slices;

/// <summary>How a value of the query string stands in a column.</summary>
/// <param name="IsValid">Whether it can stand there.</param>
/// <param name="Stored">How.</param>
/// <param name="Rule">For the message: <c>must be a date.</c></param>
/// <param name="Pattern">For the document.</param>
public sealed record ListValue(Func<string, bool> IsValid, Func<string, string> Stored, string Rule, string Pattern);

/// <summary>What a list makes of one parameter under all of its names.</summary>
/// <param name="column">The property that it looks at.</param>
/// <param name="names">The names.</param>
/// <param name="schema">What the values are, for the document.</param>
/// <param name="read">Reads the values.</param>
internal sealed class ListFilter(
    string column, string[] names, Func<JsonObject> schema, Func<ListQuery, IReadOnlyProperty, string[], IEnumerable<RowCondition>> read)
{
    public static readonly IReadOnlyDictionary<string, bool> Flags = new Dictionary<string, bool> { ["true"] = true, ["false"] = false };

    public string Column { get; } = column;

    public IEnumerable<ListParameter> Parameters => Described(names, schema, null);

    public static ListFilter ByWord(string column, Dictionary<string, object?> words, string[] names) => new(
        column, names, () => ListPage.Words(words.Keys, words.FirstOrDefault(word => word.Value is null).Key),
        (asked, property, names) =>
            asked.One(names, words.ContainsKey, () => $"must be {TextRules.OneOf(words.Keys)}.", word => words[word]) is { } value
                ? [new RowCondition.Equal(property, value)] : []);

    public static ListFilter ByText(string column, Func<string, string> stored, string[] names) => new(
        column, names, Text, (asked, property, names) => asked.One(names, _ => true, () => "", stored) is { } value
            ? [new RowCondition.Equal(property, value)] : []);

    public static ListFilter ByAll(string column, Func<string, string> keyOf, string[] names) => new(
        column, names, () => new JsonObject { ["type"] = "array", ["items"] = Text() },
        (asked, property, names) => asked.Many(names, keyOf).Select(key => new RowCondition.Contains([property], $"\n{key}\n")));

    public static ListFilter ByLimit(string column, ListValue value, bool isLower, string[] names) => new(
        column, names, () => new JsonObject { ["type"] = "string", ["pattern"] = value.Pattern },
        (asked, property, names) => asked.One(names, value.IsValid, () => value.Rule, value.Stored) is not { } limit ? []
            : isLower ? [new RowCondition.AtLeast(property, limit)] : [new RowCondition.AtMost(property, limit)]);

    /// <summary>The first name, and the others as the same thing.</summary>
    public static IEnumerable<ListParameter> Described(string[] names, Func<JsonObject> schema, string? description) =>
        names.Select((name, i) => new ListParameter(name, schema(), i == 0 ? description : $"The same as {names[0]}."));

    public IEnumerable<RowCondition> Read(ListQuery asked, Func<string, IReadOnlyProperty> columns) => read(asked, columns(Column), names);

    private static JsonObject Text() => new() { ["type"] = "string" };
}
