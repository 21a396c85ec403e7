namespace TaskSlices.Infrastructure.Auth;

/// <summary>Knows which sessions have ended. Every request with a token asks it, so it must answer from memory.</summary>
public interface ISessionRegistry
{
    /// <param name="sessionId">The token's <c>sid</c>.</param>
    /// <param name="issuedAt">The token's <c>iat</c>.</param>
    bool IsActive(string sessionId, DateTimeOffset issuedAt);
}
