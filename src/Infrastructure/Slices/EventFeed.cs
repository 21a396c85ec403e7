using System.Buffers;
using System.IO.Pipelines;
using System.Reflection;
using System.Text;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Metadata;
using TaskSlices.Infrastructure.Data;
using TaskSlices.Infrastructure.Http;

namespace TaskSlices.Infrastructure.Slices;

/// <summary>
/// Server-Sent Events (HTML Living Standard section 9.2) of what is changed of a user's rows: first what was missed, then what happens.
/// The stream ends when its caller would be refused, and when the server stops; the client comes back after a second. One that does not
/// read is cut off, and goes on by its last id.
/// </summary>
public sealed class EventFeed : IResult, IEndpointMetadataProvider, IDisposable
{
    public const string MediaType = "text/event-stream";

    /// <summary>The header with which a client comes back.</summary>
    public const string LastEventId = "Last-Event-ID";

    /// <summary>In bytes; the most that waits for a slow reader. The events of a user's streams are the same in memory.</summary>
    internal const int Limit = 1024 * 1024;

    /// <summary>In bytes, of what is sent at once.</summary>
    private const int Chunk = 16 * 1024;

    /// <summary>So long without an event, a comment is sent: proxies close what is silent.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(20);

    private static readonly byte[] Comment = ":\n\n"u8.ToArray();

    private readonly CancellationTokenSource _end = new();
    private readonly Queue<StreamEvent> _queue = new();
    private readonly EventStreams.User _user;
    private readonly RowOwner _caller;
    private (IReadOnlyList<StreamEvent> Events, long Next, bool More) _missed;
    private TaskCompletionSource? _waiting;
    private int _bytes;
    private bool _needsComment;
    private bool _isSlow;
    private long _sent;
    private long _sentAt;

    internal EventFeed(HttpContext context, EventStreams.User user)
    {
        _user = user;
        _caller = context.RequestServices.GetRequiredService<RowOwner>();
        _sentAt = user.Now.UtcTicks;
    }

    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder) =>
        builder.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status200OK, typeof(string), [MediaType]));

    /// <summary>Finds where the stream begins.</summary>
    /// <param name="since">The last revision that the caller has; null begins at the present one.</param>
    /// <returns>Whether what was missed is still known.</returns>
    /// <exception cref="System.Data.Common.DbException">The database can't be read.</exception>
    public async Task<bool> TryBeginAsync(long? since)
    {
        var present = await _user.BeginAsync();
        _sent = since ?? present;
        if (_sent == present)
            _missed = ([], present, false);
        else if (await _user.ReadAsync(_sent) is { } missed)
            _missed = missed;
        else
            return false;

        return true;
    }

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.ContentType = MediaType;
        response.Headers.CacheControl = "no-store";

        // nginx keeps what it gets until it has a buffer full, or sees this.
        response.Headers["X-Accel-Buffering"] = "no";
        if (httpContext.IsHead())
            return;

        httpContext.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        await using var gone = httpContext.RequestAborted.UnsafeRegister(static stream => ((EventFeed)stream!).End(), this);
        try
        {
            await SendAsync(response.BodyWriter);
        }
        catch (OperationCanceledException) when (_end.IsCancellationRequested)
        {
            // The client had not read what was sent last. The rest of that must not follow.
            _isSlow = true;
        }

        if (_isSlow)
            httpContext.Abort();
    }

    /// <summary>Gives the place back. The source of the end has nothing to dispose of, and others may still use it.</summary>
    public void Dispose() => _user.Leave(this);

    /// <summary>Nothing more is sent, not even what waits.</summary>
    internal void End(bool isSlow = false)
    {
        TaskCompletionSource? waiting;
        lock (_queue)
        {
            _isSlow |= isSlow;
            _queue.Clear();
            waiting = _waiting;
        }

        _end.Cancel();
        waiting?.TrySetResult();
    }

    /// <returns>False if the stream has to be cut off: its reader is too slow.</returns>
    internal bool TryOffer(IReadOnlyList<StreamEvent> events)
    {
        lock (_queue)
        {
            if (_end.IsCancellationRequested)
                return true;

            foreach (var one in events)
            {
                _queue.Enqueue(one);
                _bytes += one.Text.Length;
            }

            if (events.Count > 0)
                _waiting?.TrySetResult();

            return _bytes <= Limit;
        }
    }

    /// <summary>Ends the stream of a caller who is not let in any more, and has a comment sent if it was silent for long.</summary>
    internal void Look(DateTimeOffset now)
    {
        if (!_caller.MayStay(now))
        {
            End();
            return;
        }

        // Negative: something was sent since now, or the clock was put back, which by so much is a silence too.
        if (Math.Abs(now.UtcTicks - Volatile.Read(ref _sentAt)) < Silence.Ticks)
            return;

        lock (_queue)
        {
            _needsComment = true;
            _waiting?.TrySetResult();
        }
    }

    private async Task SendAsync(PipeWriter body)
    {
        // An id without data is the last event's id to the client: it comes back from here even if no event follows.
        body.Write(Encoding.UTF8.GetBytes(FormattableString.Invariant($"retry: 1000\nid: {_sent}\n\n")));
        await FlushAsync(body);
        if (!await SendMissedAsync(body))
            return;

        while (await WaitAsync())
        {
            while (body.UnflushedBytes < Chunk && TryTake() is { } text)
                body.Write(text);

            await FlushAsync(body);
        }
    }

    /// <summary>Up to where the others of the user are: what is behind that has been offered to this one too.</summary>
    private async Task<bool> SendMissedAsync(PipeWriter body)
    {
        while (true)
        {
            foreach (var missed in _missed.Events)
            {
                if (!MaySend())
                    return false;

                body.Write(missed.Text);
                if (body.UnflushedBytes >= Chunk)
                    await FlushAsync(body);
            }

            await FlushAsync(body);
            _sent = _missed.Next;
            _missed = ([], 0, false);
            if (_sent >= _user.Position)
                return true;
            if (!MaySend() || await _user.ReadAsync(_sent) is not { } missing)
                return false;

            _missed = missing;
        }
    }

    private bool MaySend() => !_end.IsCancellationRequested && _caller.MayStay(_user.Now);

    /// <summary>Until there is something to send; false if the stream has ended.</summary>
    private async ValueTask<bool> WaitAsync()
    {
        while (MaySend())
        {
            TaskCompletionSource waiting;
            lock (_queue)
            {
                if (_queue.Count > 0 || _needsComment)
                    return true;

                waiting = _waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

                // Ended before it waited.
                if (_end.IsCancellationRequested)
                    return false;
            }

            await waiting.Task;
        }

        return false;
    }

    /// <summary>Null if there is nothing, or nothing may be sent any more.</summary>
    private byte[]? TryTake()
    {
        if (!MaySend())
            return null;

        lock (_queue)
        {
            while (_queue.TryDequeue(out var next))
            {
                _bytes -= next.Text.Length;
                if (next.Revision <= _sent)
                    continue;

                _sent = next.Revision;

                return next.Text;
            }

            if (!_needsComment)
                return null;

            _needsComment = false;

            return Comment;
        }
    }

    private async ValueTask FlushAsync(PipeWriter body)
    {
        Volatile.Write(ref _sentAt, _user.Now.UtcTicks);
        _needsComment = false;
        if (body.UnflushedBytes > 0)
            await body.FlushAsync(_end.Token);
    }
}
