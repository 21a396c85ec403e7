using FastEndpoints;
using TaskSlices.Infrastructure.Data;
using TaskSlices.Infrastructure.Http;

namespace TaskSlices.Infrastructure.Auth;

/// <summary>
/// Answers 403 unless the token's subject is, to the byte, the {user_id} of the route, or a slice lets a service in; then that user's rows,
/// and no others, can be found. It reads the route itself, since the request is null when its body is broken, and it stops the endpoint by
/// sending: a pre-processor that throws would be run twice.
/// </summary>
public sealed class OwnerGuard : IGlobalPreProcessor
{
    public const string RouteValue = "user_id";
    public const string SubjectClaim = "sub";

    public async Task PreProcessAsync(IPreProcessorContext context, CancellationToken ct)
    {
        var http = context.HttpContext;

        if (!http.Request.RouteValues.TryGetValue(RouteValue, out var owner) || http.ResponseStarted())
            return;

        var mayPass = owner is string { Length: > 0 } && (http.User.IsService()
            ? http.GetEndpoint()!.IsOpenToService()
            : string.Equals((string)owner, http.User.FindFirst(SubjectClaim)?.Value, StringComparison.Ordinal));

        if (!mayPass)
        {
            await http.Response.SendResultAsync(Problem.For(
                http, StatusCodes.Status403Forbidden, "NOT_YOUR_URL", "The user in the URL is not the one who is signed in."));
            return;
        }

        var rows = http.Resolve<RowOwner>();
        rows.Set((string)owner!);
        if (EntityTags.ReadPrecondition(http.Request, out var precondition) is { } refused)
        {
            var message = $"{refused.Header} {refused.Reason}";
            await http.Response.SendResultAsync(Problem.For(http, 422, detail: message, errors: [new FieldError(refused.Header, message)]));
            return;
        }

        rows.Precondition = precondition;
    }
}
