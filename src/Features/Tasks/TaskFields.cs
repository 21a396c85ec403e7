using System.ComponentModel.DataAnnotations;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;
using FastEndpoints;
using FluentValidation;
using TaskSlices.Infrastructure.Data;
using TaskSlices.Infrastructure.Slices;

namespace TaskSlices.Features.Tasks;

/// <summary>What a client may say of a task beside its title, when it makes one and when it changes one.</summary>
public abstract record TaskFields : MergeRequest
{
    public string? Description { get; init => field = Given(value); }

    [DisallowNull]
    public bool? Completed { get; init; }

    /// <summary>Null is none.</summary>
    [AllowedValues("none", "low", "medium", "high", "urgent", "critical")]
    public string? Priority { get; init => field = Given(value?.Trim()); }

    [RegularExpression(Tasks.DueDate.Pattern)]
    public string? DueDate { get; init => field = Given(value); }

    /// <summary>Each of 1 to 50 characters, without control characters. Null is none.</summary>
    [MaxLength(TagList.CountLimit)]
    public IReadOnlyList<string>? Tags { get; init => field = Given(value); }

    public string? Category { get; init => field = Given(value?.Trim()); }

    [RegularExpression(Tasks.Recurrence.Pattern)]
    public string? Recurrence { get; init => field = Given(value?.Trim()); }

    /// <summary>Another name of recurrence.</summary>
    [RegularExpression(Tasks.Recurrence.Pattern)]
    public string? RecurrencePattern { get; init => field = Given(value?.Trim()); }

    /// <summary>Another name of recurrence, or whether there is one.</summary>
    [RegularExpression(Tasks.Recurrence.Pattern)]
    [JsonConverter(typeof(WordOrFlag))]
    public string? Recurring { get; init => field = Given(value?.Trim()); }

    /// <summary>False is no recurrence, whatever the pattern.</summary>
    public bool? IsRecurring { get; init => field = Given(value); }

    /// <summary>Who uses another name sends that, and recurrence as it was answered.</summary>
    private string? AskedRecurrence =>
        IsRecurring is false || Recurring == WordOrFlag.No ? null
        : RecurrencePattern ?? (Recurring == WordOrFlag.Yes ? null : Recurring) ?? Recurrence;

    private bool HasRecurrence =>
        Has(nameof(Recurrence)) || Has(nameof(RecurrencePattern)) || Recurring is not (null or WordOrFlag.Yes) || IsRecurring is false;

    /// <summary>Changes what the body has, and nothing else.</summary>
    /// <returns>The next task, if this completes one that recurs: to be added.</returns>
    internal TaskItem? ApplyTo(TaskItem task, DateTimeOffset now, IdSource ids)
    {
        task.Description = Has(nameof(Description)) ? Description : task.Description;
        task.Priority = Has(nameof(Priority)) ? Priorities.Words[Priority ?? "none"] : task.Priority;
        task.DueDate = Has(nameof(DueDate)) ? DueDate : task.DueDate;
        task.Tags = Has(nameof(Tags)) ? TagList.Of(Tags) : task.Tags;
        task.Category = Has(nameof(Category)) ? Category : task.Category;
        if (HasRecurrence)
            task.Recur(AskedRecurrence);

        task.UpdatedAt = now;

        return task.Complete(Completed ?? task.Completed, ids);
    }

    /// <summary>A text, or true or false as one.</summary>
    public sealed class WordOrFlag : JsonConverter<string>
    {
        public const string Yes = "true";
        public const string No = "false";

        public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType switch
            {
                JsonTokenType.True => Yes,
                JsonTokenType.False => No,
                _ => reader.GetString(),
            };

        public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteStringValue(value);
    }
}

public abstract class TaskFieldsValidator<T> : Validator<T> where T : TaskFields
{
    /// <summary>To be called behind the rules of the title: errors are in the order of the members.</summary>
    protected void AddFieldRules()
    {
        RuleFor(r => r.Description).Characters(0, TaskItem.DescriptionLimit);
        RuleFor(r => r.Priority).OneOf(Priorities.Words.Keys);
        RuleFor(r => r.DueDate).Must(date => date is null || Tasks.DueDate.IsValid(date)).WithMessage($"due_date {Tasks.DueDate.Rule}");
        RuleFor(r => r.Tags).Must(tags => tags is null || (tags.All(TagList.IsValid) && TagList.Of(tags).Count <= TagList.CountLimit))
            .WithMessage($"tags must be at most {TagList.CountLimit} of 1 to {TagList.LengthLimit} characters, no control character.");
        RuleFor(r => r.Category).Characters(0, TaskItem.CategoryLimit);
        RuleFor(r => r.Recurrence).Recurrence();
        RuleFor(r => r.RecurrencePattern).Recurrence();
        RuleFor(r => r.Recurring).Recurrence(TaskFields.WordOrFlag.Yes, TaskFields.WordOrFlag.No);
    }
}

public static class TaskRules
{
    public static void Recurrence<T>(this IRuleBuilder<T, string?> rule, params string[] others) => rule
        .Must(text => text is null || others.Contains(text) || Tasks.Recurrence.IsValid(text))
        .WithMessage($"{{PropertyPath}} {Tasks.Recurrence.Rule}");
}
