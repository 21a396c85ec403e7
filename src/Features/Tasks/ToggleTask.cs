using System.Diagnostics.CodeAnalysis;
using FastEndpoints;
using Microsoft.AspNetCore.Http.HttpResults;
using TaskSlices.Infrastructure.Auth;
using TaskSlices.Infrastructure.Data;
using TaskSlices.Infrastructure.Slices;

namespace TaskSlices.Features.Tasks;

[Example("""{"completed": true}""")]
public sealed record ToggleTaskRequest : OwnedRequest
{
    [RouteParam]
    public Guid Id { get; init; }

    [DisallowNull]
    public bool? Completed { get; init; }
}

public sealed class ToggleTask(AppDb db, IdSource ids, TimeProvider clock)
    : Endpoint<ToggleTaskRequest, Results<RowOk<TaskResponse>, TaskNotFound>>
{
    public override void Configure()
    {
        Patch("/api/{user_id}/tasks/{id:guid}/complete");
        Summary(s =>
        {
            s.Summary = "Toggle completion, or set it";
            s.Description = "Without a body, it toggles. Completing a recurring task that has a due date makes the next one.";
        });
    }

    public override async Task<Results<RowOk<TaskResponse>, TaskNotFound>> ExecuteAsync(ToggleTaskRequest req, CancellationToken ct)
    {
        var task = await db.Tasks.ChangeAsync(req.UserId, req.Id, task =>
        {
            task.UpdatedAt = clock.GetUtcNow();
            if (task.Complete(req.Completed ?? !task.Completed, ids) is { } next)
                db.Tasks.Add(next);
        }, ct);

        return task is null ? new TaskNotFound() : Row.Ok(TaskResponse.From(task));
    }
}
