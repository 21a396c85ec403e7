using System.Diagnostics.CodeAnalysis;
using FastEndpoints;
using FluentValidation;
using Microsoft.AspNetCore.Http.HttpResults;
using TaskSlices.Infrastructure.Auth;
using TaskSlices.Infrastructure.Data;
using TaskSlices.Infrastructure.Slices;

namespace TaskSlices.Features.Tasks;

public sealed record UpdateTaskRequest : OwnedRequest
{
    [RouteParam]
    public Guid Id { get; init; }

    [DisallowNull]
    public string? Title { get; init => field = value.Trim(); }

    public string? Description { get; init { field = value; HasDescription = true; } }

    [DisallowNull]
    public bool? Completed { get; init; }

    // Absent keeps the description, null clears it: the value alone can't tell them apart.
    internal bool HasDescription { get; private init; }
}

public sealed class UpdateTaskValidator : Validator<UpdateTaskRequest>
{
    public UpdateTaskValidator()
    {
        RuleFor(r => r.Title).Cascade(CascadeMode.Stop).Characters(1, TaskItem.TitleLimit).NotBlank();
        RuleFor(r => r.Description).Characters(0, TaskItem.DescriptionLimit);
    }
}

public sealed class UpdateTask(AppDb db, TimeProvider clock) : Endpoint<UpdateTaskRequest, Results<Ok<TaskResponse>, TaskNotFound>>
{
    public override void Configure()
    {
        Put("/api/{user_id}/tasks/{id:guid}");
        Summary(s => s.Summary = "Change a task; what is left out stays as it is");
    }

    public override async Task<Results<Ok<TaskResponse>, TaskNotFound>> ExecuteAsync(UpdateTaskRequest req, CancellationToken ct)
    {
        var task = await db.Tasks.ChangeAsync(req.UserId, req.Id, task =>
        {
            task.Title = req.Title ?? task.Title;
            task.Description = req.HasDescription ? req.Description : task.Description;
            task.Completed = req.Completed ?? task.Completed;
            task.UpdatedAt = clock.GetUtcNow();
        }, ct);

        return task is null ? new TaskNotFound() : TypedResults.Ok(TaskResponse.From(task));
    }
}
