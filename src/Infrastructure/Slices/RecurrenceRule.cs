using Ical.Net;
using Ical.Net.CalendarComponents;
using Ical.Net.DataTypes;
using Ical.Net.Evaluation;

namespace TaskSlices.Infrastructure.Slices;

/// <summary>Recurrence rules (RFC 5545 section 3.3.10), computed by Ical.Net.</summary>
public static class RecurrenceRule
{
    /// <summary>In characters.</summary>
    public const int Limit = 200;

    /// <summary>
    /// In steps of the rule, of which none fits: enough for a leap day of a rule that counts days, over a century that has none. It bounds
    /// what a rule that never fits costs (FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30).
    /// </summary>
    private const int Steps = 3000;

    /// <summary>Whether the text is a rule, such as <c>FREQ=MONTHLY;BYMONTHDAY=31</c>, that recurs once an hour at most.</summary>
    public static bool IsValid(string text) => Parse(text) is not null;

    /// <summary>The next occurrence, on the clock that the first one was on; null if there is none, as after UNTIL.</summary>
    /// <param name="text">A valid rule.</param>
    /// <param name="start">An occurrence.</param>
    /// <param name="isDate">Whether occurrences are dates: the next is on a later day.</param>
    /// <param name="offset">How far the clock is from UTC, in which UNTIL may be given; null if it belongs to no zone.</param>
    /// <param name="occurrence">Which one it is, from 1, for COUNT.</param>
    public static DateTime? Next(string text, DateTime start, bool isDate, TimeSpan? offset, int occurrence)
    {
        if (Parse(text) is not { } rule || rule.Count <= occurrence)
            return null;

        rule.Count = null;
        if (rule.Until is { IsUtc: true } until)
            rule.Until = new CalDateTime(DateTime.SpecifyKind(until.Value + (offset ?? TimeSpan.Zero), DateTimeKind.Unspecified));

        var first = isDate ? new CalDateTime(DateOnly.FromDateTime(start)) : new CalDateTime(start, null, hasTime: true);
        var recurring = new CalendarEvent { Start = first, RecurrenceRule = rule };
        try
        {
            var next = recurring.GetOccurrences(first, new EvaluationOptions { MaxUnmatchedIncrementsLimit = Steps })
                .Select(occurrence => occurrence.Period.StartTime.Value)
                .FirstOrDefault(time => isDate ? time.Date > start.Date : time > start);

            return next == default ? null : next;
        }
        catch (Exception e) when (e is EvaluationLimitExceededException or EvaluationOutOfRangeException)
        {
            return null;
        }
    }

    private static Ical.Net.DataTypes.RecurrenceRule? Parse(string text)
    {
        if (text.Length > Limit || text.Any(char.IsControl) || !text.Contains("FREQ=", StringComparison.OrdinalIgnoreCase))
            return null;

        try
        {
            var rule = new Ical.Net.DataTypes.RecurrenceRule(text);

            return rule.Frequency is FrequencyType.Secondly or FrequencyType.Minutely ? null : rule;
        }
        catch (Exception e) when (e is ArgumentException or FormatException or OverflowException or InvalidOperationException)
        {
            return null;
        }
    }
}
