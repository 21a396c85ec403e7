using System.Security.Cryptography;

namespace TaskSlices.Features.Accounts.BetterAuth;

/// <summary>Ids and session tokens as Better Auth makes them: 32 letters and digits, 190 random bits.</summary>
public static class RandomText
{
    public const int Length = 32;

    public static string Next() =>
        RandomNumberGenerator.GetString("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", Length);
}
