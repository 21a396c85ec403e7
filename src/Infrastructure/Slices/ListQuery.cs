using System.ComponentModel;
using System.Globalization;
using FluentValidation.Results;
using Microsoft.AspNetCore.Http.Extensions;
using TaskSlices.Infrastructure.Data;
using TaskSlices.Infrastructure.Http;

namespace TaskSlices.Infrastructure.Slices;

/// <summary>
/// The query string of a list. A blank value is none. What is not understood is a failure, and so are two values for one thing: a list
/// never has more than what was asked for.
/// </summary>
internal sealed class ListQuery(IQueryCollection query)
{
    private const char Separator = ',';

    /// <summary>In milliseconds.</summary>
    private static readonly long Latest = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    private static readonly string[] OffsetNames = ["offset", "skip"];
    private static readonly string[] DeletedNames = [ListPage.DeletedName, "limit", "after"];
    private static readonly string[] PlaceNames = ["after", "page", .. OffsetNames];

    public List<ValidationFailure> Failures { get; } = [];

    /// <summary>How many rows the page has at most; null for all.</summary>
    public int? Limit { get; private set; }

    public bool WantsCount { get; private set; }

    /// <summary>Whether those that were deleted are asked for.</summary>
    public bool WantsDeleted => Word(ListPage.Flags, [ListPage.DeletedName]) == "true";

    /// <summary>The value that is asked for under one of the names; null if there is none.</summary>
    public T? One<T>(string[] names, Func<string, bool> isValid, Func<string> rule, Func<string, T> read) where T : class?
    {
        if (Values(names) is not { Count: > 0 } values)
            return null;

        var found = new List<(string Name, T Value)>();
        foreach (var (name, text) in values)
        {
            if (isValid(text))
                found.Add((name, read(text)));
            else
                Fail(name, $"{name} {rule()}");
        }

        foreach (var other in found.Skip(1).Where(other => !Equals(other.Value, found[0].Value)))
            Disagree(found[0].Name, other.Name);

        return found.Count == 0 ? null : found[0].Value;
    }

    /// <summary>The word that is asked for, as the list has it.</summary>
    public string? Word(IReadOnlyCollection<string> words, string[] names) => words.Count == 0 ? null : One(
        names, text => words.Contains(text, StringComparer.OrdinalIgnoreCase), () => $"must be {TextRules.OneOf(words)}.",
        text => words.First(word => word.Equals(text, StringComparison.OrdinalIgnoreCase)));

    /// <summary>All values that are asked for under one of the names, each once.</summary>
    public IReadOnlyList<string> Many(string[] names, Func<string, string> keyOf)
    {
        if (Values(names) is not { Count: > 0 } values)
            return [];

        var found = values.GroupBy(value => value.Name, value => value.Text).Select(given => (
            Name: given.Key,
            Keys: given.SelectMany(text => text.Split(Separator, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
                .Select(keyOf).Distinct().Order(StringComparer.Ordinal).ToArray())).ToArray();

        foreach (var other in found.Skip(1).Where(other => !other.Keys.SequenceEqual(found[0].Keys)))
            Disagree(found[0].Name, other.Name);

        return found[0].Keys;
    }

    /// <summary>The folded words that are searched for. Accents alone are none, and would find everything.</summary>
    public IReadOnlyList<string> Words(bool isSearched) => isSearched && One(
        ["search"], text => text.Length <= SearchText.Limit && SearchText.Words(text).Count > 0,
        () => $"must have 1 to {SearchText.Limit} characters, one of them no accent.", text => text) is { } text
        ? SearchText.Words(text) : [];

    /// <summary>Two parameters may ask for the same column.</summary>
    public void DemandAgreement(List<RowCondition> conditions)
    {
        if (conditions.Count < 2)
            return;

        foreach (var column in conditions.OfType<RowCondition.Equal>().GroupBy(condition => condition.Column)
            .Where(same => same.Select(condition => condition.Value).Distinct().Count() > 1))
            Fail("query", $"Two parameters ask for different values of {Json.WireName(column.Key.PropertyInfo!)}.");
    }

    /// <summary>Which part of the list is asked for.</summary>
    public RowPage ReadPage(RowQuery list)
    {
        Limit = Number(["limit"], 1, ListPage.Maximum);
        WantsCount = Word(ListPage.Flags, ["count"]) == "true";
        var after = One(
            ["after"], text => PlaceOf(list, text) is not null, () => "must be from the Link header of the same list.",
            text => PlaceOf(list, text));
        var skip = Number(OffsetNames, 0, int.MaxValue);
        var page = Number(["page"], 1, int.MaxValue);

        if (page > 1 && Limit is null)
            Fail("page", "page needs a limit.");
        if (new object?[] { after, skip > 0 ? skip : null, page > 1 ? page : null }.Count(place => place is not null) > 1)
            Fail("query", "after, offset and page can't be used together.");

        var skipped = skip ?? Math.Min(int.MaxValue, (page - 1L) * Limit ?? 0);

        return new RowPage(list, Limit ?? ListPage.FirstBatch, after, (int)skipped);
    }

    /// <summary>Which part of the list of deleted rows is asked for: those that were deleted before that revision.</summary>
    public long ReadPlace()
    {
        Limit = Number(["limit"], 1, ListPage.Maximum);
        foreach (var (name, _) in query.Where(given => !DeletedNames.Contains(given.Key, StringComparer.OrdinalIgnoreCase)))
            Fail(name, $"{name} can't be used together with {ListPage.DeletedName}.");

        return (long)(One<object>(
            ["after"], text => Deletion(text) is not null, () => "must be from the Link header of the same list.",
            text => Deletion(text)!) ?? long.MaxValue);

        static long? Deletion(string text) =>
            text.Split(Separator, 2) is [var id, var revision] && Guid.TryParse(id, out _)
            && long.TryParse(revision, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
    }

    /// <summary>The query string of the next page: the same list, behind that place.</summary>
    public QueryString Next(RowPlace place)
    {
        var next = new QueryBuilder(query.Where(given => !PlaceNames.Contains(given.Key, StringComparer.OrdinalIgnoreCase)));
        next.Add("after", place.Key is null ? $"{place.Id}" : $"{place.Id}{Separator}{TextOf(place.Key)}");

        return next.ToQueryString();
    }

    private static string TextOf(object key) => key is DateTimeOffset time
        ? time.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture)
        : TypeDescriptor.GetConverter(key.GetType()).ConvertToInvariantString(key)!;

    private static RowPlace? PlaceOf(RowQuery list, string text)
    {
        var parts = text.Split(Separator, 2);
        if (!Guid.TryParse(parts[0], out var id) || (list.SortBy is null && parts.Length > 1))
            return null;
        if (list.SortBy is null || (list.SortBy.IsNullable && parts.Length == 1))
            return new RowPlace(id);

        return parts.Length > 1 && KeyOf(parts[1], list.SortBy.ClrType) is { } key ? new RowPlace(id, key) : null;
    }

    private static object? KeyOf(string text, Type type)
    {
        if (type == typeof(string))
            return text;
        if (type == typeof(DateTimeOffset) || type == typeof(DateTimeOffset?))
        {
            return long.TryParse(text, CultureInfo.InvariantCulture, out var time) && time >= 0 && time <= Latest
                ? DateTimeOffset.FromUnixTimeMilliseconds(time) : null;
        }

        var converter = TypeDescriptor.GetConverter(Nullable.GetUnderlyingType(type) ?? type);
        return converter.IsValid(text) ? converter.ConvertFromInvariantString(text) : null;
    }

    private int? Number(string[] names, int minimum, int maximum) => (int?)One<object?>(
        names,
        text => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            && number >= minimum && number <= maximum,
        () => maximum == int.MaxValue ? $"must be a whole number from {minimum} on." : $"must be from {minimum} to {maximum}.",
        text => int.Parse(text, CultureInfo.InvariantCulture));

    private List<(string Name, string Text)> Values(string[] names)
    {
        var values = new List<(string, string)>();
        foreach (var name in names)
        {
            if (!query.TryGetValue(name, out var texts))
                continue;

            foreach (var text in texts)
            {
                if (string.IsNullOrWhiteSpace(text))
                    continue;
                if (text.Contains('\0', StringComparison.Ordinal))
                    Fail(name, $"{name} must not contain NUL.");
                else
                    // What a place was sorted by can end in a space.
                    values.Add((name, name == PlaceNames[0] ? text : text.Trim()));
            }
        }

        return values;
    }

    private void Disagree(string one, string other) => Fail(
        other, one == other ? $"{one} is there twice, with different values." : $"{one} and {other} have different values.");

    private void Fail(string name, string message) => Failures.Add(new ValidationFailure(name, message));
}
