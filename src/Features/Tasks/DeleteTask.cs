using FastEndpoints;
using Microsoft.AspNetCore.Http.HttpResults;
using TaskSlices.Infrastructure.Auth;
using TaskSlices.Infrastructure.Data;
using TaskSlices.Infrastructure.Slices;

namespace TaskSlices.Features.Tasks;

public sealed record DeleteTaskRequest : OwnedRequest
{
    [RouteParam]
    public Guid Id { get; init; }
}

[Example("""{"id": "01a1fcfc-495c-7277-9560-46348793c9ea", "message": "Task deleted"}""")]
public sealed record DeleteTaskResponse(Guid Id, string Message);

public sealed class DeleteTask(AppDb db) : Endpoint<DeleteTaskRequest, Results<Ok<DeleteTaskResponse>, TaskNotFound>>
{
    public override void Configure()
    {
        Delete("/api/{user_id}/tasks/{id:guid}");
        Summary(s =>
        {
            s.Summary = "Delete a task";
            s.Description = "It is kept for 30 days, in which it can be restored.";
        });
    }

    // 200 with a body: three public clients break on a 204, none on this.
    public override async Task<Results<Ok<DeleteTaskResponse>, TaskNotFound>> ExecuteAsync(DeleteTaskRequest req, CancellationToken ct)
    {
        var task = await db.Tasks.RemoveAsync(req.UserId, req.Id, ct);

        return task is null ? new TaskNotFound() : TypedResults.Ok(new DeleteTaskResponse(task.Id, "Task deleted"));
    }
}
