namespace TaskSlices.Features.Accounts.BetterAuth;

/// <summary>A session as Better Auth shows it to its owner.</summary>
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
