using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;
using TaskSlices.Infrastructure.Data;
using TaskSlices.Infrastructure.Hosting;

namespace TaskSlices.Infrastructure.Slices;

/// <summary>
/// The live streams of this process. Each user who has some is read once for all of them, when a change is signalled; nothing of the
/// database is held while nothing happens.
/// </summary>
public sealed partial class EventStreams : IDisposable
{
    /// <summary>The most streams of one user in this process; several instances have so many each.</summary>
    public const int LimitPerUser = 10;

    /// <summary>Changes that are read at once. Twice as many of the largest rows have to fit into <see cref="EventFeed.Limit"/>.</summary>
    internal const int Page = 50;

    /// <summary>How often streams are looked at that have nothing to send.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>After the database could not be read.</summary>
    private static readonly TimeSpan BackOff = TimeSpan.FromSeconds(1);

    private readonly Dictionary<string, User> _users = new(StringComparer.Ordinal);
    private readonly ChangeSignals _signals;
    private readonly IServiceScopeFactory _scopes;
    private readonly JsonSerializerOptions _json;
    private readonly IStore _store;
    private readonly TimeProvider _clock;
    private readonly ILogger<EventStreams> _log;
    private readonly ITimer _ticker;
    private readonly CancellationToken _stopping;

    public EventStreams(
        ChangeSignals signals, IServiceScopeFactory scopes, IOptions<JsonOptions> json, IStore store, TimeProvider clock,
        IHostApplicationLifetime lifetime, ILogger<EventStreams> log)
    {
        _signals = signals;
        _scopes = scopes;
        _json = json.Value.SerializerOptions;
        _store = store;
        _clock = clock;
        _log = log;
        _stopping = lifetime.ApplicationStopping;
        _stopping.Register(() => Array.ForEach(All(), stream => stream.End()));
        _ticker = clock.CreateTimer(_ => Look(), null, Interval, Interval);
    }

    internal DateTimeOffset Now => _clock.GetUtcNow();

    /// <summary>Takes one of the user's places for the request; it is free again when the request ends.</summary>
    /// <returns>The stream, to be begun; null if there is no place.</returns>
    public EventFeed? TryJoin(HttpContext context, string userId)
    {
        EventFeed stream;
        lock (_users)
        {
            if (!_users.TryGetValue(userId, out var user))
                _users.Add(userId, user = new User(this, userId));
            if (user.Count >= LimitPerUser)
                return null;

            stream = new EventFeed(context, user);
            user.Add(stream);
        }

        Instruments.StreamsOpen.Add(1);
        context.Response.RegisterForDispose(stream);
        if (_stopping.IsCancellationRequested)
            stream.End();

        return stream;
    }

    public void Dispose() => _ticker.Dispose();

    private void Leave(User user, EventFeed stream)
    {
        Instruments.StreamsOpen.Add(-1);
        lock (_users)
        {
            user.Remove(stream);
            if (user.Count > 0)
                return;

            _users.Remove(user.Id);
            user.Dispose();
        }
    }

    private EventFeed[] All()
    {
        lock (_users)
            return [.. _users.Values.SelectMany(user => user.Streams)];
    }

    private void Look()
    {
        var now = Now;
        foreach (var stream in All())
            stream.Look(now);
    }

    /// <summary>HTML Living Standard section 9.2.5. JSON has no line break, nor has the name of a table.</summary>
    private StreamEvent Write(ChangedRow row) => new(
        row.Revision,
        [
            .. Encoding.UTF8.GetBytes(FormattableString.Invariant($"id: {row.Revision}\nevent: {row.Kind}\ndata: ")),
            .. JsonSerializer.SerializeToUtf8Bytes(Change.Of(row), _json),
            .. "\n\n"u8,
        ]);

    [LoggerMessage(LogLevel.Warning, "Changes can't be read for live streams. It is tried again")]
    private partial void LogUnavailable();

    [LoggerMessage(LogLevel.Error, "The live streams of a user were ended")]
    private partial void LogFailure(Exception exception);

    /// <summary>The streams of one user, and where they are.</summary>
    internal sealed class User : IDisposable
    {
        private readonly EventStreams _hub;
        private readonly ChangeWatch _watch;
        private readonly List<EventFeed> _streams = [];
        private bool _isFailing;

        public User(EventStreams hub, string id)
        {
            (_hub, Id) = (hub, id);
            _watch = hub._signals.Watch(id, LookAsync);
        }

        public string Id { get; }

        public int Count => _streams.Count;

        public IEnumerable<EventFeed> Streams => _streams;

        /// <summary>What was changed up to this revision has been offered to the streams; negative before the first has begun.</summary>
        public long Position => _watch.Known;

        public DateTimeOffset Now => _hub.Now;

        public void Add(EventFeed stream)
        {
            lock (_streams)
                _streams.Add(stream);
        }

        public void Remove(EventFeed stream)
        {
            lock (_streams)
                _streams.Remove(stream);
        }

        public void Leave(EventFeed stream) => _hub.Leave(this, stream);

        /// <summary>
        /// Where a stream is that has missed nothing: what comes after that is offered to it. The first one reads the user's revision.
        /// </summary>
        public async ValueTask<long> BeginAsync()
        {
            if (_watch.Known is >= 0 and var known)
                return known;

            await using var scope = OpenScope(out var db);
            var revision = (await db.ReadRevisionAsync(Id)).Last;
            lock (_streams)
            {
                if (_watch.Known >= 0)
                    return revision;

                _watch.Known = revision;
            }

            // What was signalled meanwhile was not looked at.
            _watch.Signal();

            return revision;
        }

        /// <summary>The changes after a revision, and that up to which they are complete; null if they can't be told any more.</summary>
        public async Task<(IReadOnlyList<StreamEvent> Events, long Next, bool More)?> ReadAsync(long since)
        {
            await using var scope = OpenScope(out var db);

            return await db.ReadChangesAsync(Id, since, Page, CancellationToken.None) is { } found
                ? (found.Rows.Select(_hub.Write).ToArray(), found.Next, found.More) : null;
        }

        public void Dispose() => _watch.Dispose();

        private async Task LookAsync()
        {
            try
            {
                var isMore = _watch.Known >= 0;
                while (isMore)
                {
                    if (await ReadAsync(_watch.Known) is not { } found)
                    {
                        // Erased, or away from the database for longer than deletions are kept.
                        EndAll();
                        return;
                    }

                    Offer(found.Events, found.Next);
                    isMore = found.More && Count > 0;
                }

                _isFailing = false;
            }
            catch (Exception e) when (_hub._store.IsUnavailable(e))
            {
                if (!_isFailing)
                    _hub.LogUnavailable();

                _isFailing = true;
                await Task.Delay(BackOff);
                _watch.Signal();
            }
            catch (Exception e)
            {
                // Who comes back is told.
                if (!_hub._stopping.IsCancellationRequested)
                    _hub.LogFailure(e);

                EndAll();
            }
        }

        private void Offer(IReadOnlyList<StreamEvent> events, long next)
        {
            var slow = new List<EventFeed>();
            lock (_streams)
            {
                // In one step, for those that join: what is not up to here comes to them.
                _watch.Known = next;
                slow.AddRange(_streams.Where(stream => !stream.TryOffer(events)));
            }

            slow.ForEach(stream => stream.End(isSlow: true));
        }

        private void EndAll()
        {
            EventFeed[] streams;
            lock (_streams)
                streams = [.. _streams];

            Array.ForEach(streams, stream => stream.End());
        }

        /// <summary>For one reading: nothing is held when it is disposed.</summary>
        private AsyncServiceScope OpenScope(out AppDb db)
        {
            var scope = _hub._scopes.CreateAsyncScope();
            scope.ServiceProvider.GetRequiredService<RowOwner>().Set(Id);
            db = scope.ServiceProvider.GetRequiredService<AppDb>();

            return scope;
        }
    }
}

/// <param name="Revision">Its id.</param>
/// <param name="Text">As it is sent, with the empty line at its end.</param>
internal sealed record StreamEvent(long Revision, byte[] Text);
