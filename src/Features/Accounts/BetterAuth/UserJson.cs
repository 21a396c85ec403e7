using System.Text.Json.Serialization;
using TaskSlices.Infrastructure.Slices;

namespace TaskSlices.Features.Accounts.BetterAuth;

/// <summary>An account as Better Auth shows it to its owner.</summary>
[Example("""
    {"name": "Ada Lovelace", "email": "ada@example.com", "emailVerified": false, "createdAt": "2026-11-20T10:00:00.123Z",
     "updatedAt": "2026-11-20T10:00:00.123Z", "id": "umlHQYJRc1OJ9eYxAjC4tJh1vhC0N2hs"}
    """)]
public sealed record UserJson(
    string Name, string Email, bool EmailVerified, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Image,
    DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, string Id)
{
    public static UserJson Of(Account account) =>
        new(account.Name, account.Email, account.EmailVerified, account.Image, account.CreatedAt, account.UpdatedAt, account.UserId);
}
