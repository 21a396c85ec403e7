using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using TaskSlices.Infrastructure.Data;

namespace TaskSlices.Features.Tasks;

public sealed class TaskItem : IOwned
{
    public const int TitleLimit = 200;
    public const int DescriptionLimit = 1000;
    public const int CategoryLimit = 50;

    public required string UserId { get; init; }
    public required Guid Id { get; init; }
    public required string Title { get; set; }
    public string? Description { get; set; }
    public bool Completed { get; private set; }
    public Priority Priority { get; set; }
    public string? DueDate { get; set; }
    public TagList Tags { get; set; } = TagList.Empty;
    public string? Category { get; set; }
    public string? Recurrence { get; private set; }

    /// <summary>Which task of its recurrence it is, from 1.</summary>
    public int Occurrence { get; private set; } = 1;

    public DateTimeOffset? CompletedAt { get; private set; }
    public Guid? NextTaskId { get; private set; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset UpdatedAt { get; set => field = value > field ? value : field; }
    public long Revision { get; private set; }

    [Derived]
    public string TitleKey { get => SearchText.Fold(Title); private set { } }

    [Derived]
    public string TextKey { get => SearchText.Fold(Description, Tags); private set { } }

    [Derived]
    public string TagKeys { get => Tags.Keys; private set { } }

    [Derived]
    public string? DueOrder { get => Tasks.DueDate.OrderOf(DueDate); private set { } }

    /// <summary>Another recurrence begins to count anew.</summary>
    public void Recur(string? recurrence)
    {
        var normalized = recurrence is null ? null : Tasks.Recurrence.Normalize(recurrence);
        if (normalized == Recurrence)
            return;

        Recurrence = normalized;
        Occurrence = 1;
    }

    /// <summary>
    /// Sets whether it is completed, as of <see cref="UpdatedAt"/>. The first time that a task with a recurrence and a due date is, there
    /// is a next one.
    /// </summary>
    /// <returns>The next one, to be added; null if there is none, or if it was made before.</returns>
    public TaskItem? Complete(bool completed, IdSource ids)
    {
        var isNew = completed && !Completed;
        Completed = completed;
        CompletedAt = completed ? CompletedAt ?? UpdatedAt : null;

        if (!isNew || NextTaskId is not null || Recurrence is null || DueDate is null
            || Tasks.Recurrence.Next(Recurrence, DueDate, Occurrence) is not { } due)
            return null;

        NextTaskId = ids.Next(UpdatedAt);

        return new TaskItem
        {
            UserId = UserId,
            Id = NextTaskId.Value,
            Title = Title,
            Description = Description,
            Priority = Priority,
            DueDate = due,
            Tags = Tags,
            Category = Category,
            Recurrence = Recurrence,
            Occurrence = Occurrence + 1,
            CreatedAt = UpdatedAt,
            UpdatedAt = UpdatedAt,
        };
    }
}

public sealed class TaskMapping : IEntityTypeConfiguration<TaskItem>
{
    public void Configure(EntityTypeBuilder<TaskItem> builder)
    {
        builder.ToTable("tasks");
        builder.HasQuota(limits => limits.TasksPerUser);
        builder.HasKey(t => new { t.UserId, t.Id });
        builder.Property(t => t.Title).HasMaxLength(TaskItem.TitleLimit);
        builder.Property(t => t.Description).HasMaxLength(TaskItem.DescriptionLimit);
        builder.Property(t => t.Category).HasMaxLength(TaskItem.CategoryLimit);
        builder.Property(t => t.Recurrence).HasMaxLength(Recurrence.Limit);
        builder.Property(t => t.Tags).HasConversion(tags => tags.ToString(), json => TagList.Parse(json));
        builder.HasIndex(t => new { t.UserId, t.Completed, t.Id });
        builder.HasIndex(t => new { t.UserId, t.DueOrder, t.Id });
    }
}

public static class TaskTable
{
    extension(AppDb db)
    {
        public DbSet<TaskItem> Tasks => db.Set<TaskItem>();
    }
}
