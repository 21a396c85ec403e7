using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using TaskSlices.Infrastructure.Http;

namespace TaskSlices.Infrastructure.Auth;

/// <summary>Takes the token from the Authorization header (RFC 6750 section 2.1, and from nowhere else), and says in a 401 what is wrong with it.</summary>
public sealed class BearerHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, TokenVerifier verifier, IEnumerable<IServiceKey> serviceKeys)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string SchemeName = "Bearer";

    /// <summary>In seconds; how often keys that are not there are asked for.</summary>
    private const int RetryAfter = 15;

    private TokenRefusal _refusal = TokenRefusal.Missing;

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var header = Request.Headers.Authorization;
        if (header.Count > 1)
            return Refuse(TokenRefusal.Malformed);

        var credentials = header.ToString();
        if (!credentials.StartsWith($"{SchemeName} ", StringComparison.OrdinalIgnoreCase))
            return AuthenticateResult.NoResult();

        var token = credentials[SchemeName.Length..].TrimStart(' ');
        if (serviceKeys.Any(key => key.Opens(token)))
            return AuthenticateResult.Success(new AuthenticationTicket(ServiceCaller.Principal(SchemeName), SchemeName));

        var verdict = await verifier.VerifyAsync(token, Context.RequestAborted);
        if (verdict.Refusal is { } refusal)
            return Refuse(refusal);

        var identity = new ClaimsIdentity([new Claim(OwnerGuard.SubjectClaim, verdict.Subject!)], SchemeName, OwnerGuard.SubjectClaim, roleType: null);

        return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), SchemeName));
    }

    protected override async Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        if (_refusal.Status == StatusCodes.Status503ServiceUnavailable)
        {
            Response.Headers.RetryAfter = $"{RetryAfter}";
            await Problem.For(Context, _refusal.Status, _refusal.Code, _refusal.Reason).ExecuteAsync(Context);
            return;
        }

        // RFC 6750 section 3.1: a request without a token is told no error.
        Response.Headers[HeaderNames.WWWAuthenticate] = _refusal == TokenRefusal.Missing
            ? SchemeName
            : $"{SchemeName} error=\"invalid_token\", error_description=\"{_refusal.Reason.Replace("\"", "'", StringComparison.Ordinal)}\"";

        await Problem.For(Context, StatusCodes.Status401Unauthorized, _refusal.Code, _refusal.Reason).ExecuteAsync(Context);
    }

    private AuthenticateResult Refuse(TokenRefusal refusal)
    {
        _refusal = refusal;

        return AuthenticateResult.Fail(refusal.Code);
    }
}
