using System.Collections;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace TaskSlices.Features.Tasks;

/// <summary>The tags of a task, in the order given. Two that differ by case alone are one: the first.</summary>
public sealed partial class TagList : IReadOnlyList<string>, IEquatable<TagList>
{
    public const int CountLimit = 20;
    public const int LengthLimit = 50;

    public static readonly TagList Empty = new([]);

    private readonly string[] _tags;

    private TagList(string[] tags) => _tags = tags;

    public int Count => _tags.Length;

    /// <summary>What a filter looks for, each tag between line breaks.</summary>
    public string Keys => _tags.Length == 0 ? "" : $"\n{string.Join('\n', _tags.Select(KeyOf))}\n";

    public string this[int index] => _tags[index];

    public static TagList Of(IEnumerable<string>? tags) =>
        tags is null ? Empty : new([.. tags.Select(tag => tag.Trim()).DistinctBy(KeyOf)]);

    /// <summary>From what <see cref="ToString"/> gives.</summary>
    public static TagList Parse(string json) => json == "[]" ? Empty : new(JsonSerializer.Deserialize<string[]>(json)!);

    /// <summary>What is the same for two tags that differ by case alone.</summary>
    public static string KeyOf(string tag) => tag.Trim().Normalize().ToUpperInvariant();

    /// <summary>Whether the text, once it is trimmed, can be a tag.</summary>
    public static bool IsValid(string? tag) =>
        tag?.Trim() is { } text && text.EnumerateRunes().Count() is >= 1 and <= LengthLimit && !Control.IsMatch(text);

    public bool Equals(TagList? other) => other is not null && _tags.AsSpan().SequenceEqual(other._tags);

    public override bool Equals(object? obj) => Equals(obj as TagList);

    public override int GetHashCode() => ToString().GetHashCode(StringComparison.Ordinal);

    public override string ToString() => _tags.Length == 0 ? "[]" : JsonSerializer.Serialize(_tags);

    /// <summary>Not a copy.</summary>
    public string[] ToArray() => _tags;

    public IEnumerator<string> GetEnumerator() => ((IEnumerable<string>)_tags).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    [GeneratedRegex(@"[\p{Cc}\p{Zl}\p{Zp}]")]
    private static partial Regex Control { get; }
}
