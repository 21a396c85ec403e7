using System.Buffers.Binary;
using TaskSlices.Infrastructure.Data;

namespace TaskSlices.Tests.Infrastructure.Data;

public sealed class IdSourceTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 20, 10, 0, 0, 123, TimeSpan.Zero);
    private readonly IdSource _ids = new();

    [Fact]
    public void Makes_uuids_of_version_7()
    {
        for (var i = 0; i < 10_000; i++)
        {
            var id = _ids.Next(Now);

            Assert.Equal(7, id.Version);
            Assert.InRange(id.Variant, 8, 11);
            Assert.Matches("^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$", $"{id}");
        }
    }

    [Theory]
    [InlineData(0, 0x000)]
    [InlineData(1, 0x000)]
    [InlineData(5_000, 0x800)]
    [InlineData(9_999, 0xFFF)]
    public void Says_when_it_was_made_to_a_4096th_of_a_millisecond(int ticks, int fraction)
    {
        var id = _ids.Next(Now.AddTicks(ticks));

        Assert.Equal(Now.ToUnixTimeMilliseconds(), Milliseconds(id));
        Assert.Equal(fraction, Fraction(id));
    }

    [Fact]
    public void Counts_milliseconds_in_utc()
    {
        Assert.Equal(Now.ToUnixTimeMilliseconds(), Milliseconds(_ids.Next(Now.ToOffset(TimeSpan.FromHours(9)))));
    }

    [Fact]
    public void Sorts_in_the_order_of_making_while_the_clock_stands()
    {
        var made = Enumerable.Range(0, 100_000).Select(_ => _ids.Next(Now)).ToList();

        AssertInOrder(made);
        // 4,096 to a millisecond: a hundred thousand at one moment reach this far ahead.
        Assert.Equal(Now.ToUnixTimeMilliseconds() + (100_000 / 4096), Milliseconds(made[^1]));
    }

    [Fact]
    public void Sorts_in_the_order_of_making_while_the_clock_goes_on() =>
        AssertInOrder([.. Enumerable.Range(0, 100_000).Select(i => _ids.Next(Now.AddTicks(i * 7)))]);

    [Fact]
    public void Sorts_in_the_order_of_making_when_the_clock_steps_back()
    {
        var steps = new[] { 0, 5_000, -3_600_000, -3_600_000, 4_000, 5_000, 6_000, -1 };

        var made = steps.SelectMany(ms => Enumerable.Range(0, 100).Select(_ => _ids.Next(Now.AddMilliseconds(ms)))).ToList();

        AssertInOrder(made);
        Assert.Equal(Now.ToUnixTimeMilliseconds() + 6_000, Milliseconds(made[^1]));
    }

    [Fact]
    public async Task Makes_no_id_twice_for_threads_that_ask_at_once()
    {
        using var start = new Barrier(8);
        var made = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Factory.StartNew(
            () =>
            {
                start.SignalAndWait(TestContext.Current.CancellationToken);
                return Enumerable.Range(0, 12_500).Select(_ => _ids.Next(Now)).ToList();
            },
            TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default)));

        Assert.All(made, AssertInOrder);
        Assert.Equal(100_000, made.SelectMany(ids => ids).Select(id => (Milliseconds(id), Fraction(id))).Distinct().Count());
    }

    [Fact]
    public void Cannot_be_guessed_from_the_one_before()
    {
        var tails = Enumerable.Range(0, 10_000).Select(_ => BinaryPrimitives.ReadInt64BigEndian(_ids.Next(Now).ToByteArray(bigEndian: true).AsSpan(8))).ToList();

        Assert.Equal(tails.Count, tails.Distinct().Count());
        Assert.NotEqual(tails.Order(), tails);
    }

    private static long Milliseconds(Guid id) => BinaryPrimitives.ReadInt64BigEndian(id.ToByteArray(bigEndian: true)) >> 16;

    private static int Fraction(Guid id) => BinaryPrimitives.ReadInt16BigEndian(id.ToByteArray(bigEndian: true).AsSpan(6)) & 0xFFF;

    /// <summary>As text and as the bytes that are stored.</summary>
    private static void AssertInOrder(List<Guid> ids)
    {
        for (var i = 1; i < ids.Count; i++)
        {
            Assert.True(string.CompareOrdinal($"{ids[i - 1]}", $"{ids[i]}") < 0, $"{ids[i - 1]}, then {ids[i]}");
            Assert.True(ids[i - 1].ToByteArray(bigEndian: true).AsSpan().SequenceCompareTo(ids[i].ToByteArray(bigEndian: true)) < 0);
        }
    }
}
