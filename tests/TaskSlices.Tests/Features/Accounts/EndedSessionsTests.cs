using Microsoft.Extensions.Options;
using TaskSlices.Features.Accounts;

namespace TaskSlices.Tests.Features.Accounts;

public sealed class EndedSessionsTests
{
    private readonly StoppedClock _clock = new(DateTimeOffset.UtcNow);

    private EndedSessions Ended => field ??= new(Options.Create(new AccountSettings()), _clock);

    [Fact]
    public void Refuses_what_ended_for_as_long_as_a_token_of_it_may_live()
    {
        var issued = _clock.Now;
        Assert.True(Ended.IsActive("a", issued));

        Ended.Add([new EndedSession { Id = "a", Until = Ended.LastExpiry() }]);

        Assert.False(Ended.IsActive("a", issued));
        Assert.True(Ended.IsActive("b", issued));
        Assert.True(Ended.LastExpiry() >= issued + new AccountSettings().TokenLifetime + TimeSpan.FromSeconds(60));
    }

    /// <summary>The lifetime may be made longer before the tokens expire.</summary>
    [Fact]
    public void Remembers_for_the_longest_life_of_a_token_whatever_the_lifetime_is_now() =>
        Assert.True(Ended.LastExpiry() >= _clock.Now + AccountSettings.LongestTokenLifetime + TimeSpan.FromSeconds(60));

    /// <summary>Seven days of them are on disk; after a lifetime, the age of a token refuses it.</summary>
    [Fact]
    public void Needs_memory_for_one_lifetime_only()
    {
        Ended.Add(Many("old", EndedSessions.Capacity, Ended.LastExpiry()));
        var issued = _clock.Now;
        _clock.Now += new AccountSettings().TokenLifetime + TimeSpan.FromMinutes(3);

        Ended.Add([new EndedSession { Id = "new", Until = Ended.LastExpiry() }]);

        Assert.False(Ended.IsActive("old1", issued));
        Assert.False(Ended.IsActive("new", _clock.Now));
        Assert.True(Ended.IsActive("an innocent one", _clock.Now));
    }

    /// <summary>Who set a shorter lifetime means the tokens that are out, too.</summary>
    [Fact]
    public void Refuses_tokens_that_are_older_than_tokens_get() =>
        Assert.False(Ended.IsActive("a", _clock.Now - new AccountSettings().TokenLifetime - TimeSpan.FromMinutes(3)));

    [Fact]
    public void Makes_room_of_what_is_over()
    {
        Ended.Add(Many("old", EndedSessions.Capacity, _clock.Now.AddMinutes(1)));
        _clock.Now = _clock.Now.AddMinutes(2);

        Ended.Add([new EndedSession { Id = "new", Until = Ended.LastExpiry() }]);

        Assert.True(Ended.IsActive("old1", _clock.Now));
        Assert.False(Ended.IsActive("new", _clock.Now));
    }

    /// <summary>However many there are, it holds so many and none of them is let in again.</summary>
    [Fact]
    public void Refuses_every_token_that_is_out_when_there_are_too_many()
    {
        Ended.Add(Many("first", EndedSessions.Capacity, Ended.LastExpiry()));
        Ended.Add([new EndedSession { Id = "one more", Until = Ended.LastExpiry() }]);

        Assert.False(Ended.IsActive("first1", _clock.Now));
        Assert.False(Ended.IsActive("one more", _clock.Now));
        Assert.False(Ended.IsActive("an innocent one", _clock.Now));
        Assert.True(Ended.IsActive("an innocent one", _clock.Now.AddSeconds(1)));
        Assert.False(Ended.IsActive("one more", _clock.Now.AddSeconds(1)));
    }

    [Fact]
    public void Refuses_every_token_that_is_out_when_too_many_are_read_at_the_start()
    {
        Ended.Add(Many("kept", EndedSessions.Capacity + 1, Ended.LastExpiry()));

        Assert.False(Ended.IsActive("kept1", _clock.Now));
        Assert.True(Ended.IsActive("an innocent one", _clock.Now.AddSeconds(1)));
    }

    private static EndedSession[] Many(string name, int count, DateTimeOffset until) =>
        [.. Enumerable.Range(0, count).Select(i => new EndedSession { Id = $"{name}{i}", Until = until })];
}
