using System.Globalization;
using System.Text.RegularExpressions;
using TaskSlices.Infrastructure.Slices;

namespace TaskSlices.Features.Tasks;

/// <summary>
/// When a task is due: a date, a local date-time or an instant (RFC 3339 section 5.6; the offset, and the seconds, may be left out). It is
/// kept as the text that was sent. A local time belongs to no zone; among instants it is ordered as if it were UTC.
/// </summary>
public static partial class DueDate
{
    public const string Rule =
        "must be a date (2026-12-24), a local time (2026-12-24T18:00) or a time with an offset (2026-12-24T18:00:00Z).";

    /// <summary>Of its shape; that the day is one of the calendar is another question.</summary>
    public const string Pattern = @"^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,7})?)?(Z|[+-]\d\d:\d\d)?)?$";

    private const string Date = "yyyy-MM-dd";
    private const string Order = "yyyy-MM-dd'T'HH:mm:ss.fffffff";

    private static readonly string[] Formats =
        [Date, "yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"];

    /// <summary>As the beginning and the end of a list's range; a date is the whole day.</summary>
    public static readonly ListValue Start = new(IsValid, text => OrderOf(text)!, Rule, Pattern);

    /// <inheritdoc cref="Start"/>
    public static readonly ListValue End = new(
        IsValid, text => IsDate(text) ? $"{text}T23:59:59.9999999" : OrderOf(text)!, Rule, Pattern);

    public static bool IsValid(string text) => Shape.IsMatch(text) && TryParse(text, out _);

    /// <summary>A text that sorts as the due date does, byte by byte: a date before the times of its day. Null for null.</summary>
    public static string? OrderOf(string? text) =>
        text is null || IsDate(text) ? text : Parse(text).UtcDateTime.ToString(Order, CultureInfo.InvariantCulture);

    /// <summary>Where the clock on the wall stands then.</summary>
    public static (DateTime Local, TimeSpan? Offset) WallClock(string text)
    {
        var time = Parse(text);

        return (time.DateTime, IsDate(text) || !HasOffset.IsMatch(text) ? null : time.Offset);
    }

    /// <summary>The same kind of due date, written in the same way, when the clock on the wall stands elsewhere.</summary>
    public static string At(this string text, DateTime local)
    {
        var date = local.ToString(Date, CultureInfo.InvariantCulture);
        if (IsDate(text))
            return date;

        // The hours and minutes, and the seconds if there are any; fraction and offset stay.
        var clock = text[Date.Length..(Date.Length + "T18:00".Length)];
        var rest = text[(Date.Length + clock.Length)..];
        var hasSeconds = rest.StartsWith(':');

        // A rule may ask for seconds (BYSECOND).
        var format = hasSeconds || local.Second > 0 ? "'T'HH:mm:ss" : "'T'HH:mm";

        return date + local.ToString(format, CultureInfo.InvariantCulture) + rest[(hasSeconds ? 3 : 0)..];
    }

    public static bool IsDate(string text) => text.Length == Date.Length;

    private static DateTimeOffset Parse(string text) => TryParse(text, out var time) ? time : default;

    private static bool TryParse(string text, out DateTimeOffset time) => DateTimeOffset.TryParseExact(
        text, Formats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out time);

    /// <summary>What the parser takes beyond RFC 3339: an offset without its colon, a point without a fraction.</summary>
    [GeneratedRegex(Pattern, RegexOptions.ECMAScript)]
    private static partial Regex Shape { get; }

    [GeneratedRegex(@"(Z|[+-]\d\d:\d\d)\z", RegexOptions.CultureInvariant)]
    private static partial Regex HasOffset { get; }
}
