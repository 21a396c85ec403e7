using System.Collections.Concurrent;

namespace TaskSlices.Infrastructure.Data;

/// <summary>
/// The users that this process erased, so that a change which was on its way meanwhile is refused. Marks are made in the erasing unit: what
/// runs before it is erased by it, what runs after it is refused.
/// </summary>
public sealed class ErasedUsers
{
    /// <summary>
    /// The most marks, at about 100 bytes each. When they are too many, all changes that are on their way are refused once.
    /// </summary>
    public const int Capacity = 10_000;

    /// <summary>How late an instance may learn that another one has ended a session.</summary>
    public static readonly TimeSpan Delay = TimeSpan.FromSeconds(3);

    private readonly ConcurrentDictionary<string, long> _marks = new();
    private long _count;
    private long _forgotten;

    /// <summary>How many users were erased so far.</summary>
    public long Count => Volatile.Read(ref _count);

    /// <summary>To be called in the unit that erases the user.</summary>
    public void Mark(string userId)
    {
        var mark = Interlocked.Increment(ref _count);
        if (_marks.Count >= Capacity)
        {
            Volatile.Write(ref _forgotten, mark);
            _marks.Clear();
        }

        _marks[userId] = mark;
    }

    /// <param name="userId">Whose rows are to be changed.</param>
    /// <param name="since">The <see cref="Count"/> when the request came.</param>
    public bool WasErased(string userId, long since) =>
        since < Volatile.Read(ref _forgotten) || (_marks.TryGetValue(userId, out var mark) && mark > since);
}
