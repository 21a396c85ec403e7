using System.Text.Json;
using FastEndpoints;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.Extensions.Options;
using TaskSlices.Infrastructure.Auth;
using TaskSlices.Infrastructure.Http;

namespace TaskSlices.Features.Accounts.BetterAuth;

/// <summary>
/// What Better Auth checks before any of its endpoints runs, in the same order and words: the address, the body, the origin. Where another
/// server issues the tokens, it answers 404 to everything.
/// </summary>
public sealed class AccountGate(IOptions<AuthSettings> auth, IOptions<AccountSettings> settings, Origins origins)
{
    public const string Path = "/api/auth";

    private const string Callback = "callbackURL", Redirect = "redirectTo";

    private static readonly ProblemShape Errors = BetterAuthError.Of;

    private static readonly Type[] SigningIn = [typeof(SignUp), typeof(SignIn)];

    /// <summary>Better Auth takes their bodies for a record, the one of a sign-up for both.</summary>
    private static readonly Type[] Records = [typeof(SignUp), typeof(UpdateUser)];

    public static bool SignsIn(EndpointDefinition slice) => SigningIn.Contains(slice.EndpointType);

    /// <summary>What a slice of this kind can answer, whatever it says itself.</summary>
    public static IEnumerable<BetterAuthError> RefusalsOf(EndpointDefinition slice)
    {
        var members = BodyMember.Of(slice.ReqDtoType);
        List<BetterAuthError> refusals =
            [BetterAuthError.NoHost, BetterAuthError.TooMany(TimeSpan.Zero), new(500, "", "INTERNAL_ERROR"), new(503, "", "UNAVAILABLE")];

        if (slice.Verbs!.Contains(HttpMethods.Post))
        {
            refusals.AddRange(BetterAuthError.MediaType(null), new(413, "", "BODY_TOO_LARGE"));
            refusals.AddRange(BetterAuthError.MissingOrigin, BetterAuthError.InvalidOrigin);
        }

        if (SignsIn(slice))
            refusals.Add(BetterAuthError.CrossSiteNavigation);
        if (members.Any(member => member.Rule is not null))
            refusals.Add(BetterAuthError.Of("a fault")!);
        if (members.Any(member => member.Name == Callback))
            refusals.AddRange(BetterAuthError.CallbackNotText, BetterAuthError.InvalidCallback);
        if (members.Any(member => member.Name == Redirect))
            refusals.AddRange(BetterAuthError.RedirectNotText, BetterAuthError.InvalidRedirect);

        return refusals;
    }

    /// <summary>From here on, what the API refuses is refused in Better Auth's shape.</summary>
    public void Shape(HttpContext context)
    {
        if (!auth.Value.IsDelegated)
            context.Features.Set(Errors);
    }

    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        if (auth.Value.IsDelegated)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        Shape(context);
        if (settings.Value.Origin is null && context.Request.Headers.Host.ToString().Length == 0)
            await BetterAuthError.NoHost.ExecuteAsync(context);
        else if (context.GetEndpoint()?.Metadata.GetMetadata<EndpointDefinition>() is not { } slice)
            await RejectAsync(context);
        else if (HttpMethods.IsPost(context.Request.Method) && await FindFaultAsync(context, slice) is { } refusal)
            await refusal.ExecuteAsync(context);
        else
            await next(context);
    }

    /// <summary>Routing found no slice, or chose 405 or 415. Better Auth never answers 405: there it is 404.</summary>
    private static async Task RejectAsync(HttpContext context)
    {
        if (context.GetEndpoint()?.RequestDelegate is { } rejection)
            await rejection(context);

        context.Features.Get<IStatusCodePagesFeature>()!.Enabled = false;
        context.Response.Headers.Allow = default;

        if (context.Response.StatusCode == StatusCodes.Status415UnsupportedMediaType)
            await BetterAuthError.MediaType(context.Request.ContentType).ExecuteAsync(context);
        else if (context.Request.Path == $"{Path}/get-session" && HttpMethods.IsPost(context.Request.Method))
            await BetterAuthError.NoPostOfSession.ExecuteAsync(context);
        else
            context.Response.StatusCode = StatusCodes.Status404NotFound;
    }

    private async Task<BetterAuthError?> FindFaultAsync(HttpContext context, EndpointDefinition slice)
    {
        if (!context.Request.HasJsonContentType())
            return BetterAuthError.MediaType(context.Request.ContentType);

        if (await context.Request.ReadJsonAheadAsync() is not { } body)
            return BetterAuthError.MalformedBody;

        if (origins.FindFault(context, SignsIn(slice)) is { } fault)
            return fault;

        if (body.ValueKind is not JsonValueKind.Object)
            return slice.ReqDtoType == typeof(EmptyRequest) ? null : NotAnObject(slice.EndpointType, Input.KindOf(body));

        return FindFault(context, body, Callback, BetterAuthError.CallbackNotText, BetterAuthError.InvalidCallback)
            ?? FindFault(context, body, Redirect, BetterAuthError.RedirectNotText, BetterAuthError.InvalidRedirect);
    }

    private BetterAuthError? FindFault(
        HttpContext context, JsonElement body, string member, BetterAuthError notText, BetterAuthError notTrusted) =>
        !body.TryGetProperty(member, out var value) || value.ValueKind is JsonValueKind.Null ? null
        : value.ValueKind is not JsonValueKind.String ? notText
        : value.GetString() is not { Length: > 0 } target || origins.IsTrustedTarget(context, target) ? null
        : notTrusted;

    private static BetterAuthError? NotAnObject(Type slice, string kind) => BetterAuthError.Of(
        slice == typeof(UpdateUser) ? null : $"[body] Invalid input: expected object, received {kind}",
        Records.Contains(slice) ? $"[body] Invalid input: expected record, received {kind}" : null);
}
