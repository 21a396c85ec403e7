using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;
using FastEndpoints;
using FluentValidation;
using Microsoft.AspNetCore.Http.HttpResults;
using TaskSlices.Infrastructure.Data;
using TaskSlices.Infrastructure.Slices;

namespace TaskSlices.Features.Tasks;

public sealed record UpdateTaskRequest : TaskFields
{
    [RouteParam]
    public Guid Id { get; init; }

    [DisallowNull, JsonPropertyOrder(-1)]
    public string? Title { get; init => field = value.Trim(); }
}

public sealed class UpdateTaskValidator : TaskFieldsValidator<UpdateTaskRequest>
{
    public UpdateTaskValidator()
    {
        RuleFor(r => r.Title).Cascade(CascadeMode.Stop).Characters(1, TaskItem.TitleLimit).NotBlank();
        AddFieldRules();
    }
}

public sealed class UpdateTask(AppDb db, IdSource ids, TimeProvider clock)
    : Endpoint<UpdateTaskRequest, Results<Ok<TaskResponse>, TaskNotFound>>
{
    public override void Configure()
    {
        Verbs(Http.PUT, Http.PATCH);
        Routes("/api/{user_id}/tasks/{id:guid}");
        Summary(s => s.Summary = "Change a task; what is left out stays as it is");
    }

    public override async Task<Results<Ok<TaskResponse>, TaskNotFound>> ExecuteAsync(UpdateTaskRequest req, CancellationToken ct)
    {
        var task = await db.Tasks.ChangeAsync(req.UserId, req.Id, task =>
        {
            task.Title = req.Title ?? task.Title;
            if (req.ApplyTo(task, clock.GetUtcNow(), ids) is { } next)
                db.Tasks.Add(next);
        }, ct);

        return task is null ? new TaskNotFound() : TypedResults.Ok(TaskResponse.From(task));
    }
}
