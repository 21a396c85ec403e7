using System.Text.Json.Serialization;
using FastEndpoints;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using TaskSlices.Features.Accounts.BetterAuth;
using TaskSlices.Infrastructure.Data;
using TaskSlices.Infrastructure.Slices;

namespace TaskSlices.Features.Accounts;

[Example("""{"newPassword": "correct horse battery", "currentPassword": "correct horse", "revokeOtherSessions": true}""")]
public sealed record ChangePasswordRequest
{
    [Rule(IsNewPassword = true), JsonPropertyName("newPassword")]
    public Input NewPassword { get; init; }

    [Rule, JsonPropertyName("currentPassword")]
    public Input CurrentPassword { get; init; }

    [Rule(IsBoolean = true), JsonPropertyName("revokeOtherSessions")]
    public Input EndOthers { get; init; }
}

/// <param name="Token">That of the session which takes the place of all others; null if those go on.</param>
/// <param name="User">The caller.</param>
[Example("""{"token": "3XqzJbnOAhFcMqkWb1sVYIkqDKNW3E5t"}""")]
public sealed record ChangePasswordResponse(string? Token, UserJson User);

public sealed class ChangePassword(
    AppDb db, CurrentSession session, Sessions sessions, CurrentPassword current, Passwords passwords, TimeProvider clock)
    : Endpoint<ChangePasswordRequest, Results<BetterAuthResponse<ChangePasswordResponse>, BetterAuthError>>
{
    public override void Configure()
    {
        Post("/api/auth/change-password");
        Description(endpoint => endpoint.Refuses(
            BetterAuthError.Unauthorized, BetterAuthError.InvalidPassword,
            BetterAuthError.PasswordTooShort, BetterAuthError.PasswordTooLong));
        Summary(s =>
        {
            s.Summary = "Set another password";
            s.Description = "With revokeOtherSessions, all sessions end, and the caller gets a new one.";
        });
    }

    public override async Task<Results<BetterAuthResponse<ChangePasswordResponse>, BetterAuthError>> ExecuteAsync(
        ChangePasswordRequest req, CancellationToken ct)
    {
        if (BetterAuthError.In(req) is { } fault)
            return fault;

        if (await session.FindAsync(HttpContext, ct) is not { Account: var account })
            return BetterAuthError.Unauthorized;

        if (Passwords.FindFault(req.NewPassword.Text) is { } refusal)
            return refusal;

        if (req.CurrentPassword.Text.Length > Account.PasswordLimit)
            return BetterAuthError.PasswordTooLong;

        if (await current.FindFaultAsync(account, req.CurrentPassword.Text, HttpContext, ct) is { } wrong)
            return wrong;

        if (await passwords.HashAsync(req.NewPassword.Text, ct) is not { } hash)
            return BetterAuthError.TooMany(TimeSpan.Zero);

        var (isChanged, token) = req.EndOthers.IsTrue
            ? (false, await sessions.ReplaceAllAsync(account.UserId, HttpContext, () => ReplaceAsync(account, hash, ct), ct))
            : (await db.WriteAsync(() => ReplaceAsync(account, hash, ct), ct), null);

        return isChanged || token is not null
            ? new BetterAuthResponse<ChangePasswordResponse>(new(token, UserJson.Of(account)))
            : BetterAuthError.InvalidPassword;
    }

    /// <summary>False: another password was set meanwhile, or the account was erased.</summary>
    private async Task<bool> ReplaceAsync(Account account, string hash, CancellationToken ct)
    {
        await db.LockAsync(account.UserId);
        var row = await db.Accounts.SingleOrDefaultAsync(a => a.UserId == account.UserId && a.PasswordHash == account.PasswordHash, ct);
        if (row is null)
            return false;

        row.PasswordHash = hash;
        await PasswordResets.ForgetAsync(db, account.UserId, clock.GetUtcNow(), ct);
        await db.SaveChangesAsync(ct);

        return true;
    }
}
