namespace TaskSlices.Infrastructure.Auth;

/// <summary>Knows which sessions have ended. It is asked on every request, also for a token that is remembered, and must answer at once.</summary>
public interface ISessionRegistry
{
    /// <param name="sessionId">The token's <c>sid</c>.</param>
    /// <param name="issuedAt">The token's <c>iat</c>.</param>
    bool IsActive(string sessionId, DateTimeOffset issuedAt);
}
