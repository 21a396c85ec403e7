using FastEndpoints;
using Microsoft.AspNetCore.Http.HttpResults;
using TaskSlices.Infrastructure.Auth;
using TaskSlices.Infrastructure.Data;
using TaskSlices.Infrastructure.Slices;

namespace TaskSlices.Features.Tasks;

public sealed record GetTaskRequest : OwnedRequest
{
    [RouteParam]
    public Guid Id { get; init; }
}

public sealed class GetTask(AppDb db) : Endpoint<GetTaskRequest, Results<RowOk<TaskResponse>, TaskNotFound>>
{
    public override void Configure()
    {
        Get("/api/{user_id}/tasks/{id:guid}");
        Summary(s =>
        {
            s.Summary = "Get one task";
            s.Description = "404 also for a task of somebody else, and for one that was deleted.";
        });
    }

    public override async Task<Results<RowOk<TaskResponse>, TaskNotFound>> ExecuteAsync(GetTaskRequest req, CancellationToken ct)
    {
        var task = await db.Tasks.ReadAsync(req.UserId, req.Id, ct);

        return task is null ? new TaskNotFound() : Row.Ok(TaskResponse.From(task));
    }
}
