using System.Text.Json.Serialization;
using FastEndpoints;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using TaskSlices.Features.Accounts.BetterAuth;
using TaskSlices.Infrastructure.Data;
using TaskSlices.Infrastructure.Slices;

namespace TaskSlices.Features.Accounts;

[Example("""{"newEmail": "ada@example.org"}""")]
public sealed record ChangeEmailRequest
{
    [Rule(IsEmail = true), JsonPropertyName("newEmail")]
    public Input NewEmail { get; init; }
}

public sealed record ChangeEmailResponse(bool Status);

/// <summary>As a Better Auth server with <c>updateEmailWithoutVerification</c>: no address is verified here.</summary>
public sealed class ChangeEmail(AppDb db, CurrentSession session, SessionCookies cookies, SignInLimits limits, TimeProvider clock)
    : Endpoint<ChangeEmailRequest, Results<BetterAuthResponse<ChangeEmailResponse>, BetterAuthError>>
{
    public override void Configure()
    {
        Post("/api/auth/change-email");
        Description(endpoint => endpoint.Refuses(BetterAuthError.Unauthorized, BetterAuthError.SameEmail));
        Summary(s =>
        {
            s.Summary = "Sign in by another address from now on";
            s.Description = "The answer is the same where another account has the address. Links that were mailed to set the password end.";
        });
    }

    public override async Task<Results<BetterAuthResponse<ChangeEmailResponse>, BetterAuthError>> ExecuteAsync(
        ChangeEmailRequest req, CancellationToken ct)
    {
        if (BetterAuthError.In(req) is { } fault)
            return fault;

        if (await session.FindAsync(HttpContext, ct) is not { } signedIn)
            return BetterAuthError.Unauthorized;

        var email = Account.Normalize(req.NewEmail.Text);
        if (email == signedIn.Account.Email)
            return BetterAuthError.SameEmail;

        if (await limits.TakeAsync(HttpContext.Connection.RemoteIpAddress, account: null) is { } wait)
            return BetterAuthError.TooMany(wait);

        // Whether another account has the address already, the answer does not say.
        if (await db.WriteAsync(() => ChangeAsync(signedIn.Account.UserId, email, ct), ct))
            cookies.Write(HttpContext, signedIn.Token, cookies.IsRemembered(HttpContext));

        return new BetterAuthResponse<ChangeEmailResponse>(new(Status: true));
    }

    private async Task<bool> ChangeAsync(string userId, string email, CancellationToken ct)
    {
        await db.LockAsync(userId);
        if (await db.Accounts.AnyAsync(a => a.Email == email, ct)
            || await db.Accounts.SingleOrDefaultAsync(a => a.UserId == userId, ct) is not { } account)
            return false;

        (account.Email, account.UpdatedAt) = (email, clock.GetUtcNow());

        // Whoever reads the old mailbox can't set the password any more.
        await PasswordResets.ForgetAsync(db, userId, clock.GetUtcNow(), ct);
        await db.SaveChangesAsync(ct);

        return true;
    }
}
