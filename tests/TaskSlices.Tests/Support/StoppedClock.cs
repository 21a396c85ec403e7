namespace TaskSlices.Tests.Support;

/// <summary>A clock that shows one time, until it is put to another.</summary>
public sealed class StoppedClock(DateTimeOffset now) : TimeProvider
{
    public DateTimeOffset Now { get; set; } = now;

    public override DateTimeOffset GetUtcNow() => Now;
}
