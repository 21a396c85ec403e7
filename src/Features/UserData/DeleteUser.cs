using System.ComponentModel;
using FastEndpoints;
using Microsoft.AspNetCore.Http.HttpResults;
using TaskSlices.Features.Accounts;
using TaskSlices.Features.Accounts.BetterAuth;
using TaskSlices.Infrastructure.Slices;

namespace TaskSlices.Features.UserData;

[Example("""{"password": "correct horse"}""")]
public sealed record DeleteUserRequest
{
    [Rule(IsOptional = true)]
    public Input Password { get; init; }

    /// <summary>Of a mail that Better Auth can ask for consent with. None is sent here, so none is right.</summary>
    [Rule(IsOptional = true), Browsable(false)]
    public Input Token { get; init; }
}

[Example("""{"message": "User deleted"}""")]
public sealed record DeleteUserResponse(bool Success, string Message);

/// <summary>The erasure of the user, as Better Auth's client asks for it.</summary>
public sealed class DeleteUser(
    CurrentSession session, SessionCookies cookies, CurrentPassword current, Erasure erasure, TimeProvider clock)
    : Endpoint<DeleteUserRequest, Results<BetterAuthResponse<DeleteUserResponse>, BetterAuthError>>
{
    public override void Configure()
    {
        Post("/api/auth/delete-user");
        Description(endpoint => endpoint.Refuses(
            BetterAuthError.Unauthorized, BetterAuthError.InvalidPassword, BetterAuthError.PasswordTooLong, BetterAuthError.NoSuchToken,
            BetterAuthError.SessionNotFresh));
        Summary(s =>
        {
            s.Summary = "Erase the caller: tasks, sessions, account";
            s.Description = "It needs the password, or a session that began within a day. It can't be undone.";
        });
    }

    public override async Task<Results<BetterAuthResponse<DeleteUserResponse>, BetterAuthError>> ExecuteAsync(
        DeleteUserRequest req, CancellationToken ct)
    {
        if (BetterAuthError.In(req) is { } fault)
            return fault;

        if (await session.FindAsync(HttpContext, ct) is not { } signedIn)
            return BetterAuthError.Unauthorized;

        if (await FindRefusalAsync(req, signedIn, ct) is { } refusal)
            return refusal;

        await erasure.RunAsync(signedIn.Account.UserId, ct);
        cookies.Clear(HttpContext);

        return new BetterAuthResponse<DeleteUserResponse>(new(Success: true, "User deleted"));
    }

    /// <summary>Without the password, whoever signed in within a day may do it.</summary>
    private async Task<BetterAuthError?> FindRefusalAsync(DeleteUserRequest req, SignedIn signedIn, CancellationToken ct)
    {
        var password = req.Password.Text;
        if (password.Length > Account.PasswordLimit)
            return BetterAuthError.PasswordTooLong;

        if (password.Length > 0 && await current.FindFaultAsync(signedIn.Account, password, HttpContext, ct) is { } wrong)
            return wrong;

        return req.Token.Text.Length > 0 ? BetterAuthError.NoSuchToken
            : password.Length == 0 && clock.GetUtcNow() - signedIn.Session.CreatedAt >= Session.FreshAge ? BetterAuthError.SessionNotFresh
            : null;
    }
}
