using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using TaskSlices.Infrastructure.Data;

namespace TaskSlices.Features.Tasks;

public sealed class TaskItem : IOwned
{
    public const int TitleLimit = 200;
    public const int DescriptionLimit = 1000;

    public required string UserId { get; init; }
    public required Guid Id { get; init; }
    public required string Title { get; set; }
    public string? Description { get; set; }
    public bool Completed { get; set; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset UpdatedAt { get; set => field = value > field ? value : field; }
    public long Revision { get; private set; }
}

public sealed class TaskMapping : IEntityTypeConfiguration<TaskItem>
{
    public void Configure(EntityTypeBuilder<TaskItem> builder)
    {
        builder.ToTable("tasks");
        builder.HasKey(t => new { t.UserId, t.Id });
        builder.Property(t => t.Title).HasMaxLength(TaskItem.TitleLimit);
        builder.Property(t => t.Description).HasMaxLength(TaskItem.DescriptionLimit);
    }
}

public static class TaskTable
{
    extension(AppDb db)
    {
        public DbSet<TaskItem> Tasks => db.Set<TaskItem>();
    }
}
