using Microsoft.AspNetCore.Identity;
using TaskSlices.Features.Accounts.BetterAuth;

namespace TaskSlices.Features.Accounts;

/// <summary>
/// Hashes passwords, as ASP.NET Core Identity does. That takes a processor a while on purpose: one is left to everybody else, and who finds
/// too many waiting is sent away, so that a crowd of sign-ins costs neither the API's answers nor its memory.
/// </summary>
public sealed class Passwords : IDisposable
{
    /// <summary>The most that wait for their turn.</summary>
    public const int QueueLimit = 64;

    private readonly PasswordHasher<Account> _hasher = new();
    private readonly SemaphoreSlim _turns = new(Math.Max(1, Environment.ProcessorCount - 1));
    private readonly Lazy<string> _dummyHash;
    private int _waiting;

    public Passwords() => _dummyHash = new(() => _hasher.HashPassword(null!, RandomText.Next()));

    /// <summary>What to keep of the password; null if too many wait already.</summary>
    public async Task<string?> HashAsync(string password, CancellationToken ct)
    {
        string? hash = null;

        return await InTurnAsync(() => hash = _hasher.HashPassword(null!, password), ct) ? hash : null;
    }

    /// <summary>
    /// Whether it is the account's password; null if too many wait already. Without an account, a hash that nobody knows is tried, so that the
    /// answer takes as long.
    /// </summary>
    public async Task<bool?> IsRightAsync(Account? account, string password, CancellationToken ct)
    {
        var result = PasswordVerificationResult.Failed;
        var done = await InTurnAsync(() => result = _hasher.VerifyHashedPassword(null!, account?.PasswordHash ?? _dummyHash.Value, password), ct);

        return done ? account is not null && result is not PasswordVerificationResult.Failed : null;
    }

    public void Dispose() => _turns.Dispose();

    private async Task<bool> InTurnAsync(Action work, CancellationToken ct)
    {
        if (Interlocked.Increment(ref _waiting) > QueueLimit)
        {
            Interlocked.Decrement(ref _waiting);
            return false;
        }

        try
        {
            await _turns.WaitAsync(ct);
            try
            {
                work();
            }
            finally
            {
                _turns.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }

        return true;
    }
}
