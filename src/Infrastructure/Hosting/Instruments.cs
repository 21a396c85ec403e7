using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace TaskSlices.Infrastructure.Hosting;

/// <summary>
/// What this program measures of itself, as <c>TaskSlices</c>, beside what <c>Operations/Telemetry</c> has observed. While nobody listens,
/// a measurement is a look at a field. Names and units follow OpenTelemetry's general conventions.
/// </summary>
public static class Instruments
{
    /// <summary>Of the meter and of the source of spans.</summary>
    public const string Name = "TaskSlices";

    private static readonly Meter Meter = new(Name, ProductVersion.Text);

    /// <summary>Tokens and tickets that were refused; <c>code</c> is that of the problem.</summary>
    public static readonly Counter<long> TokensRefused = Meter.CreateCounter<long>(
        "taskslices.tokens.refused", "{token}", "Tokens that were refused.");

    /// <summary>Live streams that are open now.</summary>
    public static readonly UpDownCounter<long> StreamsOpen = Meter.CreateUpDownCounter<long>(
        "taskslices.streams.open", "{stream}", "Live streams that are open.");

    internal static readonly Histogram<int> GroupSize = Meter.CreateHistogram(
        "taskslices.commit.group_size", "{change}", "Changes that were committed together.", tags: null,
        new InstrumentAdvice<int> { HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128, 256] });

    internal static readonly Histogram<double> CommitDuration = Meter.CreateHistogram(
        "taskslices.commit.duration", "s", "Time from the begin of a transaction until it is on disk.", tags: null,
        new InstrumentAdvice<double>
        {
            HistogramBucketBoundaries = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
        });

    internal static readonly ActivitySource Spans = new(Name, ProductVersion.Text);
}

/// <summary>A transaction, from its begin until it is on disk: measured, and a span in each request that has changes in it.</summary>
public readonly struct CommitWatch
{
    private readonly string _engine;
    private readonly long _began;
    private readonly DateTime _at;

    private CommitWatch(string engine) => (_engine, _began, _at) = (engine, Stopwatch.GetTimestamp(), DateTime.UtcNow);

    /// <param name="engine">By its name in OpenTelemetry's <c>db.system.name</c>.</param>
    public static CommitWatch Begin(string engine) => new(engine);

    /// <summary>The span that the caller is in; none while nobody listens.</summary>
    public static ActivityContext Caller() =>
        Instruments.Spans.HasListeners() && Activity.Current is { } span ? span.Context : default;

    /// <summary>It is on disk, with so many changes.</summary>
    public void End(int changes)
    {
        if (changes == 0)
            return;

        Instruments.GroupSize.Record(changes);
        Instruments.CommitDuration.Record(Stopwatch.GetElapsedTime(_began).TotalSeconds);
    }

    /// <summary>Puts it into the trace of a request, as a child of the span that its change came from.</summary>
    public void Trace(ActivityContext caller, int changes)
    {
        if (caller == default)
            return;

        using var span = Instruments.Spans.StartActivity("commit", ActivityKind.Internal, caller, startTime: _at);
        span?.SetTag("db.system.name", _engine).SetTag("taskslices.commit.group_size", changes);
    }
}
