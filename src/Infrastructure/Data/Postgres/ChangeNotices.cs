using System.Security.Cryptography;
using Npgsql;

namespace TaskSlices.Infrastructure.Data.Postgres;

/// <summary>
/// Between the instances on one database, by NOTIFY (postgresql.org/docs/current/sql-notify.html). A notice is sent after the commit and
/// not in the unit: commits with notices wait for one another, in the whole cluster. It is sent only if another instance has been heard of.
/// Below that is a poll each second of the users who are watched here, for what no notice tells of: an instance that died after its
/// commit, a lost connection, a server without notices. Behind a pooler in transaction mode there is the poll alone.
/// </summary>
public sealed partial class ChangeNotices(PostgresStore store, ILogger<ChangeNotices> log) : IChangeExchange
{
    private const string Channel = "taskslices_changes";

    /// <summary>Whoever begins to listen says so, and is answered: then both know that they are not alone.</summary>
    private const string Hello = "hello", Here = "here";

    /// <summary>A notice has less than 8,000 bytes: 17 for each user, and the sender's name.</summary>
    private const int UsersPerNotice = 450;

    /// <summary>Users that are polled by one statement.</summary>
    private const int UsersPerPoll = 1_000;

    /// <summary>What is announced meanwhile goes together.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(30);

    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FirstBackOff = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestBackOff = TimeSpan.FromSeconds(15);

    /// <summary>Of this process: its own notices tell it nothing.</summary>
    private readonly string _name = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));

    private readonly CancellationTokenSource _end = new();
    private readonly Lock _gate = new();
    private HashSet<string> _announced = new(StringComparer.Ordinal);
    private Task _sending = Task.CompletedTask;
    private Task _listening = Task.CompletedTask;
    private Task _polling = Task.CompletedTask;
    private ChangeSignals? _signals;
    private bool _isSending;
    private bool _isListening;
    private bool _mustAnswer;
    private volatile bool _hasPeers;
    private volatile bool _isFailing;

    public void Send(string userId)
    {
        if (_hasPeers)
        {
            lock (_gate)
            {
                _announced.Add(userId);
                BeginSending();
            }
        }
        else if (!Volatile.Read(ref _isListening))
            BeginListening();
    }

    public void Receive(ChangeSignals signals)
    {
        BeginListening();
        lock (_gate)
        {
            if (_signals is not null || _end.IsCancellationRequested)
                return;

            _signals = signals;
            _polling = Run(() => PollAsync(signals));
        }
    }

    public async ValueTask DisposeAsync()
    {
        lock (_gate)
            _end.Cancel();

        await Task.WhenAll(_sending, _listening, _polling);
        _end.Dispose();
    }

    /// <summary>Without the context (AsyncLocal) of the caller that happens to come first.</summary>
    private static Task Run(Func<Task> work)
    {
        using (ExecutionContext.SuppressFlow())
            return Task.Run(work);
    }

    private void BeginSending()
    {
        if (_isSending || _end.IsCancellationRequested)
            return;

        _isSending = true;
        _sending = Run(SendAsync);
    }

    private void BeginListening()
    {
        lock (_gate)
        {
            // Behind a pooler, notices would come to whoever has the session at the moment.
            if (_isListening || store.IsBehindPooler || _end.IsCancellationRequested)
                return;

            Volatile.Write(ref _isListening, true);
            _listening = Run(ListenAsync);
        }
    }

    private async Task SendAsync()
    {
        while (true)
        {
            HashSet<string> announced;
            bool mustAnswer;
            lock (_gate)
            {
                _isSending = (_announced.Count > 0 || _mustAnswer) && !_end.IsCancellationRequested;
                if (!_isSending)
                    return;

                (announced, _announced) = (_announced, new(StringComparer.Ordinal));
                (mustAnswer, _mustAnswer) = (_mustAnswer, false);
            }

            try
            {
                if (mustAnswer)
                    await NotifyAsync(Here);
                foreach (var users in announced.Chunk(UsersPerNotice))
                    await NotifyAsync(string.Join(' ', users.Select(ChangeWatch.DigestOf)));
            }
            catch (Exception e)
            {
                // Not sent again: by then, the others have polled.
                LogOnce(e);
            }

            await PauseAsync(Pause);
        }
    }

    private async Task NotifyAsync(string text)
    {
        await using var command = store.Source.CreateCommand("SELECT pg_notify($1, $2)");
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = Channel });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = $"{_name} {text}" });
        await command.ExecuteNonQueryAsync(_end.Token);
    }

    private async Task ListenAsync()
    {
        for (var backOff = FirstBackOff; !_end.IsCancellationRequested; backOff = backOff < LongestBackOff ? backOff * 2 : LongestBackOff)
        {
            try
            {
                await using var source = store.MakeListener();
                await using var connection = await source.OpenConnectionAsync(_end.Token);
                connection.Notification += (_, notice) => Take(notice.Payload.Split(' '));
                await using (var command = new NpgsqlCommand($"LISTEN {Channel}", connection))
                    await command.ExecuteNonQueryAsync(_end.Token);

                await NotifyAsync(Hello);
                (backOff, _isFailing) = (FirstBackOff, false);
                while (true)
                    await connection.WaitAsync(_end.Token);
            }
            catch (Exception e)
            {
                LogOnce(e);
            }

            await PauseAsync(backOff);
        }
    }

    private void Take(string[] words)
    {
        if (words[0] == _name)
            return;

        _hasPeers = true;
        if (words is [_, Hello])
        {
            lock (_gate)
            {
                _mustAnswer = true;
                BeginSending();
            }
        }

        if (_signals is not { } signals)
            return;

        var digests = words.Skip(1).ToHashSet(StringComparer.Ordinal);
        foreach (var watch in signals.Watches.Where(watch => digests.Contains(watch.Digest)))
            watch.Signal();
    }

    private async Task PollAsync(ChangeSignals signals)
    {
        while (!_end.IsCancellationRequested)
        {
            await PauseAsync(PollInterval);

            // What is known is read before the revisions are: a look that comes between costs another one, and misses nothing.
            var watched = signals.Watches.Select(watch => (Watch: watch, watch.Known)).Where(one => one.Known >= 0);
            try
            {
                foreach (var some in watched.Chunk(UsersPerPoll))
                {
                    var revisions = await ReadAsync(Array.ConvertAll(some, one => one.Watch.UserId));
                    foreach (var (watch, _) in some.Where(one => revisions.GetValueOrDefault(one.Watch.UserId) != one.Known))
                        watch.Signal();
                }
            }
            catch (Exception e)
            {
                LogOnce(e);
            }
        }
    }

    private async Task<Dictionary<string, long>> ReadAsync(string[] users)
    {
        await using var command = store.Source.CreateCommand("SELECT user_id, revision FROM revisions WHERE user_id = ANY($1)");
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = users });
        await using var reader = await command.ExecuteReaderAsync(_end.Token);
        var revisions = new Dictionary<string, long>(StringComparer.Ordinal);
        while (await reader.ReadAsync(_end.Token))
            revisions[reader.GetString(0)] = reader.GetInt64(1);

        return revisions;
    }

    private async Task PauseAsync(TimeSpan time) => await Task.WhenAny(Task.Delay(time, _end.Token));

    private void LogOnce(Exception exception)
    {
        if (!_end.IsCancellationRequested && !_isFailing)
            LogFailure(exception.Message);

        _isFailing = true;
    }

    [LoggerMessage(
        LogLevel.Warning,
        "What other instances change comes to live streams a second late, or once the database can be read again: {Reason}")]
    private partial void LogFailure(string reason);
}
