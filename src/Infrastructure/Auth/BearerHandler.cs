using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Net.Http.Headers;
using TaskSlices.Infrastructure.Data;
using TaskSlices.Infrastructure.Hosting;
using TaskSlices.Infrastructure.Http;

namespace TaskSlices.Infrastructure.Auth;

/// <summary>
/// Takes the token from the Authorization header (RFC 6750 section 2.1), or the one that a ticket stands for where a slice takes tickets,
/// and says in a 401 what is wrong with it. Each request has its own instance.
/// </summary>
public sealed class BearerHandler(
    TokenVerifier verifier, ServiceKey serviceKey, RowOwner owner, EventTickets tickets, RequestLimits limits) : IAuthenticationHandler
{
    public const string SchemeName = "Bearer";

    /// <summary>In seconds; keys that are missing are fetched about that often.</summary>
    private const int RetryAfter = 15;

    /// <summary>What a JavaScript client sends when its variable holds no token.</summary>
    private static readonly string[] NoTokens = ["", "null", "undefined", "[object Object]"];

    private HttpContext _context = null!;
    private Task<AuthenticateResult>? _result;
    private TokenRefusal _refusal = TokenRefusal.Missing;

    public Task InitializeAsync(AuthenticationScheme scheme, HttpContext context)
    {
        _context = context;

        return Task.CompletedTask;
    }

    public Task<AuthenticateResult> AuthenticateAsync() => _result ??= FindCallerAsync();

    internal Task<AuthenticateResult> AuthenticateAsync(HttpContext context)
    {
        _context = context;

        return AuthenticateAsync();
    }

    public Task ForbidAsync(AuthenticationProperties? properties)
    {
        _context.Response.StatusCode = StatusCodes.Status403Forbidden;

        return Task.CompletedTask;
    }

    public async Task ChallengeAsync(AuthenticationProperties? properties)
    {
        await AuthenticateAsync();
        var response = _context.Response;

        if (_refusal.Status != StatusCodes.Status401Unauthorized)
            response.Headers.RetryAfter = $"{RetryAfter}";
        else
            response.Headers[HeaderNames.WWWAuthenticate] = Challenge(_refusal);

        await Problem.For(_context, _refusal.Status, _refusal.Code, _refusal.Reason).ExecuteAsync(_context);
    }

    private async Task<AuthenticateResult> FindCallerAsync()
    {
        var header = _context.Request.Headers.Authorization;
        if (header.Count > 1)
            return Refuse(TokenRefusal.Malformed);
        if (header.Count == 0 && EventTickets.IsIn(_context))
        {
            return !limits.AdmitsAddress(_context) ? Refuse(TokenRefusal.TooMany)
                : await tickets.RedeemAsync(_context) is { } kept ? await VerifyAsync(kept)
                : Refuse(TokenRefusal.Ticket);
        }

        var credentials = header.ToString();
        if (credentials.Equals(SchemeName, StringComparison.OrdinalIgnoreCase))
            return Refuse(TokenRefusal.NotSent);

        if (!credentials.StartsWith($"{SchemeName} ", StringComparison.OrdinalIgnoreCase))
            return AuthenticateResult.NoResult();

        return await VerifyAsync(credentials[SchemeName.Length..].TrimStart(' '));
    }

    private async Task<AuthenticateResult> VerifyAsync(string token)
    {
        if (NoTokens.Contains(token))
            return Refuse(TokenRefusal.NotSent);

        if (serviceKey.Matches(token))
            return AuthenticateResult.Success(new AuthenticationTicket(ServiceCaller.Principal(SchemeName), SchemeName));

        var verdict = verifier.Recall(token);
        if (verdict is null && !limits.AdmitsAddress(_context))
            return Refuse(TokenRefusal.TooMany);

        verdict ??= await verifier.VerifyAsync(token, _context.RequestAborted);
        if (verdict.Refusal is { } refusal)
            return Refuse(refusal);

        (owner.IsActive, owner.Until) = (verdict.IsActive, verdict.Until);
        var subject = new Claim(OwnerGuard.SubjectClaim, verdict.Subject!);
        var identity = new ClaimsIdentity([subject], SchemeName, OwnerGuard.SubjectClaim, roleType: null);

        return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), SchemeName));
    }

    /// <summary>RFC 6750 section 3.1: the challenge has no error code when the request has no token.</summary>
    private static string Challenge(TokenRefusal refusal) => refusal.Code == TokenRefusal.Missing.Code
        ? SchemeName
        : $"{SchemeName} error=\"invalid_token\", error_description=\"{refusal.Reason.Replace("\"", "'", StringComparison.Ordinal)}\"";

    private AuthenticateResult Refuse(TokenRefusal refusal)
    {
        _refusal = refusal;
        Instruments.TokensRefused.Add(1, new KeyValuePair<string, object?>("code", refusal.Code));

        return AuthenticateResult.Fail(refusal.Code);
    }
}
