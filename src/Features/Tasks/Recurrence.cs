using TaskSlices.Infrastructure.Slices;

namespace TaskSlices.Features.Tasks;

/// <summary>How a task recurs: one of the words below, or an RRULE (RFC 5545 section 3.3.10).</summary>
public static class Recurrence
{
    public const int Limit = RecurrenceRule.Limit;
    public const string Rule = "must be daily, weekly, monthly, yearly or an RRULE (RFC 5545) that recurs once an hour at most.";

    /// <summary>Of its shape, for the document.</summary>
    public const string Pattern =
        "^([Dd]aily|[Ww]eekly|[Mm]onthly|[Yy]early|DAILY|WEEKLY|MONTHLY|YEARLY|"
        + "(RRULE:|rrule:)?[A-Za-z]+=[A-Za-z0-9,+-]+(;[A-Za-z]+=[A-Za-z0-9,+-]+)*)$";

    private const string Prefix = "RRULE:";

    private static readonly Dictionary<string, string> Words = new(StringComparer.OrdinalIgnoreCase)
    {
        ["daily"] = "FREQ=DAILY",
        ["weekly"] = "FREQ=WEEKLY",
        ["monthly"] = "FREQ=MONTHLY",
        ["yearly"] = "FREQ=YEARLY",
    };

    public static bool IsValid(string text) => Words.ContainsKey(text) || RecurrenceRule.IsValid(RuleOf(text));

    /// <summary>As it is stored and answered: words in lower case, rules as they are.</summary>
    public static string Normalize(string text) => Words.ContainsKey(text) ? text.ToLowerInvariant() : text;

    /// <summary>The next due date, of the same kind and written in the same way; null if there is none.</summary>
    public static string? Next(string recurrence, string dueDate, int occurrence)
    {
        var (local, offset) = DueDate.WallClock(dueDate);

        // In UTC, the last day of the calendar can be behind its end.
        return RecurrenceRule.Next(RuleOf(recurrence), local, DueDate.IsDate(dueDate), offset, occurrence) is { } next
            && dueDate.At(next) is var due && DueDate.IsValid(due) ? due : null;
    }

    private static string RuleOf(string text) =>
        Words.TryGetValue(text, out var rule) ? rule
        : text.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) ? text[Prefix.Length..] : text;
}
