using System.ComponentModel;
using System.Text.Json;
using FastEndpoints;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using TaskSlices.Features.Accounts.BetterAuth;
using TaskSlices.Infrastructure.Data;
using TaskSlices.Infrastructure.Slices;

namespace TaskSlices.Features.Accounts;

[Example("""{"name": "Ada King"}""")]
public sealed record UpdateUserRequest
{
    [Rule(IsOptional = true, Limit = Account.NameLimit)]
    public Input Name { get; init; }

    [Rule(IsOptional = true, IsNullable = true, Limit = Account.ImageLimit)]
    public Input Image { get; init; }

    /// <summary>Is refused: another route changes it.</summary>
    [Browsable(false)]
    public Input Email { get; init; }
}

public sealed record UpdateUserResponse(bool Status);

public sealed class UpdateUser(AppDb db, CurrentSession session, SessionCookies cookies, TimeProvider clock)
    : Endpoint<UpdateUserRequest, Results<BetterAuthResponse<UpdateUserResponse>, BetterAuthError>>
{
    public override void Configure()
    {
        Post("/api/auth/update-user");
        Description(endpoint => endpoint.Refuses(BetterAuthError.Unauthorized, BetterAuthError.NoFields, BetterAuthError.EmailNotHere));
        Summary(s =>
        {
            s.Summary = "Change the caller's name or picture";
            s.Description = "What is left out stays. An image of null removes it.";
        });
    }

    public override async Task<Results<BetterAuthResponse<UpdateUserResponse>, BetterAuthError>> ExecuteAsync(
        UpdateUserRequest req, CancellationToken ct)
    {
        if (await session.FindAsync(HttpContext, ct) is not { } signedIn)
            return BetterAuthError.Unauthorized;

        if (FindFault(req) is { } fault)
            return fault;

        if (!await db.WriteAsync(() => ChangeAsync(signedIn.Account.UserId, req, ct), ct))
            return BetterAuthError.Unauthorized;

        cookies.Write(HttpContext, signedIn.Token, cookies.IsRemembered(HttpContext));

        return new BetterAuthResponse<UpdateUserResponse>(new(Status: true));
    }

    private static BetterAuthError? FindFault(UpdateUserRequest req) =>
        IsGiven(req.Email) ? BetterAuthError.EmailNotHere
        : req is { Name.IsAbsent: true, Image.IsAbsent: true } ? BetterAuthError.NoFields
        : BetterAuthError.In(req);

    /// <summary>What JavaScript takes for true.</summary>
    private static bool IsGiven(Input input) => input.Value.ValueKind switch
    {
        JsonValueKind.String => input.Text.Length > 0,
        JsonValueKind.Number => input.Value.GetDouble() is not 0,
        var kind => kind is JsonValueKind.True or JsonValueKind.Object or JsonValueKind.Array,
    };

    private async Task<bool> ChangeAsync(string userId, UpdateUserRequest req, CancellationToken ct)
    {
        await db.LockAsync(userId);
        if (await db.Accounts.SingleOrDefaultAsync(a => a.UserId == userId, ct) is not { } account)
            return false;

        if (!req.Name.IsAbsent)
            account.Name = req.Name.Text;
        if (!req.Image.IsAbsent)
            account.Image = req.Image.Text is { Length: > 0 } image ? image : null;

        account.UpdatedAt = clock.GetUtcNow();
        await db.SaveChangesAsync(ct);

        return true;
    }
}
