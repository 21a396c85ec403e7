using System.Text.Json.Serialization;
using FastEndpoints;
using Microsoft.AspNetCore.Http.HttpResults;
using TaskSlices.Features.Accounts.BetterAuth;
using TaskSlices.Infrastructure.Operations;

namespace TaskSlices.Features.Accounts;

public sealed record RequestPasswordResetRequest
{
    public Input Email { get; init; }

    /// <summary>The page that asks for the new password; <see cref="AccountGate"/> has checked it.</summary>
    [JsonPropertyName("redirectTo")]
    public Input RedirectTo { get; init; }
}

public sealed record RequestPasswordResetResponse(bool Status, string Message);

public sealed class RequestPasswordReset(Mailer mailer, SignInLimits limits)
    : Endpoint<RequestPasswordResetRequest, Results<BetterAuthResponse<RequestPasswordResetResponse>, BetterAuthError>>
{
    public override void Configure()
    {
        Post("/api/auth/request-password-reset");
        Summary(s => s.Summary = "Have a link mailed that sets a new password");
    }

    public override async Task<Results<BetterAuthResponse<RequestPasswordResetResponse>, BetterAuthError>> ExecuteAsync(
        RequestPasswordResetRequest req, CancellationToken ct)
    {
        if (BetterAuthError.Of(req.Email.MustBeEmail("email"), req.RedirectTo.MayBeText("redirectTo")) is { } fault)
            return fault;

        if (!mailer.IsOn)
            return BetterAuthError.ResetDisabled;

        var (email, target) = (Account.Normalize(req.Email.Text), req.RedirectTo.Text);
        if (await limits.TakeMailAsync(HttpContext.Connection.RemoteIpAddress, email) is { } wait)
            return BetterAuthError.TooMany(wait);

        // After the answer, so that neither its text nor its time says whether there is such an account.
        if (!mailer.TryQueue((services, stop) => services.GetRequiredService<PasswordResets>().WriteMailAsync(email, target, stop)))
            return BetterAuthError.TooMany(TimeSpan.Zero);

        return new BetterAuthResponse<RequestPasswordResetResponse>(
            new(Status: true, "If this email exists in our system, check your email for the reset link"));
    }
}
