namespace TaskSlices.Features.Accounts.BetterAuth;

/// <summary>A session as Better Auth shows it to its owner.</summary>
public sealed record SessionJson(
    DateTimeOffset ExpiresAt, string Token, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, string IpAddress, string UserAgent, string UserId, string Id)
{
    /// <param name="session">Any of the user's.</param>
    /// <param name="token">Its token, where the request has brought it; only the digest is kept, so another session shows its id, which opens nothing.</param>
    public static SessionJson Of(Session session, string? token = null) =>
        new(session.ExpiresAt, token ?? session.Id, session.CreatedAt, session.UpdatedAt, session.IpAddress, session.UserAgent, session.UserId, session.Id);
}
