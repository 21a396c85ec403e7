using FastEndpoints;
using Microsoft.Extensions.Options;

namespace TaskSlices.Features.Accounts;

public sealed record GetSessionResponse(SessionPicture Session, UserPicture User);

public sealed class GetSession(Sessions sessions, AccountKeys keys, IOptions<AccountSettings> settings) : Endpoint<EmptyRequest, Answer<GetSessionResponse?>>
{
    public override void Configure()
    {
        Get("/api/auth/get-session");
        Summary(s => s.Summary = "Who is signed in, or null");
    }

    public override async Task<Answer<GetSessionResponse?>> ExecuteAsync(EmptyRequest req, CancellationToken ct)
    {
        var headers = HttpContext.Response.Headers;
        (headers.CacheControl, headers.Pragma) = ("no-store", "no-cache");

        if (await sessions.FindAsync(HttpContext, ct) is not { } signedIn)
            return new Answer<GetSessionResponse?>(null);

        headers["set-auth-jwt"] = keys.Sign(signedIn, Origins.Own(HttpContext, settings.Value));
        headers.AccessControlExposeHeaders = "set-auth-jwt";

        return new Answer<GetSessionResponse?>(new(SessionPicture.Of(signedIn.Session, signedIn.Token), UserPicture.Of(signedIn.Account)));
    }
}
