namespace TaskSlices.Infrastructure.Auth;

/// <summary>Keys, or else the refusal that the source gives in their place; neither, if such tokens are none of its business.</summary>
public readonly record struct KeyLookup(IReadOnlyList<VerificationKey> Keys, TokenRefusal? Refusal = null)
{
    public static readonly KeyLookup NotMine = new([]);
}
