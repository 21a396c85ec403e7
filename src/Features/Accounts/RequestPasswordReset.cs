using System.Text.Json.Serialization;
using FastEndpoints;
using Microsoft.AspNetCore.Http.HttpResults;
using TaskSlices.Features.Accounts.BetterAuth;
using TaskSlices.Infrastructure.Operations;
using TaskSlices.Infrastructure.Slices;

namespace TaskSlices.Features.Accounts;

[Example("""{"email": "ada@example.com", "redirectTo": "/"}""")]
public sealed record RequestPasswordResetRequest
{
    [Rule(IsEmail = true)]
    public Input Email { get; init; }

    /// <summary>The page that asks for the new password; <see cref="AccountGate"/> has checked it.</summary>
    [Rule(IsOptional = true), JsonPropertyName("redirectTo")]
    public Input RedirectTo { get; init; }
}

[Example("""{"message": "If this email exists in our system, check your email for the reset link"}""")]
public sealed record RequestPasswordResetResponse(bool Status, string Message);

public sealed class RequestPasswordReset(Mailer mailer, SignInLimits limits)
    : Endpoint<RequestPasswordResetRequest, Results<BetterAuthResponse<RequestPasswordResetResponse>, BetterAuthError>>
{
    public override void Configure()
    {
        Post("/api/auth/request-password-reset");
        Description(endpoint => endpoint.Refuses(BetterAuthError.ResetDisabled));
        Summary(s =>
        {
            s.Summary = "Have a link mailed that sets a new password";
            s.Description = "The answer is the same whether or not there is such an account. The link leads to redirectTo.";
        });
    }

    public override async Task<Results<BetterAuthResponse<RequestPasswordResetResponse>, BetterAuthError>> ExecuteAsync(
        RequestPasswordResetRequest req, CancellationToken ct)
    {
        if (BetterAuthError.In(req) is { } fault)
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
