using System.Text.Encodings.Web;
using System.Text.Json;

namespace TaskSlices.Load.Ceiling;

/// <summary>A task as it looks on the wire, byte for byte as the product writes it.</summary>
public static class TaskJson
{
    /// <summary>What ASP.NET Core takes for JSON in answers.</summary>
    public static readonly JavaScriptEncoder Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;

    private static readonly JsonEncodedText IdName = JsonEncodedText.Encode("id");
    private static readonly JsonEncodedText UserIdName = JsonEncodedText.Encode("user_id");
    private static readonly JsonEncodedText TitleName = JsonEncodedText.Encode("title");
    private static readonly JsonEncodedText DescriptionName = JsonEncodedText.Encode("description");
    private static readonly JsonEncodedText CompletedName = JsonEncodedText.Encode("completed");
    private static readonly JsonEncodedText PriorityName = JsonEncodedText.Encode("priority");
    private static readonly JsonEncodedText None = JsonEncodedText.Encode("none");
    private static readonly JsonEncodedText DueDateName = JsonEncodedText.Encode("due_date");
    private static readonly JsonEncodedText TagsName = JsonEncodedText.Encode("tags");
    private static readonly JsonEncodedText CategoryName = JsonEncodedText.Encode("category");
    private static readonly JsonEncodedText RecurrenceName = JsonEncodedText.Encode("recurrence");
    private static readonly JsonEncodedText CompletedAtName = JsonEncodedText.Encode("completed_at");
    private static readonly JsonEncodedText NextTaskIdName = JsonEncodedText.Encode("next_task_id");
    private static readonly JsonEncodedText CreatedAtName = JsonEncodedText.Encode("created_at");
    private static readonly JsonEncodedText UpdatedAtName = JsonEncodedText.Encode("updated_at");
    private static readonly JsonEncodedText RevisionName = JsonEncodedText.Encode("revision");

    public static void Write(Utf8JsonWriter json, Caller owner, in TaskRow task)
    {
        json.WriteStartObject();
        json.WriteString(IdName, new Guid(task.Id, bigEndian: true));
        json.WriteString(UserIdName, owner.Utf8);
        json.WriteString(TitleName, task.Title);

        if (task.HasDescription)
            json.WriteString(DescriptionName, task.Description);
        else
            json.WriteNull(DescriptionName);

        Span<byte> time = stackalloc byte[Times.Length];
        json.WriteBoolean(CompletedName, task.Completed);
        json.WriteString(PriorityName, None);
        json.WriteNull(DueDateName);
        json.WriteStartArray(TagsName);
        json.WriteEndArray();
        json.WriteNull(CategoryName);
        json.WriteNull(RecurrenceName);

        // No request here changes a task after it was completed.
        if (task.Completed)
        {
            Times.Format(task.UpdatedAt, time);
            json.WriteString(CompletedAtName, time);
        }
        else
            json.WriteNull(CompletedAtName);

        json.WriteNull(NextTaskIdName);
        Times.Format(task.CreatedAt, time);
        json.WriteString(CreatedAtName, time);

        if (task.UpdatedAt != task.CreatedAt)
            Times.Format(task.UpdatedAt, time);

        json.WriteString(UpdatedAtName, time);
        json.WriteNumber(RevisionName, task.Revision);
        json.WriteEndObject();
    }
}

/// <summary>The columns of one row, still in SQLite's memory or in a change's. Times in milliseconds since 1970.</summary>
public readonly ref struct TaskRow
{
    public ReadOnlySpan<byte> Id { get; init; }
    public ReadOnlySpan<byte> Title { get; init; }
    public bool HasDescription { get; init; }
    public ReadOnlySpan<byte> Description { get; init; }
    public bool Completed { get; init; }
    public long CreatedAt { get; init; }
    public long UpdatedAt { get; init; }
    public long Revision { get; init; }
}
