using System.Reflection;
using FastEndpoints;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.EntityFrameworkCore;
using TaskSlices.Infrastructure.Auth;
using TaskSlices.Infrastructure.Hosting;
using TaskSlices.Infrastructure.Http;

namespace TaskSlices.Infrastructure.Slices;

/// <summary>Looks at every endpoint at the start: one that is open by mistake, or has no owner, stops the process.</summary>
public static class SliceAudit
{
    /// <summary>
    /// The routes that need no token, each with the reason. A slice is open if its route is one of these. A new one is a decision for the
    /// whole team.
    /// </summary>
    private static readonly Dictionary<string, string> Public = new(StringComparer.Ordinal)
    {
        ["/api/auth/change-email"] = "by the cookie, from a page that may",
        ["/api/auth/change-password"] = "by the cookie, from a page that may, with the password once more",
        ["/api/auth/delete-user"] = "by the cookie, from a page that may, with the password or a new session",
        ["/api/auth/get-session"] = "tells a page whether it is signed in, by its cookie; nothing without one",
        ["/api/auth/jwks"] = "public keys",
        ["/api/auth/list-sessions"] = "by the cookie, like all of these: 401 without one",
        ["/api/auth/ok"] = "says that accounts are kept here",
        ["/api/auth/request-password-reset"] = "whoever forgot the password can't sign in; limited by address and account",
        ["/api/auth/reset-password"] = "by the token of a mail; limited by address",
        ["/api/auth/reset-password/{token}"] = "leads on, by the token of a mail",
        ["/api/auth/revoke-other-sessions"] = "by the cookie, from a page that may",
        ["/api/auth/revoke-session"] = "by the cookie, from a page that may",
        ["/api/auth/revoke-sessions"] = "by the cookie, from a page that may",
        ["/api/auth/sign-in/email"] = "whoever signs in has no token yet; limited by address and account",
        ["/api/auth/sign-out"] = "by the cookie, from a page that may",
        ["/api/auth/sign-up/email"] = "whoever signs up has no token yet; limited by address",
        ["/api/auth/token"] = "gives the token, by the cookie",
        ["/api/auth/update-user"] = "by the cookie, from a page that may",
        ["/health/live"] = "asked by whatever restarts the process, and says nothing about anybody",
        ["/health/ready"] = "asked by whatever routes traffic here, and says nothing about anybody",
    };

    /// <summary>
    /// The users' routes that a caller with a service key may use for any user, each with the reason; its slice says so too.
    /// </summary>
    private static readonly Dictionary<string, string> Service = new(StringComparer.Ordinal)
    {
        ["DELETE /api/{user_id}"] = "a Better Auth server that deletes a user has the user erased here",
        ["GET /api/{user_id}/export"] = "a server that answers for the user's data asks for what is kept here",
    };

    private static readonly HashSet<Type> Entities =
    [
        .. typeof(SliceAudit).Assembly.GetTypes().SelectMany(type => type.GetInterfaces())
            .Where(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IEntityTypeConfiguration<>))
            .Select(i => i.GetGenericArguments()[0]),
    ];

    /// <summary>The list of all routes that FastEndpoints maps for its test helpers; the fallback policy keeps it from strangers.</summary>
    private const string FrameworkRoute = "/_test_url_cache_";

    /// <summary>Whether the route, as it is written in Configure, needs no token.</summary>
    public static bool IsPublic(string route) => Public.ContainsKey(route);

    /// <exception cref="StartupException">The message names each mistake, with its mend.</exception>
    public static void Run(IEnumerable<Endpoint> endpoints)
    {
        var routes = endpoints.OfType<RouteEndpoint>().ToList();
        var mistakes = routes.SelectMany(Mistakes).Concat(SharedNames(routes)).Concat(SharedRoutes(routes)).Distinct().ToArray();

        if (mistakes.Length > 0)
            throw new StartupException(string.Join(Environment.NewLine, mistakes));
    }

    /// <summary>ASP.NET Core finds two endpoints of one name only when it routes a request, and fails every request then.</summary>
    private static IEnumerable<string> SharedNames(List<RouteEndpoint> endpoints) =>
        from endpoint in endpoints
        let name = endpoint.Metadata.GetMetadata<IEndpointNameMetadata>()?.EndpointName
        where name is not null
        group endpoint.Metadata.GetMetadata<EndpointDefinition>()?.EndpointType.FullName by name into same
        where same.Count() > 1
        select $"Two slices are called {same.Key}: {string.Join(" and ", same)}. Rename one of the classes.";

    private static IEnumerable<string> SharedRoutes(List<RouteEndpoint> endpoints) =>
        from endpoint in endpoints
        from verb in endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? []
        group endpoint by $"{verb} {Shape(endpoint.RoutePattern)}" into same
        where same.Count() > 1
        let names = same.Select(e => e.Metadata.GetMetadata<EndpointDefinition>()?.EndpointType.Name ?? e.DisplayName)
        select $"Two slices have one route, {same.Key}: {string.Join(" and ", names)}. Change one of the routes.";

    /// <summary>What decides whether a path matches: the name of a parameter does not.</summary>
    private static string Shape(RoutePattern pattern) =>
        string.Concat(pattern.PathSegments.Select(segment => $"/{string.Concat(segment.Parts.Select(part => part switch
        {
            RoutePatternLiteralPart literal => literal.Content,
            RoutePatternSeparatorPart separator => separator.Content,
            RoutePatternParameterPart parameter => $"{{{string.Join(':', parameter.ParameterPolicies.Select(policy => policy.Content))}}}",
            _ => "",
        }))}"));

    private static IEnumerable<string> Mistakes(RouteEndpoint endpoint)
    {
        var slice = endpoint.Metadata.GetMetadata<EndpointDefinition>();
        var route = $"/{endpoint.RoutePattern.RawText?.Trim('/')}";
        var name = slice?.EndpointType.Name ?? route;
        var anonymous = endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null;
        var owned = endpoint.RoutePattern.GetParameter(OwnerGuard.RouteValue) is not null;

        if (anonymous && owned)
            yield return $"{name} is anonymous on a user's route ({route}). Remove AllowAnonymous() from its Configure.";
        else if (anonymous && !Public.ContainsKey(route))
            yield return $"{name} is anonymous, and its route ({route}) is not on the list of public routes. "
                + "Remove AllowAnonymous() from its Configure, or add the route to SliceAudit.Public with the reason.";

        if (slice is null && !anonymous && route != FrameworkRoute)
            yield return $"{route} is not a slice: nothing compares its caller with an owner. "
                + "Make it an Endpoint<TRequest, TResponse> under src/Features.";

        if (slice is null || anonymous)
            yield break;

        foreach (var address in slice.Verbs!.Select(verb => $"{verb} {route}")
            .Where(address => endpoint.IsOpenToService() && !Service.ContainsKey(address)))
            yield return $"{name} is open to services, and its address ({address}) is not on the list of those that are. "
                + "Remove OpenToService() from its Configure, or add the address to SliceAudit.Service with the reason.";

        if (!owned)
            yield return $"{name} has no owner: its route ({route}) has no {{user_id}}. "
                + "Write the route as /api/{user_id}/..., with the underscore.";

        if (!slice.ReqDtoType.IsAssignableTo(typeof(OwnedRequest)))
            yield return $"{name} has no owner: its request is not an OwnedRequest. Write 'record {slice.ReqDtoType.Name} : OwnedRequest'.";
        else if (slice.ReqDtoType.GetProperties()
            .Any(p => p.Name == nameof(OwnedRequest.UserId) && p.DeclaringType != typeof(OwnedRequest)))
            yield return $"{name} hides its owner: {slice.ReqDtoType.Name} declares a UserId of its own. "
                + "Remove it, and use the one of OwnedRequest.";

        if (slice.ValidatorType is null && Texts(slice.ReqDtoType).FirstOrDefault() is { } text)
            yield return $"{name} takes {text.Name} from the body and has no validator. "
                + $"Write 'class {name}Validator : Validator<{slice.ReqDtoType.Name}>' with a limit for it.";

        if (FindEntity(slice.ResDtoType, []) is { } entity)
            yield return $"{name} answers with the entity {entity.Name}: its columns would be the contract. "
                + "Answer with a record of your own, as TaskResponse is.";

        foreach (var parameter in endpoint.RoutePattern.Parameters
            .Where(p => p.Name != OwnerGuard.RouteValue && !IsBound(p, slice.ReqDtoType)))
            yield return $"{name} does not read {{{parameter.Name}}} of its route ({route}). "
                + $"Give {slice.ReqDtoType.Name} a [RouteParam] property of that name.";
    }

    private static bool IsBound(RoutePatternParameterPart parameter, Type request) =>
        request.GetProperties().Any(p => p.IsDefined(typeof(RouteParamAttribute)) && Json.WireName(p) == parameter.Name);

    /// <summary>The members of the body that have no limit by their type.</summary>
    private static IEnumerable<PropertyInfo> Texts(Type request) => request.GetProperties()
        .Where(p => p.SetMethod is not null && !p.IsDefined(typeof(NonJsonBindingAttribute)) && p.PropertyType is { IsValueType: false });

    private static Type? FindEntity(Type type, HashSet<Type> seen)
    {
        if (!seen.Add(type))
            return null;

        if (Entities.Contains(type))
            return type;

        IEnumerable<Type> parts = type.GetGenericArguments();
        if (type.IsArray)
            parts = [type.GetElementType()!];
        else if (type.Assembly == typeof(SliceAudit).Assembly)
            parts = parts.Concat(type.GetProperties().Select(p => p.PropertyType));

        return parts.Select(part => FindEntity(part, seen)).FirstOrDefault(found => found is not null);
    }
}
