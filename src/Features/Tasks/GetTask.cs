using FastEndpoints;
using Microsoft.AspNetCore.Http.HttpResults;
using TaskSlices.Infrastructure.Auth;
using TaskSlices.Infrastructure.Data;

namespace TaskSlices.Features.Tasks;

public sealed record GetTaskRequest : OwnedRequest
{
    [RouteParam]
    public Guid Id { get; init; }
}

public sealed class GetTask(AppDb db) : Endpoint<GetTaskRequest, Results<Ok<TaskResponse>, TaskNotFound>>
{
    public override void Configure()
    {
        Get("/api/{user_id}/tasks/{id:guid}");
        Summary(s => s.Summary = "Get one task");
    }

    public override async Task<Results<Ok<TaskResponse>, TaskNotFound>> ExecuteAsync(GetTaskRequest req, CancellationToken ct)
    {
        var task = await db.Tasks.ReadAsync(req.UserId, req.Id, ct);

        return task is null ? new TaskNotFound() : TypedResults.Ok(TaskResponse.From(task));
    }
}
