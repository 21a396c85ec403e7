using TaskSlices.Infrastructure.Http;

namespace TaskSlices.Features.Tasks;

public sealed record TaskResponse(
    Guid Id, string UserId, string Title, string? Description, bool Completed, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt)
{
    public static TaskResponse From(TaskItem task) =>
        new(task.Id, task.UserId, task.Title, task.Description, task.Completed, task.CreatedAt, task.UpdatedAt);
}

public sealed class TaskNotFound() : NotFoundProblem("TASK_NOT_FOUND", "There is no such task.");
