using System.Buffers;
using System.IO.Pipelines;

namespace TaskSlices.Infrastructure.Http;

/// <summary>
/// The body of a request, up to a limit. When the server is told to stop, it cancels the reads that wait for more of a body; this reader
/// continues to the end of the body, so that the request is answered.
/// </summary>
/// <param name="inner">The server's reader.</param>
/// <param name="limit">In bytes. Beyond it, a read throws a <see cref="BadHttpRequestException"/> of status 413.</param>
/// <param name="lastCall">Cancelled shortly before the server closes its connections. A read that waits then throws one of 503.</param>
public sealed class RequestBody(PipeReader inner, long limit, CancellationToken lastCall) : PipeReader
{
    private ReadOnlySequence<byte> _buffer;
    private long _consumed;

    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            var read = await ReadInnerAsync(cancellationToken);
            if (!read.IsCanceled)
                return Limited(read);

            inner.AdvanceTo(read.Buffer.Start);
            if (lastCall.IsCancellationRequested)
                throw new BadHttpRequestException("The server stops.", StatusCodes.Status503ServiceUnavailable);
        }
    }

    public override bool TryRead(out ReadResult result)
    {
        if (!inner.TryRead(out result))
            return false;

        result = Limited(result);

        return true;
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        _consumed += _buffer.Slice(_buffer.Start, consumed).Length;
        inner.AdvanceTo(consumed, examined);
    }

    public override void CancelPendingRead() => inner.CancelPendingRead();

    /// <summary>The server completes its reader itself.</summary>
    public override void Complete(Exception? exception = null)
    {
    }

    private async ValueTask<ReadResult> ReadInnerAsync(CancellationToken ct)
    {
        var read = inner.ReadAsync(ct);
        if (read.IsCompleted)
            return await read;

        // Not a token for the read: the server's reader can't be used any more after a read that a token has cancelled.
        await using var registration = lastCall.UnsafeRegister(static reader => ((PipeReader)reader!).CancelPendingRead(), inner);

        return await read;
    }

    private ReadResult Limited(ReadResult read)
    {
        _buffer = read.Buffer;
        if (_consumed + _buffer.Length <= limit)
            return read;

        inner.AdvanceTo(_buffer.End);
        throw new BadHttpRequestException("The body is too large.", StatusCodes.Status413PayloadTooLarge);
    }
}
