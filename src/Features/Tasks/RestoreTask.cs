using FastEndpoints;
using Microsoft.AspNetCore.Http.HttpResults;
using TaskSlices.Infrastructure.Auth;
using TaskSlices.Infrastructure.Data;
using TaskSlices.Infrastructure.Slices;

namespace TaskSlices.Features.Tasks;

public sealed record RestoreTaskRequest : OwnedRequest
{
    [RouteParam]
    public Guid Id { get; init; }
}

public sealed class RestoreTask(AppDb db) : Endpoint<RestoreTaskRequest, Results<RowOk<TaskResponse>, TaskNotFound>>
{
    public override void Configure()
    {
        Post("/api/{user_id}/tasks/{id:guid}/restore");
        Summary(s =>
        {
            s.Summary = "Bring back a deleted task as it was";
            s.Description = "Within 30 days of its deletion, with its id and times.";
        });
    }

    public override async Task<Results<RowOk<TaskResponse>, TaskNotFound>> ExecuteAsync(RestoreTaskRequest req, CancellationToken ct)
    {
        var task = await db.Tasks.RestoreAsync(req.UserId, req.Id, ct);

        return task is null ? new TaskNotFound() : Row.Ok(TaskResponse.From(task));
    }
}
