using System.Text.Json.Serialization;
using FastEndpoints;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using TaskSlices.Features.Accounts.BetterAuth;
using TaskSlices.Infrastructure.Data;
using TaskSlices.Infrastructure.Slices;

namespace TaskSlices.Features.Accounts;

[Example("""{"name": "Ada Lovelace", "email": "ada@example.com", "password": "correct horse"}""")]
public sealed record SignUpRequest
{
    [Rule(Limit = Account.NameLimit)]
    public Input Name { get; init; }

    [Rule(IsEmail = true)]
    public Input Email { get; init; }

    [Rule(Least = 1, IsNewPassword = true)]
    public Input Password { get; init; }

    [Rule(IsOptional = true, Limit = Account.ImageLimit)]
    public Input Image { get; init; }

    [Rule(IsBoolean = true), JsonPropertyName("rememberMe")]
    public Input RememberMe { get; init; }

    /// <summary>The code of an invitation, where sign-up needs one.</summary>
    public Input Invitation { get; init; }
}

[Example("""{"token": "3XqzJbnOAhFcMqkWb1sVYIkqDKNW3E5t"}""")]
public sealed record SignUpResponse(string Token, UserJson User);

public sealed class SignUp(
    AppDb db, Passwords passwords, Sessions sessions, SignInLimits limits, Invitations invitations, IOptions<AccountSettings> settings,
    TimeProvider clock)
    : Endpoint<SignUpRequest, Results<BetterAuthResponse<SignUpResponse>, BetterAuthError>>
{
    public override void Configure()
    {
        Post("/api/auth/sign-up/email");
        Description(endpoint => endpoint.Refuses(
            BetterAuthError.SignUpDisabled, BetterAuthError.NoInvitation, BetterAuthError.EmailTaken, BetterAuthError.WrongCredentials,
            BetterAuthError.PasswordTooShort, BetterAuthError.PasswordTooLong));
        Summary(s =>
        {
            s.Summary = "Make an account, and sign in";
            s.Description = "Begins a session, and sets its cookie. The invitation is needed where sign-up is by invitation.";
        });
    }

    public override async Task<Results<BetterAuthResponse<SignUpResponse>, BetterAuthError>> ExecuteAsync(
        SignUpRequest req, CancellationToken ct)
    {
        if (settings.Value.IsClosed)
            return BetterAuthError.SignUpDisabled;

        if ((BetterAuthError.In(req) ?? Passwords.FindFault(req.Password.Text)) is { } fault)
            return fault;

        if (await limits.TakeAsync(HttpContext.Connection.RemoteIpAddress, account: null) is { } wait)
            return BetterAuthError.TooMany(wait);

        var invitation = settings.Value.NeedsInvitation ? req.Invitation.Text : null;
        if (invitation is not null && !await invitations.IsGoodAsync(invitation, Account.Normalize(req.Email.Text), ct))
            return BetterAuthError.NoInvitation;

        if (await passwords.HashAsync(req.Password.Text, ct) is not { } hash)
            return BetterAuthError.TooMany(TimeSpan.Zero);

        var account = New(req, hash);
        if (await db.WriteAsync(() => AddAsync(account, invitation, ct), ct) is { } refusal)
            return refusal;

        var token = await sessions.BeginAsync(account, HttpContext, !req.RememberMe.IsFalse, ct);

        return token is null ? BetterAuthError.WrongCredentials : new BetterAuthResponse<SignUpResponse>(new(token, UserJson.Of(account)));
    }

    private Account New(SignUpRequest req, string hash) => new()
    {
        UserId = RandomText.Next(),
        Email = Account.Normalize(req.Email.Text),
        Name = req.Name.Text,
        Image = req.Image.Text is { Length: > 0 } image ? image : null,
        PasswordHash = hash,
        CreatedAt = clock.GetUtcNow(),
        UpdatedAt = clock.GetUtcNow(),
    };

    private async Task<BetterAuthError?> AddAsync(Account account, string? invitation, CancellationToken ct)
    {
        if (await db.Accounts.AnyAsync(a => a.Email == account.Email, ct))
            return BetterAuthError.EmailTaken;

        if (invitation is not null && !await invitations.TakeUpAsync(invitation, account.Email, ct))
            return BetterAuthError.NoInvitation;

        db.Accounts.Add(account);
        await db.SaveChangesAsync(ct);

        return null;
    }
}
