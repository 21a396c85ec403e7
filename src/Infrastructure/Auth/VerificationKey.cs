namespace TaskSlices.Infrastructure.Auth;

/// <summary>A key together with the one algorithm that it may verify (RFC 8725 section 3.1): the key decides, never the token.</summary>
public abstract class VerificationKey(string algorithm, string? keyId = null)
{
    private volatile bool _retired;

    public string Algorithm { get; } = algorithm;
    public string? KeyId { get; } = keyId;

    /// <summary>Whether its source has dropped it; tokens that it verified are then no longer accepted from the cache.</summary>
    public bool IsRetired => _retired;

    public void Retire() => _retired = true;

    /// <summary>Whether verifying takes so long that the number of threads doing it must be limited.</summary>
    public virtual bool IsCostly => true;

    public virtual bool Accepts(string algorithm) => algorithm == Algorithm;

    /// <summary>Whether the signature is this key's over the data. A malformed signature is false, not an error.</summary>
    public abstract bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature);
}
