using System.Text.Json.Serialization;

namespace TaskSlices.Features.Accounts.BetterAuth;

/// <summary>An account as Better Auth shows it to its owner.</summary>
public sealed record UserJson(
    string Name, string Email, bool EmailVerified, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Image,
    DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, string Id)
{
    public static UserJson Of(Account account) =>
        new(account.Name, account.Email, account.EmailVerified, account.Image, account.CreatedAt, account.UpdatedAt, account.UserId);
}
