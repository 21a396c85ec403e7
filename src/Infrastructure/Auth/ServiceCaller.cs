using System.Security.Claims;

namespace TaskSlices.Infrastructure.Auth;

/// <summary>Callers that are servers, not users: they have no subject, so they own nothing.</summary>
public static class ServiceCaller
{
    private const string Claim = "service";

    internal static ClaimsPrincipal Principal(string scheme) => new(new ClaimsIdentity([new Claim(Claim, "true")], scheme));

    public static bool IsService(this ClaimsPrincipal caller) => caller.HasClaim(Claim, "true");

    /// <summary>
    /// Lets callers with a service key in, beside the owner. The process does not start if the route is not on the list of those open to
    /// services.
    /// </summary>
    public static RouteHandlerBuilder OpenToService(this RouteHandlerBuilder endpoint) => endpoint.WithMetadata(new Mark());

    internal static bool IsOpenToService(this Endpoint endpoint) => endpoint.Metadata.GetMetadata<Mark>() is not null;

    private sealed class Mark;
}
