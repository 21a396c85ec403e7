using FastEndpoints;

namespace TaskSlices.Infrastructure.Auth;

/// <summary>
/// What every request on a user's route derives from. <see cref="UserId"/> is the {user_id} of the route and nothing else: no body and no
/// query string can set it, and the owner guard has compared it with the token's subject before the slice runs.
/// </summary>
public abstract record OwnedRequest
{
    [RouteParam, BindFrom(OwnerGuard.RouteValue)]
    public string UserId { get; init; } = "";
}
