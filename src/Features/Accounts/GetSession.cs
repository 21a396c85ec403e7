using FastEndpoints;
using Microsoft.Extensions.Options;
using TaskSlices.Features.Accounts.BetterAuth;

namespace TaskSlices.Features.Accounts;

public sealed record GetSessionResponse(SessionJson Session, UserJson User);

public sealed class GetSession(Sessions sessions, AccountKeys keys, IOptions<AccountSettings> settings)
    : Endpoint<EmptyRequest, BetterAuthResponse<GetSessionResponse?>>
{
    public override void Configure()
    {
        Get("/api/auth/get-session");
        Summary(s => s.Summary = "Who is signed in, or null");
    }

    public override async Task<BetterAuthResponse<GetSessionResponse?>> ExecuteAsync(EmptyRequest req, CancellationToken ct)
    {
        var headers = HttpContext.Response.Headers;
        (headers.CacheControl, headers.Pragma) = ("no-store", "no-cache");

        if (await sessions.FindAsync(HttpContext, ct) is not { } signedIn)
            return new BetterAuthResponse<GetSessionResponse?>(null);

        headers["set-auth-jwt"] = keys.Sign(signedIn, Origins.Own(HttpContext, settings.Value));
        headers.AccessControlExposeHeaders = "set-auth-jwt";

        return new BetterAuthResponse<GetSessionResponse?>(
            new(SessionJson.Of(signedIn.Session, signedIn.Token), UserJson.Of(signedIn.Account)));
    }
}
