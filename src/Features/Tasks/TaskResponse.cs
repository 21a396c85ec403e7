using TaskSlices.Infrastructure.Data;
using TaskSlices.Infrastructure.Http;

namespace TaskSlices.Features.Tasks;

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
