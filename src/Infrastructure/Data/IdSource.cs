namespace TaskSlices.Infrastructure.Data;

/// <summary>
/// Makes UUIDv7 ids that sort in the order they were made: milliseconds, then 1/4096 of a millisecond in the 12 bits behind the version
/// (RFC 9562 section 6.2, method 3), then 62 random bits. In one process no two are alike or out of order, even if the clock steps back;
/// a user's newest rows are the last of the key.
/// </summary>
public sealed class IdSource
{
    private const int FractionBits = 12;
    private long _last;

    public Guid Next(DateTimeOffset now)
    {
        var fraction = now.Ticks % TimeSpan.TicksPerMillisecond * (1 << FractionBits) / TimeSpan.TicksPerMillisecond;
        var moment = Later((now.ToUnixTimeMilliseconds() << FractionBits) + fraction);

        Span<byte> bytes = stackalloc byte[16];
        Guid.CreateVersion7(DateTimeOffset.FromUnixTimeMilliseconds(moment >> FractionBits)).TryWriteBytes(bytes, bigEndian: true, out _);
        bytes[6] = (byte)(0x70 | (moment >> 8 & 0x0F));
        bytes[7] = (byte)moment;

        return new Guid(bytes, bigEndian: true);
    }

    private long Later(long moment)
    {
        while (true)
        {
            var last = Volatile.Read(ref _last);
            var next = Math.Max(moment, last + 1);

            if (Interlocked.CompareExchange(ref _last, next, last) == last)
                return next;
        }
    }
}
