using FastEndpoints;
using Microsoft.Extensions.Options;
using TaskSlices.Features.Accounts.BetterAuth;

namespace TaskSlices.Features.Accounts;

public sealed record GetSessionResponse(SessionJson Session, UserJson User);

public sealed class GetSession(CurrentSession session, AccountKeys keys, IOptions<AccountSettings> settings)
    : Endpoint<EmptyRequest, BetterAuthResponse<GetSessionResponse?>>
{
    private const string TokenHeader = "set-auth-jwt";

    public override void Configure()
    {
        Get("/api/auth/get-session");
        Description(endpoint => endpoint.Sends(TokenHeader, "A token for the API, where somebody is signed in."));
        Summary(s =>
        {
            s.Summary = "Who is signed in, or null";
            s.Description = "Null is a success: nobody is signed in. A session in use is extended once a day.";
        });
    }

    public override async Task<BetterAuthResponse<GetSessionResponse?>> ExecuteAsync(EmptyRequest req, CancellationToken ct)
    {
        var headers = HttpContext.Response.Headers;
        (headers.CacheControl, headers.Pragma) = ("no-store", "no-cache");

        if (await session.FindAsync(HttpContext, ct) is not { } signedIn)
            return new BetterAuthResponse<GetSessionResponse?>(null);

        headers[TokenHeader] = keys.Sign(signedIn, Origins.Own(HttpContext, settings.Value));
        headers.AccessControlExposeHeaders = TokenHeader;

        return new BetterAuthResponse<GetSessionResponse?>(
            new(SessionJson.Of(signedIn.Session, signedIn.Token), UserJson.Of(signedIn.Account)));
    }
}
