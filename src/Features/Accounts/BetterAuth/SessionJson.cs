using TaskSlices.Infrastructure.Slices;

namespace TaskSlices.Features.Accounts.BetterAuth;

/// <summary>A session as Better Auth shows it to its owner.</summary>
[Example("""
    {"expiresAt": "2026-11-27T10:00:00.123Z", "token": "3XqzJbnOAhFcMqkWb1sVYIkqDKNW3E5t", "createdAt": "2026-11-20T10:00:00.123Z",
     "updatedAt": "2026-11-20T10:00:00.123Z", "ipAddress": "203.0.113.7", "userAgent": "Mozilla/5.0",
     "userId": "umlHQYJRc1OJ9eYxAjC4tJh1vhC0N2hs", "id": "Zp0sYxVQbR6mUe2aNf4tHkLw8cJd1gTo"}
    """)]
public sealed record SessionJson(
    DateTimeOffset ExpiresAt,
    string Token,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt,
    string IpAddress,
    string UserAgent,
    string UserId,
    string Id)
{
    /// <param name="session">Any session of the user.</param>
    /// <param name="token">
    /// Its token, if the request brought it. The database has digests only, so the other sessions show their id, which gives no access.
    /// </param>
    public static SessionJson Of(Session session, string? token = null) =>
        new(
            session.ExpiresAt, token ?? session.Id, session.CreatedAt, session.UpdatedAt,
            session.IpAddress, session.UserAgent, session.UserId, session.Id);
}
