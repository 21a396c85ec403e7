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
    /// <param name="ct">Withdraws the question.</param>
    ValueTask<KeyLookup> FindAsync(string algorithm, string? keyId, CancellationToken ct);
}

/// <summary>
/// What <c>iss</c> and <c>aud</c> (RFC 7519 sections 4.1.1 and 4.1.3) must be; null leaves a claim unchecked. With <paramref name="Sessions"/>,
/// each token names the session it belongs to (<c>sid</c>) and ends with it; null lets tokens live until they expire.
/// </summary>
public sealed record ClaimRules(string? Issuer, string? Audience, ISessionLife? Sessions = null);

/// <summary>Knows which sessions have ended. It is asked on every request, also for a token that is remembered, and must answer at once.</summary>
public interface ISessionLife
{
    /// <param name="sessionId">The token's <c>sid</c>.</param>
    /// <param name="issuedAt">The token's <c>iat</c>.</param>
    bool GoesOn(string sessionId, DateTimeOffset issuedAt);
}

/// <summary>Keys, or else the refusal that the source gives in their place; neither, if such tokens are none of its business.</summary>
public readonly record struct KeyLookup(IReadOnlyList<VerificationKey> Keys, TokenRefusal? Refusal = null)
{
    public static readonly KeyLookup NotMine = new([]);
}

/// <summary>A key together with the one algorithm that it may verify (RFC 8725 section 3.1): the key decides, never the token.</summary>
public abstract class VerificationKey(string algorithm, string? keyId = null)
{
    private volatile bool _retired;

    public string Algorithm { get; } = algorithm;
    public string? KeyId { get; } = keyId;

    /// <summary>Whether its source has dropped it; what it once verified is then no longer remembered.</summary>
    public bool IsRetired => _retired;

    public void Retire() => _retired = true;

    /// <summary>Whether verifying takes so long that it must not be done by every thread at once.</summary>
    public virtual bool IsCostly => true;

    public virtual bool Accepts(string algorithm) => algorithm == Algorithm;

    /// <summary>Whether the signature is this key's over the data. A malformed signature is false, not an error.</summary>
    public abstract bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature);
}
