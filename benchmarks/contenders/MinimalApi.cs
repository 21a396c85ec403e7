using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace TaskSlices.Contenders;

public sealed record NewTask([Required, MaxLength(200)] string Title, [MaxLength(1000)] string? Description);

public sealed record ChangedTask([MaxLength(200)] string? Title, [MaxLength(1000)] string? Description, bool? Completed);

/// <summary>A minimal API: a group with a filter for the owner, handlers with EF Core.</summary>
public static class MinimalApi
{
    public static void MapTasks(this WebApplication app)
    {
        var tasks = app.MapGroup("/api/{userId}/tasks").RequireAuthorization().AddEndpointFilter(static async (context, next) =>
            context.HttpContext.User.FindFirst("sub")?.Value == (string?)context.HttpContext.Request.RouteValues["userId"]
                ? await next(context) : TypedResults.Forbid());

        tasks.MapGet("/", ListAsync);
        tasks.MapPost("/", CreateAsync);
        tasks.MapGet("/{id:guid}", GetAsync);
        tasks.MapPut("/{id:guid}", UpdateAsync);
        tasks.MapDelete("/{id:guid}", DeleteAsync);
        tasks.MapPatch("/{id:guid}/complete", ToggleAsync);
    }

    private static async Task<Ok<List<TaskResponse>>> ListAsync(string userId, TasksDb db, CancellationToken ct, [Range(1, 100)] int limit = 50) =>
        TypedResults.Ok(await db.Tasks.AsNoTracking().Where(task => task.UserId == userId).OrderByDescending(task => task.Id).Take(limit)
            .Select(task => TaskResponse.From(task)).ToListAsync(ct));

    private static async Task<Created<TaskResponse>> CreateAsync(string userId, NewTask request, TasksDb db, CancellationToken ct)
    {
        var now = DateTime.UtcNow;
        var task = new TaskItem
        {
            UserId = userId,
            Id = Guid.CreateVersion7(),
            Title = request.Title,
            Description = request.Description,
            CreatedAt = now,
            UpdatedAt = now,
        };
        db.Tasks.Add(task);
        await db.SaveChangesAsync(ct);

        return TypedResults.Created($"/api/{userId}/tasks/{task.Id}", TaskResponse.From(task));
    }

    private static async Task<Results<Ok<TaskResponse>, NotFound>> GetAsync(string userId, Guid id, TasksDb db, CancellationToken ct) =>
        await db.Tasks.AsNoTracking().FirstOrDefaultAsync(task => task.UserId == userId && task.Id == id, ct) is { } found
            ? TypedResults.Ok(TaskResponse.From(found)) : TypedResults.NotFound();

    private static async Task<Results<Ok<TaskResponse>, NotFound>> UpdateAsync(
        string userId, Guid id, ChangedTask request, TasksDb db, CancellationToken ct)
    {
        if (await db.Tasks.FindAsync([userId, id], ct) is not { } task)
            return TypedResults.NotFound();

        task.Title = request.Title ?? task.Title;
        task.Description = request.Description ?? task.Description;
        task.Completed = request.Completed ?? task.Completed;
        task.UpdatedAt = DateTime.UtcNow;
        await db.SaveChangesAsync(ct);

        return TypedResults.Ok(TaskResponse.From(task));
    }

    private static async Task<Results<NoContent, NotFound>> DeleteAsync(string userId, Guid id, TasksDb db, CancellationToken ct)
    {
        if (await db.Tasks.FindAsync([userId, id], ct) is not { } task)
            return TypedResults.NotFound();

        db.Tasks.Remove(task);
        await db.SaveChangesAsync(ct);

        return TypedResults.NoContent();
    }

    private static async Task<Results<Ok<TaskResponse>, NotFound>> ToggleAsync(string userId, Guid id, TasksDb db, CancellationToken ct)
    {
        if (await db.Tasks.FindAsync([userId, id], ct) is not { } task)
            return TypedResults.NotFound();

        (task.Completed, task.UpdatedAt) = (!task.Completed, DateTime.UtcNow);
        await db.SaveChangesAsync(ct);

        return TypedResults.Ok(TaskResponse.From(task));
    }
}
