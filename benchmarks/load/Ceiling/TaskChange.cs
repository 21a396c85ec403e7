using System.Threading.Tasks.Sources;

namespace TaskSlices.Load.Ceiling;

/// <summary>One change on its way to the disk, and the row that it left there. The writer fills it in; who waits for it then answers.</summary>
public sealed class TaskChange(Caller owner) : IValueTaskSource<bool>
{
    /// <summary>For <see cref="Completed"/>: the opposite of what it is.</summary>
    public const long Toggle = -1;

    // Inline: one work item answers a whole group, instead of a work item each.
    private ManualResetValueTaskSourceCore<bool> _done = new() { RunContinuationsAsynchronously = false };

    public Caller Owner { get; } = owner;
    public bool IsNew { get; init; }
    public byte[] Id { get; } = new byte[16];
    public byte[]? Title { get; set; }
    public bool HasDescription { get; set; }
    public byte[]? Description { get; set; }

    /// <summary>0, 1, <see cref="Toggle"/>, or null to leave it.</summary>
    public long? Completed { get; set; }

    public long CreatedAt { get; set; }
    public long UpdatedAt { get; set; }
    public long Revision { get; set; }

    /// <summary>Whether there was such a task; set before the commit, and told behind it.</summary>
    public bool Found { get; set; }

    public TaskRow Row => new()
    {
        Id = Id,
        Title = Title,
        HasDescription = Description is not null,
        Description = Description,
        Completed = Completed == 1,
        CreatedAt = CreatedAt,
        UpdatedAt = UpdatedAt,
        Revision = Revision,
    };

    /// <summary>Completes when the change is on disk; false if there was no such task.</summary>
    public ValueTask<bool> Done => new(this, _done.Version);

    public void Answer() => _done.SetResult(Found);

    public void Fail(Exception exception) => _done.SetException(exception);

    bool IValueTaskSource<bool>.GetResult(short token) => _done.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _done.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _done.OnCompleted(continuation, state, token, flags);
}
