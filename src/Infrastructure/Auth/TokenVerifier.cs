using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.Extensions.Options;

namespace TaskSlices.Infrastructure.Auth;

/// <summary>
/// What the verifier found: a <see cref="Subject"/>, or a <see cref="Refusal"/> fit for the person who wires up the frontend.
/// <see cref="IsActive"/> says whether the token's session has not ended since; null if it has none. From <see cref="Until"/> on, the token
/// is refused.
/// </summary>
public sealed record TokenVerdict(string? Subject, TokenRefusal? Refusal, Func<bool>? IsActive = null, DateTimeOffset? Until = null);

/// <summary>
/// Verifies tokens by RFC 7515, RFC 7519 and RFC 8725: the key decides its one algorithm, and an expiry is required. Refused are
/// <c>none</c>, encryption, critical extensions and keys that the token brings. Clocks may differ by 30 seconds.
/// </summary>
public sealed partial class TokenVerifier(
    IEnumerable<IKeySource> sources, TokenMemory memory, IOptions<AuthSettings> settings, TimeProvider clock, ILogger<TokenVerifier> log)
    : IDisposable
{
    /// <summary>The longest subject, in UTF-16 code units.</summary>
    public const int SubjectLimit = 255;

    /// <summary>In seconds; how far the issuer's clock may be from ours (RFC 7519 section 4.1.4).</summary>
    public const int ClockSkew = 30;

    /// <summary>In seconds since 1970: the latest time that a DateTimeOffset can hold.</summary>
    private static readonly long LatestExpiry = DateTimeOffset.MaxValue.ToUnixTimeSeconds();

    private static readonly string[] AsymmetricAlgorithms = ["EdDSA", "Ed25519", "ES256", "ES512", "RS256", "PS256"];

    /// <summary>Header members that change how a token is read, or bring a key along: refused whatever they say.</summary>
    private static readonly string[] Refused = ["crit", "b64", "enc", "zip", "jwk", "jku", "x5u", "x5c"];

    /// <summary>Better Auth signs other things with the same keys, and tells them apart by <c>typ</c> (RFC 8725 section 3.11).</summary>
    private static readonly string[] AccessTokenTypes = ["JWT", "at+jwt", "application/at+jwt"];

    private static readonly TimeSpan LogInterval = TimeSpan.FromSeconds(10);

    /// <summary>The one that may fetch comes last.</summary>
    private readonly IKeySource[] _sources = [.. sources.OrderBy(source => source is BetterAuthKeys)];

    private readonly SemaphoreSlim _signatures = new(Math.Max(1, Environment.ProcessorCount - 1));
    private readonly string _subjectClaim = settings.Value.SubjectClaim;
    private readonly ConcurrentDictionary<string, long> _logged = new();

    /// <summary>What was found of a token that was verified a moment ago: a look-up. Null for any other.</summary>
    public TokenVerdict? Recall(string token) => memory.Recall(token) is { } remembered
        ? new TokenVerdict(remembered.Subject, null, remembered.IsActive, UntilOf(remembered.Expiry)) : null;

    public async ValueTask<TokenVerdict> VerifyAsync(string token, CancellationToken ct)
    {
        if (Recall(token) is { } remembered)
            return remembered;

        if (Jws.Read(token) is not { } jws)
            return Refuse(token.Length <= Jws.LengthLimit && token.Count(c => c == '.') < 2 ? TokenRefusal.Opaque : TokenRefusal.Malformed);

        if (RefuseHeader(jws.Header) is { } refusal)
            return Refuse(refusal);

        var algorithm = Text(jws.Header, "alg")!;
        var keyId = Text(jws.Header, "kid");
        var reason = Unconfigured(algorithm);

        foreach (var source in _sources)
        {
            var lookup = await source.FindAsync(algorithm, keyId, ct);
            reason = lookup.Refusal ?? reason;

            foreach (var key in lookup.Keys)
            {
                reason = TokenRefusal.Signature;
                if (key.Accepts(algorithm) && await IsSignedAsync(jws, key, ct))
                    return await JudgeAsync(token, jws, source.Rules, key, ct);
            }
        }

        return Refuse(reason, keyId);
    }

    public void Dispose() => _signatures.Dispose();

    /// <summary>Costly verifications leave one processor free, for requests whose token is cached.</summary>
    private async ValueTask<bool> IsSignedAsync(Jws jws, VerificationKey key, CancellationToken ct)
    {
        if (!key.IsCostly)
            return key.Verify(jws.SignedData, jws.Signature);

        await _signatures.WaitAsync(ct);
        try
        {
            return key.Verify(jws.SignedData, jws.Signature);
        }
        finally
        {
            _signatures.Release();
        }
    }

    private static TokenRefusal? RefuseHeader(JsonElement header)
    {
        if (Refused.Any(name => header.TryGetProperty(name, out _)) || Text(header, "alg") is null)
            return TokenRefusal.Malformed;

        if (header.TryGetProperty("kid", out _) && Text(header, "kid") is null)
            return TokenRefusal.Malformed;

        return header.TryGetProperty("typ", out _) && !AccessTokenTypes.Contains(Text(header, "typ"), StringComparer.OrdinalIgnoreCase)
            ? TokenRefusal.NotAnAccessToken
            : null;
    }

    private static TokenRefusal Unconfigured(string algorithm) => algorithm switch
    {
        "HS256" => TokenRefusal.Symmetric,
        _ when AsymmetricAlgorithms.Contains(algorithm) => TokenRefusal.Asymmetric,
        _ => TokenRefusal.Algorithm,
    };

    private async ValueTask<TokenVerdict> JudgeAsync(string token, Jws jws, ClaimRules rules, VerificationKey key, CancellationToken ct)
    {
        if (jws.ReadClaims() is not { } claims)
            return Refuse(TokenRefusal.Malformed, key.KeyId);

        if (RefuseClaims(claims, rules) is { } refusal)
            return Refuse(refusal, key.KeyId);

        Func<bool>? isActive = null;
        if (rules.Sessions is { } sessions)
        {
            if (Text(claims, "sid") is not { } session || Seconds(claims, "iat") is not (>= 0 and var issued) || issued > LatestExpiry)
                return Refuse(TokenRefusal.Malformed, key.KeyId);

            isActive = () => sessions.IsActive(session, DateTimeOffset.FromUnixTimeSeconds(issued));
            if (!isActive())
                return Refuse(TokenRefusal.SessionEnded, key.KeyId);
        }

        var subject = Text(claims, _subjectClaim)!;
        if (rules.Accounts is { } accounts && await accounts.HasAsync(subject, ct))
            return Refuse(TokenRefusal.AccountHere, key.KeyId);

        var expiry = DateTimeOffset.FromUnixTimeSeconds(Math.Min(Seconds(claims, "exp")!.Value, LatestExpiry));
        memory.Keep(token, subject, key, expiry, isActive);

        return new TokenVerdict(subject, null, isActive, UntilOf(expiry));
    }

    private static DateTimeOffset UntilOf(DateTimeOffset expiry) =>
        DateTimeOffset.FromUnixTimeSeconds(Math.Min(expiry.ToUnixTimeSeconds() + ClockSkew, LatestExpiry));

    private TokenRefusal? RefuseClaims(JsonElement claims, ClaimRules rules)
    {
        var now = clock.GetUtcNow().ToUnixTimeSeconds();

        if (Seconds(claims, "exp") is not { } expiry)
            return TokenRefusal.NoExpiry;

        if (now - ClockSkew >= expiry)
            return TokenRefusal.Expired;

        if (claims.TryGetProperty("nbf", out _))
        {
            if (Seconds(claims, "nbf") is not { } notBefore)
                return TokenRefusal.Malformed;

            if (now < notBefore - ClockSkew)
                return TokenRefusal.NotYetValid;
        }

        // Better Auth's session cookie, signed with the shared secret and without a type: it holds the session itself.
        if (claims.TryGetProperty("session", out _))
            return TokenRefusal.NotAnAccessToken;

        if (rules.Issuer is not null && Text(claims, "iss") != rules.Issuer)
            return TokenRefusal.Issuer;

        if (rules.Audience is not null && !IsFor(claims, rules.Audience))
            return TokenRefusal.Audience;

        return IsSubject(Text(claims, _subjectClaim)) ? null : TokenRefusal.NoSubject;
    }

    /// <summary>Whether a token may name this user: 1 to <see cref="SubjectLimit"/> characters, not only white space.</summary>
    public static bool IsSubject(string? subject) => !string.IsNullOrWhiteSpace(subject) && subject.Length <= SubjectLimit;

    /// <summary>RFC 7519 section 4.1.3: one audience as a text, or a list of them.</summary>
    private static bool IsFor(JsonElement claims, string audience) =>
        claims.TryGetProperty("aud", out var aud) && aud.ValueKind is JsonValueKind.Array
            ? aud.EnumerateArray().Any(one => one.ValueKind is JsonValueKind.String && one.ValueEquals(audience))
            : Text(claims, "aud") == audience;

    /// <summary>Also logs the refusal, each code at most once in ten seconds: a flood of bad tokens must not flood the log.</summary>
    private TokenVerdict Refuse(TokenRefusal refusal, string? keyId = null)
    {
        var now = clock.GetTimestamp();

        if (!_logged.TryGetValue(refusal.Code, out var last) || clock.GetElapsedTime(last, now) >= LogInterval)
        {
            _logged[refusal.Code] = now;
            LogRefused(refusal.Code, KeySet.Printable(keyId));
        }

        return new TokenVerdict(null, refusal);
    }

    /// <summary>
    /// A NumericDate (RFC 7519 section 2) in whole seconds since 1970; its fraction is rounded down. Null if the claim is no number, or
    /// does not fit into 64 bits.
    /// </summary>
    private static long? Seconds(JsonElement claims, string name) =>
        claims.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.Number && value.TryGetDecimal(out var seconds)
        && decimal.Floor(seconds) is >= long.MinValue and <= long.MaxValue and var whole ? (long)whole : null;

    /// <summary>Null if it is not a string of valid Unicode: JSON can escape a lone surrogate.</summary>
    private static string? Text(JsonElement element, string name)
    {
        if (!element.TryGetProperty(name, out var value) || value.ValueKind is not JsonValueKind.String)
            return null;

        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    [LoggerMessage(LogLevel.Information, "Refused a token: {Code}, kid {KeyId}")]
    private partial void LogRefused(string code, string keyId);
}
