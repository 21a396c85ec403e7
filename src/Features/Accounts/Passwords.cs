using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Cryptography.KeyDerivation;
using Microsoft.AspNetCore.Identity;
using TaskSlices.Features.Accounts.BetterAuth;

namespace TaskSlices.Features.Accounts;

/// <summary>
/// Hashes and verifies passwords with ASP.NET Core Identity's hasher (PBKDF2). A hash takes about a tenth of a second of processor time, so
/// one processor is left to other requests, and at most <see cref="QueueLimit"/> callers wait. Passwords are compared after NFKC, as Better
/// Auth does.
/// </summary>
public sealed class Passwords(IPasswordHasher<Account> hasher) : IDisposable
{
    /// <summary>The most that wait for their turn.</summary>
    public const int QueueLimit = 64;

    /// <summary>Of PBKDF2 with HMAC-SHA512: the OWASP Password Storage Cheat Sheet asks for 210,000 at least.</summary>
    public const int Iterations = 210_000;

    private readonly ConcurrencyLimiter _turns = new(new ConcurrencyLimiterOptions
    {
        PermitLimit = Math.Max(1, Environment.ProcessorCount - 1),
        QueueLimit = QueueLimit,
    });

    private readonly string _dummyHash = NewDummyHash();

    /// <summary>What is wrong with a password that somebody wants to have; null if nothing is.</summary>
    public static BetterAuthError? FindFault(string password) => password.Length switch
    {
        < Account.PasswordMinimum => BetterAuthError.PasswordTooShort,
        > Account.PasswordLimit => BetterAuthError.PasswordTooLong,
        _ => null,
    };

    /// <summary>The hash to store; null if too many wait already.</summary>
    public async Task<string?> HashAsync(string password, CancellationToken ct)
    {
        using var turn = await _turns.AcquireAsync(cancellationToken: ct);

        return turn.IsAcquired ? hasher.HashPassword(null!, Normalize(password)) : null;
    }

    /// <summary>
    /// Whether it is the account's password; null if too many wait already. Without an account it is compared with a dummy hash, so that
    /// the answer takes the same time.
    /// </summary>
    public async Task<PasswordVerificationResult?> VerifyAsync(Account? account, string password, CancellationToken ct)
    {
        using var turn = await _turns.AcquireAsync(cancellationToken: ct);
        if (!turn.IsAcquired)
            return null;

        var (hash, normalized) = (account?.PasswordHash ?? _dummyHash, Normalize(password));
        var result = hasher.VerifyHashedPassword(null!, hash, normalized);

        // Hashes from before passwords were normalized are of the text as it was sent.
        if (result is PasswordVerificationResult.Failed && normalized != password
            && hasher.VerifyHashedPassword(null!, hash, password) is not PasswordVerificationResult.Failed)
            result = PasswordVerificationResult.SuccessRehashNeeded;

        return account is null ? PasswordVerificationResult.Failed : result;
    }

    /// <summary>Whether NFKC is available: without ICU, .NET returns every text as it is.</summary>
    public static bool CanNormalize => "e\u0301".Normalize(NormalizationForm.FormKC) == "\u00e9";

    /// <summary>
    /// Looks as a hash of Identity's hasher does (its version 3: marker, function, iterations, length of the salt, salt, key) and is of no
    /// password: a hash made with the hasher would cost each start a tenth of a second.
    /// </summary>
    public static string NewDummyHash()
    {
        const int salt = 16, key = 32;
        var hash = new byte[1 + 3 * sizeof(uint) + salt + key];
        RandomNumberGenerator.Fill(hash);

        hash[0] = 1;
        BinaryPrimitives.WriteUInt32BigEndian(hash.AsSpan(1), (uint)KeyDerivationPrf.HMACSHA512);
        BinaryPrimitives.WriteUInt32BigEndian(hash.AsSpan(5), Iterations);
        BinaryPrimitives.WriteUInt32BigEndian(hash.AsSpan(9), salt);

        return Convert.ToBase64String(hash);
    }

    public void Dispose() => _turns.Dispose();

    // .NET refuses to normalize a text with the noncharacter U+FFFE.
    private static string Normalize(string password) =>
        password.Contains('\uFFFE', StringComparison.Ordinal) ? password : password.Normalize(NormalizationForm.FormKC);
}
