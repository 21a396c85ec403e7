using System.Buffers.Binary;
using System.Security.Cryptography;

namespace TaskSlices.Load.Ceiling;

/// <summary>UUIDv7 as the product makes them (RFC 9562 section 6.2, method 3). For one thread, and random bits are fetched by the page.</summary>
public sealed class MonotonicIds
{
    private readonly byte[] _random = new byte[4096];
    private int _used = 4096;
    private long _last;

    public void Next(DateTime now, Span<byte> id)
    {
        var ticks = now.Ticks - DateTime.UnixEpoch.Ticks;
        var milliseconds = ticks / TimeSpan.TicksPerMillisecond;
        var fraction = ticks % TimeSpan.TicksPerMillisecond * 4096 / TimeSpan.TicksPerMillisecond;
        _last = Math.Max((milliseconds << 12) + fraction, _last + 1);

        if (_used == _random.Length)
        {
            RandomNumberGenerator.Fill(_random);
            _used = 0;
        }

        BinaryPrimitives.WriteInt64BigEndian(id, (_last >> 12 << 16) | 0x7000 | (_last & 0x0FFF));
        _random.AsSpan(_used, 8).CopyTo(id[8..]);
        id[8] = (byte)(0x80 | (id[8] & 0x3F));
        _used += 8;
    }
}
