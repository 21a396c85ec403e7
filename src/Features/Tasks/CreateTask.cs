using System.Text.Json.Serialization;
using FastEndpoints;
using FluentValidation;
using TaskSlices.Infrastructure.Data;
using TaskSlices.Infrastructure.Http;
using TaskSlices.Infrastructure.Slices;

namespace TaskSlices.Features.Tasks;

[Example("""{"title": "Buy milk", "due_date": "2026-12-24", "tags": ["home"]}""")]
public sealed record CreateTaskRequest : TaskFields
{
    [JsonPropertyOrder(-1)]
    public string Title { get; init => field = value.Trim(); } = "";
}

public sealed class CreateTaskValidator : TaskFieldsValidator<CreateTaskRequest>
{
    public CreateTaskValidator()
    {
        RuleFor(r => r.Title).Cascade(CascadeMode.Stop).NotEmpty().WithMessage("title is required.")
            .Characters(1, TaskItem.TitleLimit).NotBlank();
        AddFieldRules();
    }
}

public sealed class CreateTask(AppDb db, IdSource ids, TimeProvider clock) : Endpoint<CreateTaskRequest, RowCreated<TaskResponse>>
{
    public override void Configure()
    {
        Post("/api/{user_id}/tasks");
        Summary(s =>
        {
            s.Summary = "Create a task";
            s.Description = "Only the title is needed. With an Idempotency-Key, a retry makes no second task.";
        });
    }

    public override async Task<RowCreated<TaskResponse>> ExecuteAsync(CreateTaskRequest req, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var task = new TaskItem { UserId = req.UserId, Id = ids.Next(now), Title = req.Title, CreatedAt = now, UpdatedAt = now };
        if (req.ApplyTo(task, now, ids) is { } next)
            db.Tasks.Add(next);

        db.Tasks.Add(task);
        await db.SaveChangesAsync(ct);

        return Row.Created(HttpContext.Request.AddressOf($"/api/{task.UserId}/tasks/{task.Id}"), TaskResponse.From(task));
    }
}
