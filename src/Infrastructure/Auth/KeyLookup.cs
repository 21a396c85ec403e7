namespace TaskSlices.Infrastructure.Auth;

/// <summary>Keys, or the refusal if there are none; neither, if the source is not for such tokens.</summary>
public readonly record struct KeyLookup(IReadOnlyList<VerificationKey> Keys, TokenRefusal? Refusal = null)
{
    public static readonly KeyLookup NotMine = new([]);
}
