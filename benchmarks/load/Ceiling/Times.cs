namespace TaskSlices.Load.Ceiling;

/// <summary>Times as the wire has them: <c>2026-11-20T10:00:00.123Z</c>.</summary>
public static class Times
{
    public const int Length = 24;

    /// <summary>Digit by digit: a format string costs ten times as much, and a page has a hundred of them.</summary>
    public static void Format(long milliseconds, Span<byte> to)
    {
        var time = DateTime.UnixEpoch.AddTicks(milliseconds * TimeSpan.TicksPerMillisecond);
        var (date, clock) = time;
        var (year, month, day) = date;
        var ofDay = (int)(clock.Ticks / TimeSpan.TicksPerMillisecond);

        "0000-00-00T00:00:00.000Z"u8.CopyTo(to);
        Two(year / 100, to);
        Two(year % 100, to[2..]);
        Two(month, to[5..]);
        Two(day, to[8..]);
        Two(ofDay / 3_600_000, to[11..]);
        Two(ofDay / 60_000 % 60, to[14..]);
        Two(ofDay / 1000 % 60, to[17..]);
        Two(ofDay % 1000 / 10, to[20..]);
        to[22] = (byte)('0' + ofDay % 10);
    }

    private static void Two(int number, Span<byte> to)
    {
        to[1] = (byte)('0' + number % 10);
        to[0] = (byte)('0' + number / 10);
    }
}
