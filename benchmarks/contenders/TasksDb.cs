using System.ComponentModel.DataAnnotations;
using Microsoft.EntityFrameworkCore;

namespace TaskSlices.Contenders;

public sealed class TaskItem
{
    public required string UserId { get; set; }
    public Guid Id { get; set; }

    [MaxLength(200)]
    public required string Title { get; set; }

    [MaxLength(1000)]
    public string? Description { get; set; }

    public bool Completed { get; set; }
    public DateTime CreatedAt { get; set; }
    public DateTime UpdatedAt { get; set; }
}

public sealed class TasksDb(DbContextOptions<TasksDb> options) : DbContext(options)
{
    public DbSet<TaskItem> Tasks => Set<TaskItem>();

    protected override void OnModelCreating(ModelBuilder modelBuilder) => modelBuilder.Entity<TaskItem>().HasKey(task => new { task.UserId, task.Id });
}

public sealed record TaskResponse(Guid Id, string UserId, string Title, string? Description, bool Completed, DateTime CreatedAt, DateTime UpdatedAt)
{
    public static TaskResponse From(TaskItem task) =>
        new(task.Id, task.UserId, task.Title, task.Description, task.Completed, task.CreatedAt, task.UpdatedAt);
}
