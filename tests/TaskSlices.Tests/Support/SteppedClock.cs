namespace TaskSlices.Tests.Support;

/// <summary>A clock that goes on when it is told to, and wakes those who wait for it: minutes pass in a test that has none.</summary>
public sealed class SteppedClock : TimeProvider
{
    private readonly DateTimeOffset _start = DateTimeOffset.UtcNow;
    private readonly List<Alarm> _alarms = [];
    private TimeSpan _passed;

    public TimeSpan Passed
    {
        get
        {
            lock (_alarms)
                return _passed;
        }
    }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => _start + Passed;

    public override long GetTimestamp() => Passed.Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var alarm = new Alarm(this, () => callback(state));
        alarm.Change(dueTime, period);

        return alarm;
    }

    /// <summary>Waits until someone waits for this clock, and lets the time pass.</summary>
    public async Task PassAsync(TimeSpan time)
    {
        await Wait.Until("someone waits for the clock", () =>
        {
            lock (_alarms)
                return _alarms.Count > 0;
        });

        Alarm[] due;
        lock (_alarms)
        {
            _passed += time;
            due = [.. _alarms.Where(alarm => alarm.Due <= _passed)];
            _alarms.RemoveAll(due.Contains);
        }

        foreach (var alarm in due)
            alarm.Ring();
    }

    private sealed class Alarm(SteppedClock clock, Action ring) : ITimer
    {
        public TimeSpan Due { get; private set; }

        public void Ring() => ring();

        /// <summary>Rings once: nobody here asks for more.</summary>
        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock._alarms)
            {
                clock._alarms.Remove(this);
                Due = clock._passed + dueTime;
                if (dueTime >= TimeSpan.Zero)
                    clock._alarms.Add(this);
            }

            return true;
        }

        public void Dispose() => Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

        public ValueTask DisposeAsync()
        {
            Dispose();

            return ValueTask.CompletedTask;
        }
    }
}
