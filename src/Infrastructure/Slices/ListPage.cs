using System.Text.Json.Nodes;
using TaskSlices.Infrastructure.Data;

namespace TaskSlices.Infrastructure.Slices;

/// <summary>The parameters that every list has: its order, and which part of it is asked for.</summary>
internal static class ListPage
{
    /// <summary>The largest limit.</summary>
    public const int Maximum = 1000;

    /// <summary>Rows that are read at once of a whole list, but for the first ones.</summary>
    public const int Batch = 1000;

    /// <summary>Rows that are read before the first is sent.</summary>
    public const int FirstBatch = 200;

    public const string DeletedName = "deleted";

    public static readonly string[] SortNames = ["sort_by", "sort"];
    public static readonly string[] OrderNames = ["order", "sort_order", "sort_direction"];
    public static readonly string[] Flags = [.. ListFilter.Flags.Keys];
    public static readonly string[] Directions = ["asc", "desc"];

    public static readonly ListParameter[] Search =
    [
        new("search", new JsonObject { ["type"] = "string", ["maxLength"] = SearchText.Limit }, "Each word, without case and accents."),
    ];

    public static readonly ListParameter[] Parameters =
    [
        new("limit", new JsonObject { ["type"] = "integer", ["minimum"] = 1, ["maximum"] = Maximum }, "Without it, the list is whole."),
        new("after", new JsonObject { ["type"] = "string", ["pattern"] = "^[0-9a-fA-F-]{36}(,.*)?$" }, "From Link, of the page before."),
        new("offset", Whole(0), "So many are left out. Pages by after cost less."),
        new("skip", Whole(0), "The same as offset."),
        new("page", Whole(1), "With a limit: the first page is 1."),
        new("count", new JsonObject { ["type"] = "boolean", ["default"] = false }, "The header X-Total-Count, without regard to limit."),
    ];

    public static readonly ListParameter Deleted = new(
        DeletedName, new JsonObject { ["type"] = "boolean", ["default"] = false },
        "Those that can be restored, the last deleted first. Only limit and after go with it.");

    public static IEnumerable<ListParameter> Sort(IEnumerable<string> orders, string? ifAbsent) =>
    [
        .. ListFilter.Described(SortNames, () => Words(orders, ifAbsent), "Without it, by creation."),
        .. ListFilter.Described(OrderNames, () => Words(Directions), "Without it, as suits the column: newest first, texts ascending."),
    ];

    public static JsonObject Words(IEnumerable<string> words, string? ifAbsent = null)
    {
        if (words.SequenceEqual(Flags))
            return new JsonObject { ["type"] = "boolean" };

        var schema = new JsonObject { ["type"] = "string", ["enum"] = new JsonArray([.. words.Select(word => JsonValue.Create(word))]) };
        if (ifAbsent is not null)
            schema["default"] = ifAbsent;

        return schema;
    }

    private static JsonObject Whole(int minimum) => new()
    {
        ["type"] = "integer",
        ["minimum"] = minimum,
        ["maximum"] = int.MaxValue,
        ["default"] = minimum,
    };
}
