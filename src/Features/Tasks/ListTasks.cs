using FastEndpoints;
using Microsoft.AspNetCore.Http.HttpResults;
using TaskSlices.Infrastructure.Data;
using TaskSlices.Infrastructure.Slices;

namespace TaskSlices.Features.Tasks;

public sealed record ListTasksRequest : PagedRequest;

public sealed class ListTasksValidator : PagedValidator<ListTasksRequest>;

public sealed class ListTasks(AppDb db) : Endpoint<ListTasksRequest, Ok<IEnumerable<TaskResponse>>>
{
    public override void Configure()
    {
        Get("/api/{user_id}/tasks");
        Summary(s => s.Summary = "List the tasks, newest first");
    }

    public override async Task<Ok<IEnumerable<TaskResponse>>> ExecuteAsync(ListTasksRequest req, CancellationToken ct)
    {
        var page = await db.Tasks.ReadPageAsync(req, HttpContext, ct);

        return TypedResults.Ok(page.Select(TaskResponse.From));
    }
}
