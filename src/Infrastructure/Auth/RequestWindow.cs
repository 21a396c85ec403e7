using System.Threading.RateLimiting;

namespace TaskSlices.Infrastructure.Auth;

/// <summary>
/// So many requests in a window, which begins with the first of them. Beside the framework's FixedWindowRateLimiter, it says how long the
/// window still takes (that one always names a whole window), and needs no timer.
/// </summary>
internal sealed class RequestWindow(int limit, TimeSpan length, TimeProvider clock) : RateLimiter
{
    private static readonly Lease Granted = new(null);

    private readonly Lock _lock = new();
    private long? _began;
    private int _count;

    /// <summary>Null while the window lasts: forgetting it would begin another.</summary>
    public override TimeSpan? IdleDuration
    {
        get
        {
            lock (_lock)
                return _began is not { } began ? TimeSpan.Zero
                    : clock.GetElapsedTime(began) - length is var idle && idle > TimeSpan.Zero ? idle : null;
        }
    }

    public override RateLimiterStatistics GetStatistics()
    {
        lock (_lock)
            return new RateLimiterStatistics { CurrentAvailablePermits = limit - _count };
    }

    /// <param name="permitCount">0 asks whether there is any left.</param>
    protected override RateLimitLease AttemptAcquireCore(int permitCount)
    {
        lock (_lock)
        {
            var now = clock.GetTimestamp();
            if (_began is not { } began || clock.GetElapsedTime(began, now) >= length)
                (_began, _count) = (began = now, 0);

            if (_count > limit - Math.Max(1, permitCount))
                return new Lease(length - clock.GetElapsedTime(began, now));

            _count += permitCount;

            return Granted;
        }
    }

    protected override ValueTask<RateLimitLease> AcquireAsyncCore(int permitCount, CancellationToken cancellationToken) =>
        new(AttemptAcquireCore(permitCount));

    private sealed class Lease(TimeSpan? wait) : RateLimitLease
    {
        public override bool IsAcquired => wait is null;

        public override IEnumerable<string> MetadataNames => wait is null ? [] : [MetadataName.RetryAfter.Name];

        public override bool TryGetMetadata(string metadataName, out object? metadata)
        {
            metadata = wait;

            return wait is not null && metadataName == MetadataName.RetryAfter.Name;
        }
    }
}
