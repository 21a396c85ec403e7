using System.Text.Json;
using FastEndpoints;
using FluentValidation;
using Microsoft.EntityFrameworkCore;

namespace TaskSlices.Contenders;

/// <summary>FastEndpoints: an endpoint class for each route, a pre-processor for the owner, EF Core.</summary>
public static class Slices
{
    public static void AddSlices(this IServiceCollection services) => services.AddFastEndpoints();

    public static void UseSlices(this WebApplication app) => app.UseFastEndpoints(config =>
    {
        config.Serializer.Options.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;
        config.Endpoints.Configurator = endpoint => endpoint.PreProcessor<OwnTasksOnly>(Order.Before);
    });
}

public sealed class OwnTasksOnly : IGlobalPreProcessor
{
    public async Task PreProcessAsync(IPreProcessorContext context, CancellationToken ct)
    {
        var http = context.HttpContext;
        if (http.User.FindFirst("sub")?.Value != (string?)http.Request.RouteValues["userId"])
            await http.Response.SendForbiddenAsync(ct);
    }
}

public record OwnedRequest
{
    public string UserId { get; init; } = "";
}

public record OneTaskRequest : OwnedRequest
{
    public Guid Id { get; init; }
}

public sealed record ListTasksRequest : OwnedRequest
{
    [QueryParam]
    public int Limit { get; init; } = 50;
}

public sealed class ListTasksValidator : Validator<ListTasksRequest>
{
    public ListTasksValidator() => RuleFor(request => request.Limit).InclusiveBetween(1, 100);
}

public sealed class ListTasks(TasksDb db) : Endpoint<ListTasksRequest, List<TaskResponse>>
{
    public override void Configure() => Get("/api/{userId}/tasks");

    public override async Task<List<TaskResponse>> ExecuteAsync(ListTasksRequest req, CancellationToken ct) =>
        await db.Tasks.AsNoTracking().Where(task => task.UserId == req.UserId).OrderByDescending(task => task.Id).Take(req.Limit)
            .Select(task => TaskResponse.From(task)).ToListAsync(ct);
}

public sealed record CreateTaskRequest : OwnedRequest
{
    public string Title { get; init; } = "";
    public string? Description { get; init; }
}

public sealed class CreateTaskValidator : Validator<CreateTaskRequest>
{
    public CreateTaskValidator()
    {
        RuleFor(request => request.Title).NotEmpty().MaximumLength(200);
        RuleFor(request => request.Description).MaximumLength(1000);
    }
}

public sealed class CreateTask(TasksDb db) : Endpoint<CreateTaskRequest, TaskResponse>
{
    public override void Configure() => Post("/api/{userId}/tasks");

    public override async Task HandleAsync(CreateTaskRequest req, CancellationToken ct)
    {
        var now = DateTime.UtcNow;
        var task = new TaskItem
        {
            UserId = req.UserId,
            Id = Guid.CreateVersion7(),
            Title = req.Title,
            Description = req.Description,
            CreatedAt = now,
            UpdatedAt = now,
        };
        db.Tasks.Add(task);
        await db.SaveChangesAsync(ct);

        await Send.CreatedAtAsync<GetTask>(new { userId = req.UserId, id = task.Id }, TaskResponse.From(task), cancellation: ct);
    }
}

public sealed class GetTask(TasksDb db) : Endpoint<OneTaskRequest, TaskResponse>
{
    public override void Configure() => Get("/api/{userId}/tasks/{id:guid}");

    public override async Task HandleAsync(OneTaskRequest req, CancellationToken ct)
    {
        var task = await db.Tasks.AsNoTracking().FirstOrDefaultAsync(task => task.UserId == req.UserId && task.Id == req.Id, ct);
        if (task is null)
            await Send.NotFoundAsync(ct);
        else
            await Send.OkAsync(TaskResponse.From(task), ct);
    }
}

public sealed record UpdateTaskRequest : OneTaskRequest
{
    public string? Title { get; init; }
    public string? Description { get; init; }
    public bool? Completed { get; init; }
}

public sealed class UpdateTaskValidator : Validator<UpdateTaskRequest>
{
    public UpdateTaskValidator()
    {
        RuleFor(request => request.Title).MaximumLength(200);
        RuleFor(request => request.Description).MaximumLength(1000);
    }
}

public sealed class UpdateTask(TasksDb db) : Endpoint<UpdateTaskRequest, TaskResponse>
{
    public override void Configure() => Put("/api/{userId}/tasks/{id:guid}");

    public override async Task HandleAsync(UpdateTaskRequest req, CancellationToken ct)
    {
        if (await db.Tasks.FindAsync([req.UserId, req.Id], ct) is not { } task)
        {
            await Send.NotFoundAsync(ct);
            return;
        }

        task.Title = req.Title ?? task.Title;
        task.Description = req.Description ?? task.Description;
        task.Completed = req.Completed ?? task.Completed;
        task.UpdatedAt = DateTime.UtcNow;
        await db.SaveChangesAsync(ct);
        await Send.OkAsync(TaskResponse.From(task), ct);
    }
}

public sealed class DeleteTask(TasksDb db) : Endpoint<OneTaskRequest>
{
    public override void Configure() => Delete("/api/{userId}/tasks/{id:guid}");

    public override async Task HandleAsync(OneTaskRequest req, CancellationToken ct)
    {
        var removed = await db.Tasks.Where(task => task.UserId == req.UserId && task.Id == req.Id).ExecuteDeleteAsync(ct);
        if (removed == 0)
            await Send.NotFoundAsync(ct);
        else
            await Send.NoContentAsync(ct);
    }
}

public sealed class ToggleTask(TasksDb db) : Endpoint<OneTaskRequest, TaskResponse>
{
    public override void Configure() => Patch("/api/{userId}/tasks/{id:guid}/complete");

    public override async Task HandleAsync(OneTaskRequest req, CancellationToken ct)
    {
        if (await db.Tasks.FindAsync([req.UserId, req.Id], ct) is not { } task)
        {
            await Send.NotFoundAsync(ct);
            return;
        }

        (task.Completed, task.UpdatedAt) = (!task.Completed, DateTime.UtcNow);
        await db.SaveChangesAsync(ct);
        await Send.OkAsync(TaskResponse.From(task), ct);
    }
}
