using System.Diagnostics;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using TaskSlices.Infrastructure.Auth;

namespace TaskSlices.Tests.Infrastructure.Auth;

/// <summary>Alone: what other tests allocate meanwhile would be counted with it.</summary>
[CollectionDefinition(nameof(TokenMemoryTests), DisableParallelization = true)]
[Collection(nameof(TokenMemoryTests))]
public sealed class TokenMemoryTests : IDisposable
{
    private const int Start = 1_800_000_000;

    private readonly StoppedClock _clock = new(DateTimeOffset.FromUnixTimeSeconds(Start));
    private readonly CountingKey _key = new();
    private readonly Source _source;
    private readonly TokenMemory _memory;
    private readonly TokenVerifier _verifier;

    public TokenMemoryTests()
    {
        _source = new Source(_key);
        _memory = new TokenMemory(_clock);
        _verifier = new TokenVerifier([_source], _memory, Options.Create(new AuthSettings()), _clock, NullLogger<TokenVerifier>.Instance);
    }

    [Fact]
    public async Task Verifies_a_repeated_token_once()
    {
        var token = Right("ann");

        for (var time = 0; time < 100; time++)
            Assert.Equal("ann", (await VerifyAsync(token)).Subject);

        Assert.Equal(1, _key.Verifications);
        Assert.Equal(1, _source.Questions);
        Assert.Equal("ann", _memory.Recall(token)?.Subject);
    }

    [Fact]
    public async Task Verifies_another_token_of_the_same_user_by_itself()
    {
        await VerifyAsync(Right("ann"));
        await VerifyAsync(Right("ann", ",\"n\":1"));
        Assert.Equal(2, _key.Verifications);

        Assert.Equal(TokenRefusal.Signature, (await VerifyAsync(Wrong("ann"))).Refusal);
        Assert.Equal(3, _key.Verifications);
    }

    [Fact]
    public async Task Knows_each_token_for_its_own_user()
    {
        await VerifyAsync(Right("ann"));
        await VerifyAsync(Right("bob"));

        Assert.Equal("ann", (await VerifyAsync(Right("ann"))).Subject);
        Assert.Equal("bob", (await VerifyAsync(Right("bob"))).Subject);
        Assert.Equal(2, _key.Verifications);
    }

    [Fact]
    public async Task Forgets_a_token_at_its_expiry_to_the_second()
    {
        var token = Right("ann", lifetime: 100);
        await VerifyAsync(token);

        _clock.Now = DateTimeOffset.FromUnixTimeSeconds(Start + 100).AddTicks(-1);
        Assert.Equal("ann", _memory.Recall(token)?.Subject);

        _clock.Now = DateTimeOffset.FromUnixTimeSeconds(Start + 100);
        Assert.Null(_memory.Recall(token)?.Subject);

        _clock.Now = DateTimeOffset.FromUnixTimeSeconds(Start + 130);
        Assert.Equal(TokenRefusal.Expired, (await VerifyAsync(token)).Refusal);
    }

    [Fact]
    public async Task Verifies_anew_within_the_half_minute_in_which_clocks_may_differ()
    {
        var token = Right("ann", lifetime: -10);

        Assert.Equal("ann", (await VerifyAsync(token)).Subject);
        Assert.Equal("ann", (await VerifyAsync(token)).Subject);

        Assert.Equal(2, _key.Verifications);
        Assert.Null(_memory.Recall(token)?.Subject);
    }

    [Fact]
    public async Task Forgets_a_token_after_five_minutes()
    {
        var token = Right("ann", lifetime: 1_000_000);
        await VerifyAsync(token);

        _clock.Now += TimeSpan.FromMinutes(5) - TimeSpan.FromTicks(1);
        await VerifyAsync(token);
        Assert.Equal(1, _key.Verifications);

        _clock.Now += TimeSpan.FromTicks(1);
        Assert.Null(_memory.Recall(token)?.Subject);
        Assert.Equal("ann", (await VerifyAsync(token)).Subject);
        Assert.Equal(2, _key.Verifications);
        Assert.Equal("ann", _memory.Recall(token)?.Subject);
    }

    [Fact]
    public async Task Remembers_a_token_without_end_for_five_minutes()
    {
        var token = Of($$"""{"sub":"ann","exp":{{long.MaxValue}}}""");
        Assert.Equal("ann", (await VerifyAsync(token)).Subject);
        Assert.Equal("ann", _memory.Recall(token)?.Subject);

        _clock.Now += TimeSpan.FromMinutes(5);
        Assert.Null(_memory.Recall(token)?.Subject);
    }

    [Fact]
    public async Task Forgets_a_token_with_its_key()
    {
        var token = Right("ann");
        await VerifyAsync(token);

        _key.Retire();
        _source.Key = null;

        Assert.Null(_memory.Recall(token)?.Subject);
        Assert.Equal(TokenRefusal.UnknownKey, (await VerifyAsync(token)).Refusal);
    }

    [Fact]
    public async Task Remembers_it_again_under_the_key_that_comes_after()
    {
        var token = Right("ann");
        await VerifyAsync(token);
        _key.Retire();

        var next = new CountingKey();
        _source.Key = next;
        for (var time = 0; time < 3; time++)
            Assert.Equal("ann", (await VerifyAsync(token)).Subject);

        Assert.Equal((1, 1), (_key.Verifications, next.Verifications));
    }

    [Fact]
    public async Task Leaves_the_tokens_of_other_keys_alone()
    {
        var other = new CountingKey();
        var token = Right("ann");
        await VerifyAsync(token);

        _source.Key = other;
        await VerifyAsync(Right("bob"));
        other.Retire();

        Assert.Equal("ann", _memory.Recall(token)?.Subject);
        Assert.Null(_memory.Recall(Right("bob"))?.Subject);
    }

    [Fact]
    public async Task Never_keeps_a_token_that_was_refused()
    {
        var tokens = new Dictionary<string, string>
        {
            [Wrong("ann")] = "BAD_SIGNATURE",
            [Right("ann", lifetime: -60)] = "TOKEN_EXPIRED",
            [Right("ann", $",\"nbf\":{Start + 60}")] = "TOKEN_NOT_YET_VALID",
            [Of($$"""{"sub":"","exp":{{Start + 900}}}""")] = "MALFORMED_TOKEN",
            [Of($$"""{"exp":{{Start + 900}}}""")] = "MALFORMED_TOKEN",
            [Of("""{"sub":"ann"}""")] = "MALFORMED_TOKEN",
            [Of("[]")] = "MALFORMED_TOKEN",
            [Of(Claims("ann"), """{"alg":"TEST","crit":[]}""")] = "MALFORMED_TOKEN",
            [Of(Claims("ann"), """{"alg":"TEST","typ":"logout+jwt"}""")] = "NOT_AN_ACCESS_TOKEN",
            ["opaque"] = "OPAQUE_SESSION_TOKEN",
            [""] = "OPAQUE_SESSION_TOKEN",
        };

        foreach (var (token, code) in tokens)
        {
            for (var time = 0; time < 3; time++)
            {
                Assert.Equal(code, (await VerifyAsync(token)).Refusal?.Code);
                Assert.Null(_memory.Recall(token)?.Subject);
            }
        }
    }

    [Fact]
    public async Task Becomes_right_when_its_time_comes_though_it_was_refused_before()
    {
        var token = Right("ann", $",\"nbf\":{Start + 60}");
        Assert.Equal(TokenRefusal.NotYetValid, (await VerifyAsync(token)).Refusal);

        _clock.Now += TimeSpan.FromSeconds(30);

        Assert.Equal("ann", (await VerifyAsync(token)).Subject);
    }

    [Fact]
    public async Task Takes_nothing_for_a_remembered_token_that_is_not_it_to_the_letter()
    {
        var token = Right("ann");
        await VerifyAsync(token);

        for (var at = 0; at < token.Length; at++)
        {
            foreach (var letter in new[] { token[at] == 'A' ? 'B' : 'A', '?', '\u0100', (char)(token[at] | 0x80), (char)(token[at] | 0x100) })
                Assert.Null(_memory.Recall($"{token[..at]}{letter}{token[(at + 1)..]}")?.Subject);
        }

        foreach (var other in new[] { token + " ", " " + token, token + "\0", token + "=", token[..^1], token[1..], token + token, token.ToUpperInvariant(), token.ToLowerInvariant() })
            Assert.Null(_memory.Recall(other)?.Subject);
        Assert.Equal("ann", _memory.Recall(token)?.Subject);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1023)]
    [InlineData(1024)]
    [InlineData(1025)]
    [InlineData(Jws.LengthLimit)]
    [InlineData(Jws.LengthLimit + 1)]
    [InlineData(1_000_000)]
    public void Recalls_nothing_for_what_it_was_never_given(int length)
    {
        Assert.Null(_memory.Recall(new string('x', length))?.Subject);
        Assert.Null(_memory.Recall(new string('\u00e9', length))?.Subject);
    }

    [Fact]
    public async Task Remembers_tokens_of_every_length_there_can_be()
    {
        foreach (var length in Enumerable.Range(700, 80).Append(5500))
        {
            var token = Right("ann", $",\"x\":\"{new string('x', length)}\"");
            Assert.Equal("ann", (await VerifyAsync(token)).Subject);
            Assert.Equal("ann", _memory.Recall(token)?.Subject);
        }
    }

    [Fact]
    public async Task A_hundred_thousand_bad_tokens_take_no_memory_and_drive_no_good_one_out()
    {
        const int flood = 100_000;
        string[] good = [.. Enumerable.Range(0, 100).Select(user => Right($"user{user}"))];
        foreach (var token in good)
            await VerifyAsync(token);

        // The first ones bring what is made once.
        for (var i = 0; i < 1000; i++)
            await VerifyAsync(Bad(i));
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var (asked, time) = (_key.Verifications, Stopwatch.StartNew());

        for (var i = 1000; i < flood; i++)
        {
            var token = Bad(i);
            Assert.Null((await VerifyAsync(token)).Subject);
            if (i % 100 == 0)
                Assert.Null(_memory.Recall(token)?.Subject);
        }

        // What else is in the process may just be at work.
        var grown = 0L;
        await Wait.Until("it holds less than 3 MB more", () => (grown = GC.GetTotalMemory(forceFullCollection: true) - before) < 3_000_000);
        TestContext.Current.TestOutputHelper?.WriteLine($"{flood} in {time.Elapsed}, {grown} bytes more");

        Assert.True(_key.Verifications > asked);
        asked = _key.Verifications;
        foreach (var token in good)
            Assert.NotNull((await VerifyAsync(token)).Subject);
        Assert.Equal(asked, _key.Verifications);
    }

    [Fact]
    public async Task Holds_no_more_than_its_capacity()
    {
        const int many = 2 * TokenMemory.Capacity;
        for (var user = 0; user < many; user++)
            Assert.Equal($"user{user}", (await VerifyAsync(Right($"user{user}"))).Subject);

        Assert.Equal(many, _key.Verifications);

        var held = Enumerable.Range(0, many).Count(user => _memory.Recall(Right($"user{user}"))?.Subject is { } subject && subject == $"user{user}");
        Assert.InRange(held, 1, TokenMemory.Capacity);
        Assert.Equal($"user{many - 1}", _memory.Recall(Right($"user{many - 1}"))?.Subject);

        // Measured again if anything else in the process has grown meanwhile.
        await Wait.Until("another one that is full holds less than 8 MB", async () =>
        {
            var before = GC.GetTotalMemory(forceFullCollection: true);
            var verifier = new TokenVerifier(
                [_source], new TokenMemory(_clock), Options.Create(new AuthSettings()), _clock, NullLogger<TokenVerifier>.Instance);
            for (var user = 0; user < many; user++)
                await verifier.VerifyAsync(Right($"user{user}"), TestContext.Current.CancellationToken);
            var held = GC.GetTotalMemory(forceFullCollection: true) - before;
            GC.KeepAlive(verifier);

            return held is > 1_000_000 and < 8_000_000;
        });
    }

    [Fact]
    public async Task Makes_room_by_what_is_over_and_keeps_what_is_not()
    {
        for (var user = 0; user < TokenMemory.Capacity - 10; user++)
            await VerifyAsync(Right($"old{user}", lifetime: 10));
        _clock.Now += TimeSpan.FromSeconds(20);
        for (var user = 0; user < 10; user++)
            await VerifyAsync(Right($"new{user}"));

        await VerifyAsync(Right("ann"));

        Assert.Equal("ann", _memory.Recall(Right("ann"))?.Subject);
        for (var user = 0; user < 10; user++)
            Assert.Equal($"new{user}", _memory.Recall(Right($"new{user}"))?.Subject);
    }

    [Fact]
    public async Task Answers_rightly_to_many_at_once()
    {
        string[] users = [.. Enumerable.Range(0, 50).Select(i => $"user{i}")];

        await Parallel.ForAsync(0, 20_000, TestContext.Current.CancellationToken, async (i, _) =>
        {
            var user = users[i % users.Length];
            Assert.Equal(user, (await VerifyAsync(Right(user))).Subject);

            var wrong = await VerifyAsync(i % 2 == 0 ? Wrong(user) : Right(user, lifetime: -60));
            Assert.Null(wrong.Subject);
        });

        foreach (var user in users)
            Assert.Equal(user, _memory.Recall(Right(user))?.Subject);
    }

    [Fact]
    public async Task Stays_within_its_capacity_though_many_come_at_once()
    {
        const int many = 3 * TokenMemory.Capacity;

        await Parallel.ForAsync(0, many, TestContext.Current.CancellationToken, async (i, _) => Assert.Equal($"user{i}", (await VerifyAsync(Right($"user{i}"))).Subject));

        // Each of those who look at the same time may see one place left.
        Assert.InRange(Enumerable.Range(0, many).Count(i => _memory.Recall(Right($"user{i}"))?.Subject is not null), 0, TokenMemory.Capacity + 100);
    }

    [Fact]
    public async Task Never_recalls_under_a_retired_key_while_others_verify()
    {
        for (var round = 0; round < 200; round++)
        {
            var key = new CountingKey();
            _source.Key = key;
            var token = Right($"user{round}");
            var verifying = Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(async () => await VerifyAsync(token), TestContext.Current.CancellationToken)));
            key.Retire();
            await verifying;

            Assert.Null(_memory.Recall(token)?.Subject);
        }
    }

    public void Dispose() => _verifier.Dispose();

    private static string Claims(string user, string more = "", int lifetime = 900) => $$"""{"sub":"{{user}}","exp":{{Start + lifetime}}{{more}}}""";

    private static string Of(string payload, string header = """{"alg":"TEST"}""", byte[]? signature = null) =>
        $"{Token.Part(header)}.{Token.Part(payload)}.{Convert.ToBase64String(signature ?? CountingKey.Right)}";

    private static string Right(string user, string more = "", int lifetime = 900) => Of(Claims(user, more, lifetime));

    private static string Wrong(string user) => Of(Claims(user), signature: "bad"u8.ToArray());

    /// <summary>No two are the same, and no two that follow each other are wrong in the same way.</summary>
    private static string Bad(int number) => (number % 5) switch
    {
        0 => Wrong($"user{number}"),
        1 => Right($"user{number}", lifetime: -60),
        2 => $"opaque{number}",
        3 => Of(Claims($"user{number}"), $$"""{"alg":"TEST","kid":{{number}}}"""),
        _ => Of(Claims($"user{number}"), $$"""{"alg":"OTHER{{number}}","kid":"{{number}}"}"""),
    };

    private ValueTask<TokenVerdict> VerifyAsync(string token) => _verifier.VerifyAsync(token, TestContext.Current.CancellationToken);

    /// <summary>Takes one signature for right, and counts how often it is asked.</summary>
    private sealed class CountingKey() : VerificationKey("TEST")
    {
        public static readonly byte[] Right = Encoding.ASCII.GetBytes("yes");

        private int _verifications;

        public int Verifications => Volatile.Read(ref _verifications);

        public override bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
        {
            Interlocked.Increment(ref _verifications);

            return signature.SequenceEqual(Right);
        }
    }

    private sealed class Source(VerificationKey? key) : IKeySource
    {
        private int _questions;

        public VerificationKey? Key { get; set; } = key;
        public int Questions => Volatile.Read(ref _questions);
        public string Issuer => "a test";
        public ClaimRules Rules { get; } = new(null, null);

        public ValueTask<KeyLookup> FindAsync(string algorithm, string? keyId, CancellationToken ct)
        {
            Interlocked.Increment(ref _questions);

            return ValueTask.FromResult(algorithm != "TEST" ? KeyLookup.NotMine : Key is null ? new KeyLookup([], TokenRefusal.UnknownKey) : new KeyLookup([Key]));
        }
    }
}
