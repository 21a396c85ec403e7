using FastEndpoints;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using TaskSlices.Features.Accounts.BetterAuth;
using TaskSlices.Infrastructure.Http;

namespace TaskSlices.Features.Accounts;

public sealed record FollowResetLinkRequest
{
    [RouteParam]
    public string Token { get; init; } = "";

    /// <summary>The page that asks for the new password.</summary>
    [QueryParam, BindFrom("callbackURL")]
    public string? CallbackUrl { get; init; }
}

/// <summary>The link in the mail: leads to the page that asks for the new password, and tells it the token.</summary>
public sealed class FollowResetLink(PasswordResets resets, Origins origins, IOptions<AccountSettings> settings)
    : Endpoint<FollowResetLinkRequest, Results<RedirectHttpResult, BetterAuthError>>
{
    public override void Configure()
    {
        Get("/api/auth/reset-password/{token}");
        Description(endpoint => endpoint
            .Refuses(BetterAuthError.NoCallback, BetterAuthError.InvalidCallback)
            .Sends(HeaderNames.Location, "The page that asks for the new password."));
        Summary(s =>
        {
            s.Summary = "Go on to set a new password";
            s.Description = "The link in the mail. It leads to callbackURL, with the token or the error INVALID_TOKEN as a parameter.";
        });
    }

    public override async Task<Results<RedirectHttpResult, BetterAuthError>> ExecuteAsync(
        FollowResetLinkRequest req, CancellationToken ct)
    {
        if (req.CallbackUrl is not { } url)
            return BetterAuthError.NoCallback;

        if (url.Length > 0 && !origins.IsTrustedTarget(HttpContext, url))
            return BetterAuthError.InvalidCallback;

        if (!Uri.TryCreate(Origins.Own(HttpContext, settings.Value), UriKind.Absolute, out var own))
            return BetterAuthError.NoHost;

        var page = new Uri(own, url.Length > 0 ? url : $"{HttpContext.Request.SubPath()}{AccountGate.Path}/error");
        var isGood = url.Length > 0 && await resets.FindUserAsync(req.Token, ct) is not null;

        // Better Auth's answer has it, without a body.
        HttpContext.Response.ContentType = "application/json";

        return TypedResults.Redirect(isGood ? With(page, "token", req.Token) : With(page, "error", "INVALID_TOKEN"));
    }

    /// <summary>The address with a parameter that takes the place of those of the same name.</summary>
    private static string With(Uri page, string name, string value)
    {
        var query = QueryHelpers.ParseQuery(page.Query);
        query[name] = value;

        return new UriBuilder(page) { Query = QueryString.Create(query).Value }.Uri.AbsoluteUri;
    }
}
