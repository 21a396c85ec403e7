using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;
using FastEndpoints;
using FluentValidation;
using Microsoft.AspNetCore.Http.HttpResults;
using TaskSlices.Infrastructure.Data;
using TaskSlices.Infrastructure.Http;
using TaskSlices.Infrastructure.Slices;

namespace TaskSlices.Features.Tasks;

[Example("""{"title": "Buy oat milk", "completed": true}""")]
public sealed record UpdateTaskRequest : TaskFields
{
    [RouteParam]
    public Guid Id { get; init; }

    [DisallowNull, JsonPropertyOrder(-1)]
    public string? Title { get; init => field = value.Trim(); }

    /// <summary>With *, a task of that id is created, unless there is one.</summary>
    [FromHeader("If-None-Match", IsRequired = false)]
    public string? IfNoneMatch { get; init; }

    internal bool Creates => IfNoneMatch == "*";
}

public sealed class UpdateTaskValidator : TaskFieldsValidator<UpdateTaskRequest>
{
    public UpdateTaskValidator()
    {
        RuleFor(r => r.Id).Must(id => id.Version is 4 or 7).When(r => r.Creates).WithMessage("id must be a UUID of version 4 or 7.");
        RuleFor(r => r.Title).NotNull().When(r => r.Creates).WithMessage("title is required.");
        RuleFor(r => r.Title).Cascade(CascadeMode.Stop).Characters(1, TaskItem.TitleLimit).NotBlank();
        AddFieldRules();
    }
}

public sealed class UpdateTask(AppDb db, IdSource ids, TimeProvider clock)
    : Endpoint<UpdateTaskRequest, Results<RowOk<TaskResponse>, RowCreated<TaskResponse>, TaskNotFound>>
{
    public override void Configure()
    {
        Verbs(Http.PUT, Http.PATCH);
        Routes("/api/{user_id}/tasks/{id:guid}");
        Summary(s =>
        {
            s.Summary = "Change a task; what is left out stays as it is. With If-None-Match: *, create it";
            s.Description = "PUT and PATCH are the same. With If-Match, the task is changed only if it is as the caller has read it. "
                + "Created with If-None-Match: *, it has the id of the address, a UUID of version 7 or 4.";
        });
    }

    public override async Task<Results<RowOk<TaskResponse>, RowCreated<TaskResponse>, TaskNotFound>> ExecuteAsync(
        UpdateTaskRequest req, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var task = await db.Tasks.ChangeAsync(
            req.UserId, req.Id,
            task =>
            {
                task.Title = req.Title ?? task.Title;
                if (req.ApplyTo(task, now, ids) is { } next)
                    db.Tasks.Add(next);
            },
            ct,
            make: req.Creates
                ? () => new TaskItem { UserId = req.UserId, Id = req.Id, Title = req.Title!, CreatedAt = now, UpdatedAt = now } : null);

        if (task is null)
            return new TaskNotFound();

        return req.Creates
            ? Row.Created(HttpContext.Request.AddressOf($"/api/{task.UserId}/tasks/{task.Id}"), TaskResponse.From(task))
            : Row.Ok(TaskResponse.From(task));
    }
}
