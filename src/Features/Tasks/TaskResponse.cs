using TaskSlices.Infrastructure.Data;
using TaskSlices.Infrastructure.Http;
using TaskSlices.Infrastructure.Slices;

namespace TaskSlices.Features.Tasks;

[Example("""
    {
        "id": "01a1fcfc-495c-7277-9560-46348793c9ea", "user_id": "ann", "title": "Buy milk", "description": null, "completed": false,
        "priority": "none", "due_date": "2026-12-24", "tags": ["home"], "category": null, "recurrence": "yearly", "completed_at": null,
        "next_task_id": null, "created_at": "2026-11-20T10:00:00.123Z", "updated_at": "2026-11-20T10:00:00.123Z", "revision": 7
    }
    """)]
public sealed record TaskResponse(
    Guid Id, string UserId, string Title, string? Description, bool Completed,
    Priority Priority, string? DueDate, string[] Tags, string? Category, string? Recurrence,
    DateTimeOffset? CompletedAt, Guid? NextTaskId, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, long Revision)
    : IRowResponse<TaskItem, TaskResponse>
{
    public static TaskResponse From(TaskItem task) => new(
        task.Id, task.UserId, task.Title, task.Description, task.Completed, task.Priority, task.DueDate, task.Tags.ToArray(), task.Category,
        task.Recurrence, task.CompletedAt, task.NextTaskId, task.CreatedAt, task.UpdatedAt, task.Revision);
}

public sealed class TaskNotFound() : NotFoundProblem("TASK_NOT_FOUND", "There is no such task.");
