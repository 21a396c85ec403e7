namespace TaskSlices.Infrastructure.Auth;

/// <summary>
/// Someone who may issue tokens, as the keys that verify them. The verifier asks every source; a source answers only for what it is
/// configured for.
/// </summary>
public interface IKeySource
{
    /// <summary>For the start-up line: who issues, in a few words, without anything secret. Null if the source is not in use.</summary>
    string? Issuer { get; }

    /// <summary>What the claims of its tokens must say.</summary>
    ClaimRules Rules { get; }

    /// <summary>The keys that may have signed a token whose header says this, or why there are none.</summary>
    /// <param name="algorithm">The header's <c>alg</c> (RFC 7518 section 3.1), not yet trusted.</param>
    /// <param name="keyId">The header's <c>kid</c>, or null; not yet trusted.</param>
    /// <param name="ct">Ends the wait for a fetch.</param>
    ValueTask<KeyLookup> FindAsync(string algorithm, string? keyId, CancellationToken ct);
}
