using System.Diagnostics.CodeAnalysis;
using FastEndpoints;
using FluentValidation;
using Microsoft.AspNetCore.Http.HttpResults;
using TaskSlices.Infrastructure.Auth;
using TaskSlices.Infrastructure.Data;
using TaskSlices.Infrastructure.Http;
using TaskSlices.Infrastructure.Slices;

namespace TaskSlices.Features.Tasks;

public sealed record CreateTaskRequest : OwnedRequest
{
    public string Title { get; init => field = value.Trim(); } = "";
    public string? Description { get; init; }

    [DisallowNull]
    public bool? Completed { get; init; }
}

public sealed class CreateTaskValidator : Validator<CreateTaskRequest>
{
    public CreateTaskValidator()
    {
        RuleFor(r => r.Title).Cascade(CascadeMode.Stop).NotEmpty().WithMessage("title is required.")
            .Characters(1, TaskItem.TitleLimit).NotBlank();
        RuleFor(r => r.Description).Characters(0, TaskItem.DescriptionLimit);
    }
}

public sealed class CreateTask(AppDb db, IdSource ids, TimeProvider clock) : Endpoint<CreateTaskRequest, Created<TaskResponse>>
{
    public override void Configure()
    {
        Post("/api/{user_id}/tasks");
        Summary(s => s.Summary = "Create a task");
    }

    public override async Task<Created<TaskResponse>> ExecuteAsync(CreateTaskRequest req, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var task = new TaskItem
        {
            UserId = req.UserId,
            Id = ids.Next(now),
            Title = req.Title,
            Description = req.Description,
            Completed = req.Completed ?? false,
            CreatedAt = now,
            UpdatedAt = now,
        };

        db.Tasks.Add(task);
        await db.SaveChangesAsync(ct);

        return TypedResults.Created(HttpContext.Request.AddressOf($"/api/{task.UserId}/tasks/{task.Id}"), TaskResponse.From(task));
    }
}
