using System.Text.Json.Serialization;
using FastEndpoints;
using Microsoft.AspNetCore.Http.HttpResults;
using TaskSlices.Features.Accounts.BetterAuth;
using TaskSlices.Infrastructure.Slices;

namespace TaskSlices.Features.Accounts;

[Example("""{"newPassword": "correct horse battery", "token": "Zp0sYxVQbR6mUe2aNf4tHkLw"}""")]
public sealed record ResetPasswordRequest
{
    [Rule(IsNewPassword = true), JsonPropertyName("newPassword")]
    public Input NewPassword { get; init; }

    /// <summary>That of the mail.</summary>
    [Rule(IsOptional = true)]
    public Input Token { get; init; }
}

public sealed record ResetPasswordResponse(bool Status);

public sealed class ResetPassword(PasswordResets resets, Passwords passwords, SignInLimits limits)
    : Endpoint<ResetPasswordRequest, Results<BetterAuthResponse<ResetPasswordResponse>, BetterAuthError>>
{
    public override void Configure()
    {
        Post("/api/auth/reset-password");
        Description(endpoint => endpoint.Refuses(
            BetterAuthError.InvalidToken, BetterAuthError.PasswordTooShort, BetterAuthError.PasswordTooLong));
        Summary(s =>
        {
            s.Summary = "Set a new password by the token of a mail";
            s.Description = "All sessions of the user end. The token of a mail is good once, and for an hour.";
        });
    }

    public override async Task<Results<BetterAuthResponse<ResetPasswordResponse>, BetterAuthError>> ExecuteAsync(
        ResetPasswordRequest req, CancellationToken ct)
    {
        if (BetterAuthError.In(req) is { } fault)
            return fault;

        if (req.Token.Text is not { Length: > 0 } token)
            return BetterAuthError.InvalidToken;

        if (Passwords.FindFault(req.NewPassword.Text) is { } refusal)
            return refusal;

        if (await limits.TakeAsync(HttpContext.Connection.RemoteIpAddress, account: null) is { } wait)
            return BetterAuthError.TooMany(wait);

        if (await resets.FindUserAsync(token, ct) is not { } userId)
            return BetterAuthError.InvalidToken;

        if (await passwords.HashAsync(req.NewPassword.Text, ct) is not { } hash)
            return BetterAuthError.TooMany(TimeSpan.Zero);

        return await resets.UseAsync(userId, token, hash, ct)
            ? new BetterAuthResponse<ResetPasswordResponse>(new(Status: true))
            : BetterAuthError.InvalidToken;
    }
}
