using System.Text.Json.Serialization;
using FastEndpoints;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using TaskSlices.Features.Accounts.BetterAuth;
using TaskSlices.Infrastructure.Data;

namespace TaskSlices.Features.Accounts;

public sealed record SignInRequest
{
    public Input Email { get; init; }
    public Input Password { get; init; }

    [JsonPropertyName("rememberMe")]
    public Input RememberMe { get; init; }

    /// <summary>Where a page goes then; the gate has looked at it.</summary>
    [JsonPropertyName("callbackURL")]
    public Input CallbackUrl { get; init; }
}

public sealed record SignInResponse(
    bool Redirect, string Token, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Url, UserJson User);

public sealed class SignIn(AppDb db, Passwords passwords, Sessions sessions, SignInLimits limits)
    : Endpoint<SignInRequest, Results<BetterAuthResponse<SignInResponse>, BetterAuthError>>
{
    public override void Configure()
    {
        Post("/api/auth/sign-in/email");
        Summary(s => s.Summary = "Sign in");
    }

    public override async Task<Results<BetterAuthResponse<SignInResponse>, BetterAuthError>> ExecuteAsync(SignInRequest req, CancellationToken ct)
    {
        if (FindFault(req) is { } fault)
            return fault;

        var email = Account.Normalize(req.Email.Text);
        if (limits.Take(HttpContext.Connection.RemoteIpAddress, email) is { } wait)
            return BetterAuthError.TooMany(wait);

        var account = await db.Accounts.AsNoTracking().SingleOrDefaultAsync(a => a.Email == email, ct);
        if (await passwords.IsRightAsync(account, req.Password.Text, ct) is not { } right)
        {
            limits.GiveBack(email);
            return BetterAuthError.TooMany(TimeSpan.Zero);
        }

        if (account is null || !right)
            return BetterAuthError.WrongCredentials;

        limits.GiveBack(email);
        if (await sessions.BeginAsync(account, HttpContext, !req.RememberMe.IsFalse, ct) is not { } token)
            return BetterAuthError.WrongCredentials;

        var target = req.CallbackUrl.Text is { Length: > 0 } url ? url : null;

        // A header is ASCII; the body has the address as it was sent.
        HttpContext.Response.Headers.Location = target is null ? null : UriHelper.Encode(new Uri(target, UriKind.RelativeOrAbsolute));

        return new BetterAuthResponse<SignInResponse>(new(target is not null, token, target, UserJson.Of(account)));
    }

    private static BetterAuthError? FindFault(SignInRequest req) =>
        BetterAuthError.Of(req.Email.MustBeText("email"), req.Password.MustBeText("password"), req.RememberMe.MayBeBoolean("rememberMe"))
        ?? (!Account.IsEmail(req.Email.Text) ? BetterAuthError.InvalidEmail
            : req.Password.Text.Length > Account.PasswordLimit ? BetterAuthError.PasswordTooLong
            : null);
}
