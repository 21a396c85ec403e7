using FastEndpoints.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace TaskSlices.Tests.Support;

/// <summary>The application with a clock that a test puts forward, so that none has to wait.</summary>
[DisableWafCache]
public class ClockApp : App
{
    private readonly SteppingClock _clock = new();

    public DateTimeOffset Now => _clock.GetUtcNow();

    /// <summary>One second: far more than the wire can tell apart, far less than a token lives.</summary>
    public void Tick() => Step(TimeSpan.FromSeconds(1));

    /// <summary>As an operator or NTP does: the clock may go back.</summary>
    public void Step(TimeSpan by) => _clock.Advance(by);

    protected override void ConfigureServices(IServiceCollection s) => s.AddSingleton<TimeProvider>(_clock);

    private sealed class SteppingClock : TimeProvider
    {
        private long _ahead;

        public void Advance(TimeSpan by) => Interlocked.Add(ref _ahead, by.Ticks);

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddTicks(Volatile.Read(ref _ahead));
    }
}
