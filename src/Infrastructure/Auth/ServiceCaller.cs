using System.Security.Claims;

namespace TaskSlices.Infrastructure.Auth;

/// <summary>A key by which another server of the same operator calls, for any user. It opens the slices that say so, and nothing else.</summary>
public interface IServiceKey
{
    /// <summary>Whether the credentials of <c>Authorization: Bearer</c> are the key. The time it takes says nothing about how much of them is right.</summary>
    bool Opens(string credentials);
}

/// <summary>Callers that are no user: they have no subject, so that they own nothing.</summary>
public static class ServiceCaller
{
    private const string Claim = "service";

    internal static ClaimsPrincipal Principal(string scheme) => new(new ClaimsIdentity([new Claim(Claim, "true")], scheme));

    public static bool IsService(this ClaimsPrincipal caller) => caller.HasClaim(Claim, "true");

    /// <summary>Lets callers with a service key in, beside the owner. The route must stand on the list in <see cref="Access"/> too.</summary>
    public static RouteHandlerBuilder OpenToService(this RouteHandlerBuilder endpoint) => endpoint.WithMetadata(new Mark());

    internal static bool IsOpenToService(this Endpoint endpoint) => endpoint.Metadata.GetMetadata<Mark>() is not null;

    private sealed class Mark;
}
