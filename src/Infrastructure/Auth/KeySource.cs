namespace TaskSlices.Infrastructure.Auth;

/// <summary>
/// Someone who may issue tokens, as the keys that verify them. The verifier asks every source; a source answers only for what it is
/// configured for.
/// </summary>
public interface IKeySource
{
    /// <summary>For the start-up line: who issues, in a few words, without anything secret.</summary>
    string Issuer { get; }

    /// <summary>The keys that may have signed a token whose header says this. None is not an error.</summary>
    /// <param name="algorithm">The header's <c>alg</c> (RFC 7518 section 3.1), not yet trusted.</param>
    /// <param name="keyId">The header's <c>kid</c>, or null; not yet trusted.</param>
    /// <param name="ct">Withdraws the question.</param>
    ValueTask<IReadOnlyList<VerificationKey>> FindAsync(string algorithm, string? keyId, CancellationToken ct);
}

/// <summary>A key together with the one algorithm that it may verify (RFC 8725 section 3.1): the key decides, never the token.</summary>
public abstract class VerificationKey(string algorithm)
{
    public string Algorithm { get; } = algorithm;

    /// <summary>Whether the signature is this key's over the data. A malformed signature is false, not an error.</summary>
    public abstract bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature);
}
