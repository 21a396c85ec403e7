namespace TaskSlices.Infrastructure.Auth;

/// <summary>Why a token is refused. The code is stable; the reason is one sentence, and says nothing about a key.</summary>
public sealed record TokenRefusal(string Code, string Reason, int Status = StatusCodes.Status401Unauthorized)
{
    public static readonly TokenRefusal Missing = new("TOKEN_MISSING", "Send a token, as the header 'Authorization: Bearer <JWT>'.");
    public static readonly TokenRefusal NotSent = new(
        "TOKEN_MISSING", "The client sent no token: nothing usable stands behind 'Bearer'. Call only when the client has a token.");
    public static readonly TokenRefusal Ticket = new(
        "BAD_TICKET", "The ticket was used before, has expired, or is not of this user; get a new one for each stream.");
    public static readonly TokenRefusal Malformed = new("MALFORMED_TOKEN", "The token is not a well-formed JWT.");
    public static readonly TokenRefusal Opaque = new(
        "OPAQUE_SESSION_TOKEN", "That is a session token, not a JWT; ask /api/auth/token for a JWT and send that.");
    public static readonly TokenRefusal NotAnAccessToken = new(
        "NOT_AN_ACCESS_TOKEN", "The token was made for another purpose than to call an API; ask /api/auth/token for one.");
    public static readonly TokenRefusal Algorithm = new("ALGORITHM_NOT_CONFIGURED", "The token's algorithm is none that is accepted here.");
    public static readonly TokenRefusal Asymmetric = new(
        "ALGORITHM_NOT_CONFIGURED", "The token is signed with a key of Better Auth's jwt plugin, and BETTER_AUTH_URL is not set.");
    public static readonly TokenRefusal NoDevelopmentKeys = new(
        "ALGORITHM_NOT_CONFIGURED",
        "The token is signed with a key of Better Auth's jwt plugin, and Auth:DevelopmentUrl has none. Or set BETTER_AUTH_URL.");
    public static readonly TokenRefusal Symmetric = new(
        "ALGORITHM_NOT_CONFIGURED", "The token is signed with a shared secret, and BETTER_AUTH_SECRET is not set.");
    public static readonly TokenRefusal UnknownKey = new(
        "UNKNOWN_KEY", "The token is signed with a key that is not in the key set of the configured Better Auth server.");
    public static readonly TokenRefusal KeysUnavailable = new(
        "KEYS_UNAVAILABLE",
        "The keys to verify tokens with could not be fetched yet; try again soon.",
        StatusCodes.Status503ServiceUnavailable);
    public static readonly TokenRefusal Signature = new(
        "BAD_SIGNATURE", "The token's signature is wrong: it was signed with another key, or changed on its way.");
    public static readonly TokenRefusal TooMany = new(
        "TOO_MANY_REQUESTS", "Too many requests without a valid token came from this address; wait a little.",
        StatusCodes.Status429TooManyRequests);
    public static readonly TokenRefusal NoExpiry = new("MALFORMED_TOKEN", "The token has no valid expiry time (exp).");
    public static readonly TokenRefusal Expired = new("TOKEN_EXPIRED", "The token has expired; get a new one.");
    public static readonly TokenRefusal NotYetValid = new("TOKEN_NOT_YET_VALID", "The token is not valid yet; compare the clocks.");
    public static readonly TokenRefusal Issuer = new(
        "WRONG_ISSUER", "The token was issued by someone else (iss) than the configured Better Auth server.");
    public static readonly TokenRefusal AccountHere = new(
        "WRONG_ISSUER", "The token names a user whose account is on this server, and was issued by someone else (iss); sign in here.");
    public static readonly TokenRefusal Audience = new("WRONG_AUDIENCE", "The token was issued for another API (aud) than this one.");
    public static readonly TokenRefusal SessionEnded = new(
        "SESSION_ENDED", "The session that the token belongs to was ended; sign in again.");
    public static readonly TokenRefusal NoSubject = new(
        "MALFORMED_TOKEN", "The token names no user: its subject (sub) must be a text of 1 to 255 characters that is not blank.");
}
