using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace TaskSlices.Infrastructure.Auth;

/// <summary>
/// The key set of a Better Auth server. It is fetched in the background, at the start and every 30 seconds, and at once when a token names
/// an unknown key, since Better Auth makes keys when it first needs them. There are at most 6 fetches a minute, one at a time. While the
/// server is away, or its set has no usable key, the last good set is used.
/// A server for development is asked only when a token names an unknown key, and vouches for nobody who has an account here.
/// </summary>
public sealed partial class BetterAuthKeys : BackgroundService, IKeySource, IHealthCheck
{
    public const int FetchesPerMinute = 6;

    /// <summary>In bytes; a set of 100 keys has about 40,000.</summary>
    public const int BodyLimit = 256 * 1024;

    /// <summary>Two of the six are kept for the background: a flood of unknown key ids must not delay a change of the set.</summary>
    private const int FetchesOnDemand = FetchesPerMinute - 2;

    private const int RedirectLimit = 3;

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Refresh = TimeSpan.FromSeconds(30);

    /// <summary>Five in a minute: one is left for the first unknown key after the first set.</summary>
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(12);

    private static readonly string[] Algorithms = ["EdDSA", "Ed25519", "ES256", "ES512", "RS256", "PS256"];

    private readonly HttpClient _http;
    private readonly Lock _lock = new();
    private readonly Queue<(long At, bool OnDemand)> _fetches = [];
    private readonly TimeProvider _clock;
    private readonly ILogger<BetterAuthKeys> _log;
    private readonly Uri? _url;
    private readonly bool _isDevelopment;
    private Task _fetch = Task.CompletedTask;
    private volatile KeySet? _set;
    private string? _lastFailure;
    private long _fetchedAt;

    public BetterAuthKeys(IOptions<AuthSettings> settings, TimeProvider clock, ILogger<BetterAuthKeys> log, IAccounts accounts)
    {
        _clock = clock;
        _log = log;
        _url = settings.Value.KeySetUrl;
        _isDevelopment = settings.Value.IsDevelopment;

        // A proxy stands for another machine.
        _http = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            PooledConnectionLifetime = TimeSpan.FromMinutes(2),
            UseProxy = _url is not { IsLoopback: true },
        })
        {
            MaxResponseContentBufferSize = BodyLimit,
        };
        Rules = new ClaimRules(settings.Value.ExpectedIssuer, settings.Value.ExpectedAudience, Accounts: _isDevelopment ? accounts : null);
        Issuer = _url is null ? null : $"the keys at {_url}{(_isDevelopment ? " (Auth:DevelopmentUrl)" : "")}";
    }

    public string? Issuer { get; }
    public ClaimRules Rules { get; }

    /// <summary>How long ago the set that is in use was fetched; null if there is none.</summary>
    public TimeSpan? Age => _set is null ? null : _clock.GetElapsedTime(Volatile.Read(ref _fetchedAt));

    private bool FetchesInBackground => _url is not null && !_isDevelopment;

    public async ValueTask<KeyLookup> FindAsync(string algorithm, string? keyId, CancellationToken ct)
    {
        if (_url is null || !Algorithms.Contains(algorithm))
            return KeyLookup.NotMine;

        // Without a set, the background is fetching: wait for that fetch, and start none.
        if (_set is null)
            await (_isDevelopment ? FetchAsync(onDemand: true) : FetchUnderWay()).WaitAsync(ct);

        if (_set is null)
            return new KeyLookup([], _isDevelopment ? TokenRefusal.NoDevelopmentKeys : TokenRefusal.KeysUnavailable);

        if (!_set.Has(algorithm, keyId))
            await FetchAsync(onDemand: true).WaitAsync(ct);

        return _set.Find(algorithm, keyId) is { Count: > 0 } found ? new KeyLookup(found) : new KeyLookup([], TokenRefusal.UnknownKey);
    }

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(_url is null || _isDevelopment || _set is not null
            ? HealthCheckResult.Healthy()
            : HealthCheckResult.Unhealthy("The keys of the Better Auth server could not be fetched yet."));

    /// <summary>Begins the first fetch, so that the first request waits for it.</summary>
    public override Task StartAsync(CancellationToken cancellationToken)
    {
        if (FetchesInBackground)
            _ = FetchAsync(onDemand: false);

        return base.StartAsync(cancellationToken);
    }

    public override void Dispose()
    {
        _http.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var (started, fetch) = (_clock.GetTimestamp(), FetchUnderWay());
        while (FetchesInBackground && !stoppingToken.IsCancellationRequested)
        {
            await fetch.WaitAsync(stoppingToken);

            var pause = (_set is null ? Retry : Refresh) - _clock.GetElapsedTime(started);
            if (pause > TimeSpan.Zero)
                await Task.Delay(pause, _clock, stoppingToken);

            (started, fetch) = (_clock.GetTimestamp(), FetchAsync(onDemand: false));
        }
    }

    private Task FetchUnderWay()
    {
        lock (_lock)
            return _fetch;
    }

    /// <summary>Fetches the set, unless the last minute had too many fetches. A fetch that is under way is shared.</summary>
    private Task FetchAsync(bool onDemand)
    {
        lock (_lock)
        {
            if (!_fetch.IsCompleted)
                return _fetch;

            while (_fetches.TryPeek(out var oldest) && _clock.GetElapsedTime(oldest.At) >= TimeSpan.FromMinutes(1))
                _fetches.Dequeue();

            var demanded = _fetches.Count(fetch => fetch.OnDemand);
            if (_fetches.Count >= FetchesPerMinute || (onDemand && !_isDevelopment && demanded >= FetchesOnDemand))
                return Task.CompletedTask;

            _fetches.Enqueue((_clock.GetTimestamp(), onDemand));

            return _fetch = Task.Run(FetchNowAsync);
        }
    }

    private async Task FetchNowAsync()
    {
        try
        {
            var set = KeySet.Read(await DownloadAsync(), _set);

            if (_set is null || _lastFailure is not null)
                LogFetched(_url, set.Count);

            foreach (var reason in set.LeftOut.Except(_set?.LeftOut ?? []))
                LogLeftOut(reason);

            Volatile.Write(ref _fetchedAt, _clock.GetTimestamp());
            (_set, _lastFailure) = (set, null);
        }
        catch (Exception e)
        {
            // Nothing that the other server sends may end this process; the next fetch may bring a better set.
            var reason = e is OperationCanceledException ? $"no answer within {Timeout.TotalSeconds} s" : e.Message;

            if (reason != _lastFailure)
                LogNotFetched(_url, reason, _set is null ? "no token of its can be verified until then" : "the last set serves until then");

            _lastFailure = reason;
        }
    }

    private async Task<byte[]> DownloadAsync()
    {
        using var patience = new CancellationTokenSource(Timeout);
        var url = _url!;

        for (var redirects = 0; redirects <= RedirectLimit; redirects++)
        {
            using var response = await _http.GetAsync(url, patience.Token);

            if (response.IsSuccessStatusCode)
                return await response.Content.ReadAsByteArrayAsync(patience.Token);

            if (response.Headers.Location is not { } location || (int)response.StatusCode is < 300 or > 399)
                throw new KeySetException($"the answer was {(int)response.StatusCode}");

            if (!Uri.TryCreate(url, location, out var next)
                || next.GetLeftPart(UriPartial.Authority) != url.GetLeftPart(UriPartial.Authority))
                throw new KeySetException("it redirects to another host");

            url = next;
        }

        throw new KeySetException($"it redirects more than {RedirectLimit} times");
    }

    [LoggerMessage(LogLevel.Information, "Fetched {Count} keys from {Url}")]
    private partial void LogFetched(Uri? url, int count);

    [LoggerMessage(LogLevel.Warning, "Left out a key of the set: {Reason}")]
    private partial void LogLeftOut(string reason);

    [LoggerMessage(LogLevel.Warning, "The keys at {Url} were not fetched: {Reason}. It is tried again; {Meanwhile}")]
    private partial void LogNotFetched(Uri? url, string reason, string meanwhile);
}
