namespace TaskSlices.Infrastructure.Auth;

/// <summary>
/// What <c>iss</c> and <c>aud</c> (RFC 7519 sections 4.1.1 and 4.1.3) must be; null leaves a claim unchecked. With
/// <paramref name="Sessions"/>, each token must name its session (<c>sid</c>) and is refused once that has ended; with null, tokens are
/// accepted until they expire. With <paramref name="Accounts"/>, a token that names one of them is refused.
/// </summary>
public sealed record ClaimRules(string? Issuer, string? Audience, ISessionRegistry? Sessions = null, IAccounts? Accounts = null);
