using System.Text.Json.Serialization;
using FastEndpoints;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Net.Http.Headers;
using TaskSlices.Features.Accounts.BetterAuth;
using TaskSlices.Infrastructure.Data;
using TaskSlices.Infrastructure.Slices;

namespace TaskSlices.Features.Accounts;

[Example("""{"email": "ada@example.com", "password": "correct horse", "rememberMe": true}""")]
public sealed record SignInRequest
{
    [Rule]
    public Input Email { get; init; }

    [Rule]
    public Input Password { get; init; }

    [Rule(IsBoolean = true), JsonPropertyName("rememberMe")]
    public Input RememberMe { get; init; }

    /// <summary>Where the page goes after signing in; <see cref="AccountGate"/> has checked it.</summary>
    [JsonPropertyName("callbackURL")]
    public Input CallbackUrl { get; init; }
}

[Example("""{"redirect": false, "token": "3XqzJbnOAhFcMqkWb1sVYIkqDKNW3E5t"}""")]
public sealed record SignInResponse(
    bool Redirect, string Token, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Url, UserJson User);

public sealed class SignIn(AppDb db, Passwords passwords, Sessions sessions, SignInLimits limits)
    : Endpoint<SignInRequest, Results<BetterAuthResponse<SignInResponse>, BetterAuthError>>
{
    public override void Configure()
    {
        Post("/api/auth/sign-in/email");
        Description(endpoint => endpoint
            .Refuses(BetterAuthError.WrongCredentials, BetterAuthError.InvalidEmail, BetterAuthError.PasswordTooLong)
            .Sends(HeaderNames.Location, "The callbackURL, if there is one."));
        Summary(s =>
        {
            s.Summary = "Sign in";
            s.Description = "Begins a session, and sets its cookie. With rememberMe: false, it ends with the browser window.";
        });
    }

    public override async Task<Results<BetterAuthResponse<SignInResponse>, BetterAuthError>> ExecuteAsync(
        SignInRequest req, CancellationToken ct)
    {
        if (FindFault(req) is { } fault)
            return fault;

        var email = Account.Normalize(req.Email.Text);
        if (await limits.TakeAsync(HttpContext.Connection.RemoteIpAddress, email) is { } wait)
            return BetterAuthError.TooMany(wait);

        var account = await db.Accounts.AsNoTracking().SingleOrDefaultAsync(a => a.Email == email, ct);
        if (await passwords.VerifyAsync(account, req.Password.Text, ct) is not { } result)
        {
            await limits.GiveBackAsync(email);
            return BetterAuthError.TooMany(TimeSpan.Zero);
        }

        if (account is null || result is PasswordVerificationResult.Failed)
            return BetterAuthError.WrongCredentials;

        await limits.GiveBackAsync(email);
        if (result is PasswordVerificationResult.SuccessRehashNeeded)
            await RenewHashAsync(account, req.Password.Text, ct);

        if (await sessions.BeginAsync(account, HttpContext, !req.RememberMe.IsFalse, ct) is not { } token)
            return BetterAuthError.WrongCredentials;

        var target = req.CallbackUrl.Text is { Length: > 0 } url ? url : null;

        // The header must be ASCII; the body has the address as it was sent.
        HttpContext.Response.Headers.Location = target is null ? null : UriHelper.Encode(new Uri(target, UriKind.RelativeOrAbsolute));

        return new BetterAuthResponse<SignInResponse>(new(target is not null, token, target, UserJson.Of(account)));
    }

    /// <summary>Replaces an outdated hash. Where too many wait, or the database can't be written now, the next sign-in does it.</summary>
    private async Task RenewHashAsync(Account account, string password, CancellationToken ct)
    {
        if (await passwords.HashAsync(password, ct) is { } hash)
            await db.TryWriteAsync(() => ReplaceHashAsync(account, hash, ct), ct);
    }

    private async Task<int> ReplaceHashAsync(Account account, string hash, CancellationToken ct)
    {
        // Another hash may be of another password, set meanwhile.
        var row = await db.Accounts.SingleOrDefaultAsync(a => a.UserId == account.UserId && a.PasswordHash == account.PasswordHash, ct);
        if (row is null)
            return 0;

        row.PasswordHash = hash;

        return await db.SaveChangesAsync(ct);
    }

    private static BetterAuthError? FindFault(SignInRequest req) =>
        BetterAuthError.In(req)
        ?? (!Account.IsEmail(req.Email.Text) ? BetterAuthError.InvalidEmail
            : req.Password.Text.Length > Account.PasswordLimit ? BetterAuthError.PasswordTooLong
            : null);
}
