using Microsoft.Extensions.Options;
using TaskSlices.Features.Accounts;
using TaskSlices.Infrastructure.Data;

namespace TaskSlices.Tests.Features.Accounts;

public sealed class SignInLimitsTests
{
    private readonly PassingClock _clock = new();
    private readonly LocalCounters _counters;

    public SignInLimitsTests() => _counters = new(_clock);

    [Fact]
    public async Task Lets_go_when_the_time_is_over()
    {
        var limits = Limits(addresses: 100, failures: 2);
        await Take(limits, "1.2.3.4", "ann", 2);

        Assert.Equal(TimeSpan.FromMinutes(15), await limits.TakeAsync(IPAddress.Parse("1.2.3.4"), "ann"));
        _clock.Pass(TimeSpan.FromMinutes(14));
        Assert.Equal(TimeSpan.FromMinutes(1), await limits.TakeAsync(IPAddress.Parse("1.2.3.4"), "ann"));
        _clock.Pass(TimeSpan.FromMinutes(1));
        Assert.Null(await limits.TakeAsync(IPAddress.Parse("1.2.3.4"), "ann"));
    }

    [Fact]
    public async Task Counts_each_address_and_a_whole_IPv6_network_as_one()
    {
        var limits = Limits(addresses: 2, failures: 1000);
        await Take(limits, "1.2.3.4", null, 1);
        await Take(limits, "::ffff:1.2.3.4", null, 1);
        await Take(limits, "2001:db8::1", null, 1);
        await Take(limits, "2001:db8::ffff:2", null, 1);

        Assert.Equal(TimeSpan.FromMinutes(1), await limits.TakeAsync(IPAddress.Parse("1.2.3.4"), null));
        Assert.NotNull(await limits.TakeAsync(IPAddress.Parse("2001:db8:0:0:9::"), null));
        Assert.Null(await limits.TakeAsync(IPAddress.Parse("1.2.3.5"), null));
        Assert.Null(await limits.TakeAsync(IPAddress.Parse("2001:db8:0:1::"), null));
    }

    /// <summary>Whoever fills a memory that grows, or forgets, gets new tries.</summary>
    [Fact]
    public async Task Neither_grows_nor_forgets_whatever_the_number_of_names()
    {
        var limits = Limits(addresses: int.MaxValue, failures: 1000);
        await Take(limits, "1.2.3.4", "ann", 1000);
        await Take(limits, "1.2.3.4", "anybody", 1);
        var before = GC.GetAllocatedBytesForCurrentThread();

        for (var i = 0; i < 200_000; i++)
            await _counters.CountAsync("account", $"flood {i}", int.MaxValue, TimeSpan.FromMinutes(15));

        Assert.NotNull(await limits.TakeAsync(null, "ann"));
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 200_000 * 128, "It keeps something of each name.");
    }

    [Fact]
    public async Task A_try_that_was_right_is_given_back()
    {
        var limits = Limits(addresses: 100, failures: 1);

        for (var i = 0; i < 3; i++)
        {
            Assert.Null(await limits.TakeAsync(null, "ann"));
            Assert.NotNull(await limits.TakeAsync(null, "ann"));
            await limits.GiveBackAsync("ann");
        }
    }

    private static async Task Take(SignInLimits limits, string address, string? account, int times)
    {
        for (var i = 0; i < times; i++)
            Assert.Null(await limits.TakeAsync(IPAddress.Parse(address), account));
    }

    private SignInLimits Limits(int addresses, int failures) =>
        new(Options.Create(new AccountSettings { AttemptsPerAddress = addresses, FailuresPerAccount = failures }), _counters);

    private sealed class PassingClock : TimeProvider
    {
        private long _ticks = 1;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public void Pass(TimeSpan time) => _ticks += time.Ticks;

        public override long GetTimestamp() => _ticks;
    }
}
