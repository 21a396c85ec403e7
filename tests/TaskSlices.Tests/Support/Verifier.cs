using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using TaskSlices.Infrastructure.Auth;

namespace TaskSlices.Tests.Support;

/// <summary>The verifier with sources and a clock of the test's choice.</summary>
public static class Verifier
{
    public static TokenVerifier Of(TimeProvider clock, params IEnumerable<IKeySource> sources) =>
        new(sources, new TokenMemory(clock), Options.Create(new AuthSettings()), clock, NullLogger<TokenVerifier>.Instance);

    /// <summary>A key set that is there already, with its rules for claims.</summary>
    public static IKeySource Keys(string jwks, string? issuer = null, string? audience = null) => new FixedKeys(KeySet.Read(Encoding.UTF8.GetBytes(jwks)), new(issuer, audience));

    private sealed class FixedKeys(KeySet keys, ClaimRules rules) : IKeySource
    {
        public string Issuer => "a test";
        public ClaimRules Rules => rules;

        public ValueTask<KeyLookup> FindAsync(string algorithm, string? keyId, CancellationToken ct) =>
            ValueTask.FromResult(algorithm == "HS256" ? KeyLookup.NotMine
                : keys.Find(algorithm, keyId) is { Count: > 0 } found ? new KeyLookup(found)
                : new KeyLookup([], TokenRefusal.UnknownKey));
    }
}
