using Microsoft.AspNetCore.Identity;
using TaskSlices.Features.Accounts.BetterAuth;

namespace TaskSlices.Features.Accounts;

/// <summary>
/// Asks somebody who is signed in for the password once more, so that a session alone is not enough. A wrong one counts as at a sign-in.
/// </summary>
public sealed class CurrentPassword(Passwords passwords, SignInLimits limits)
{
    /// <returns>Why it is refused; null if it is the password of the account.</returns>
    public async Task<BetterAuthError?> FindFaultAsync(Account account, string password, HttpContext context, CancellationToken ct)
    {
        if (await limits.TakeAsync(context.Connection.RemoteIpAddress, account.Email) is { } wait)
            return BetterAuthError.TooMany(wait);

        var result = await passwords.VerifyAsync(account, password, ct);
        if (result is PasswordVerificationResult.Failed)
            return BetterAuthError.InvalidPassword;

        await limits.GiveBackAsync(account.Email);

        return result is null ? BetterAuthError.TooMany(TimeSpan.Zero) : null;
    }
}
