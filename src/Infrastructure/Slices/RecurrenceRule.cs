using System.Text.RegularExpressions;
using Ical.Net;
using Ical.Net.CalendarComponents;
using Ical.Net.DataTypes;
using Ical.Net.Evaluation;
using Rule = Ical.Net.DataTypes.RecurrenceRule;

namespace TaskSlices.Infrastructure.Slices;

/// <summary>Recurrence rules (RFC 5545 section 3.3.10), computed by Ical.Net.</summary>
public static partial class RecurrenceRule
{
    /// <summary>In characters.</summary>
    public const int Limit = 200;

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
        rule.Until = LastMoment(rule.Until, offset);

        var first = isDate ? new CalDateTime(DateOnly.FromDateTime(start)) : new CalDateTime(start, null, hasTime: true);
        var recurring = new CalendarEvent { Start = first, RecurrenceRule = rule };
        try
        {
            var next = recurring.GetOccurrences(first, new EvaluationOptions { MaxUnmatchedIncrementsLimit = StepsOf(rule) })
                .Select(occurrence => occurrence.Period.StartTime.Value)
                .FirstOrDefault(time => isDate ? time.Date > start.Date : time > start);

            return next == default ? null : next;
        }
        catch (Exception e) when (e is EvaluationLimitExceededException or EvaluationOutOfRangeException or ArgumentOutOfRangeException)
        {
            // No step fits, or the calendar (years 1 to 9999) ends.
            return null;
        }
    }

    /// <summary>
    /// In steps of the rule, of which none fits: it bounds what a rule that never fits costs (FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30). Enough
    /// for a century of years and months, for a leap day of a rule that counts days over a century that has none, for a year of hours.
    /// </summary>
    private static int StepsOf(Rule rule)
    {
        var steps = rule.Frequency switch
        {
            FrequencyType.Yearly => 100,
            FrequencyType.Monthly => 1200,
            FrequencyType.Weekly => 3000,
            _ => 9000,
        };

        // BYSETPOS looks at all hours of each step.
        return rule.BySetPosition.Count > 0 ? steps / Math.Max(1, rule.ByHour.Count) : steps;
    }

    /// <summary>
    /// UNTIL as the clock of the occurrences stands then; a date is the whole day. In the last year of the calendar, it ends nothing.
    /// </summary>
    private static CalDateTime? LastMoment(CalDateTime? until, TimeSpan? offset)
    {
        if (until is null || until.Value.Year == DateTime.MaxValue.Year)
            return null;

        var moment = until.HasTime ? until.Value : until.Value.Date.AddDays(1).AddSeconds(-1);
        var ticks = moment.Ticks + (until.IsUtc && offset is { } ahead ? ahead.Ticks : 0);

        return new CalDateTime(new DateTime(Math.Max(ticks, 0)), null, hasTime: true);
    }

    private static Rule? Parse(string text)
    {
        // Ical.Net takes what it does not understand for nothing: a rule with a wrong UNTIL would never end.
        var parts = text.Split(';');
        if (text.Length > Limit || !parts.All(Part.IsMatch)
            || parts.DistinctBy(part => part.Split('=')[0], StringComparer.OrdinalIgnoreCase).Count() < parts.Length)
            return null;

        try
        {
            var rule = new Rule(text);

            return IsHourlyAtMost(rule) && HasPartsOfItsFrequency(rule) ? rule : null;
        }
        catch (Exception e) when (e is ArgumentException or FormatException or OverflowException or InvalidOperationException)
        {
            return null;
        }
    }

    private static bool IsHourlyAtMost(Rule rule) =>
        rule is { Frequency: not (FrequencyType.Secondly or FrequencyType.Minutely), ByMinute.Count: <= 1, BySecond.Count: <= 1 };

    /// <summary>RFC 5545 section 3.3.10. Ical.Net leaves out what is not allowed.</summary>
    private static bool HasPartsOfItsFrequency(Rule rule)
    {
        var isYearly = rule.Frequency == FrequencyType.Yearly;
        var parts = rule.ByMonth.Count + rule.ByWeekNo.Count + rule.ByYearDay.Count + rule.ByMonthDay.Count + rule.ByDay.Count
            + rule.ByHour.Count + rule.ByMinute.Count + rule.BySecond.Count;

        return rule.ByDay.All(day => day.Offset is null
                || ((isYearly || rule.Frequency == FrequencyType.Monthly) && day.Offset is >= -53 and <= 53 and not 0))
            && (rule.ByWeekNo.Count == 0 || isYearly)
            && (rule.ByYearDay.Count == 0 || isYearly || rule.Frequency == FrequencyType.Hourly)
            && (rule.ByMonthDay.Count == 0 || rule.Frequency != FrequencyType.Weekly)
            && (rule.BySetPosition.Count == 0 || parts > 0);
    }

    [GeneratedRegex(
        @"\A(UNTIL=[0-9]{8}(T[0-9]{6}Z?)?|(?!UNTIL=)[A-Z]+=[A-Z0-9,+-]+)\z", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Part { get; }
}
