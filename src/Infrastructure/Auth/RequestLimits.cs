using System.Globalization;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.Options;
using TaskSlices.Infrastructure.Hosting;
using TaskSlices.Infrastructure.Http;

namespace TaskSlices.Infrastructure.Auth;

/// <summary>
/// Limits the requests of each user, and of each address for what has no user, reads and writes apart. A request counts once: for its user
/// if it has one, also where that is refused later; a service key is not limited. See docs/decisions/0018-limits.md.
/// </summary>
public sealed class RequestLimits(IOptions<LimitSettings> options, TimeProvider clock) : IDisposable
{
    /// <summary>Begins with the first request of a caller.</summary>
    internal static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Addresses share so many counters, by a seeded hash: who has many can neither make the memory grow nor choose whom to disturb. A
    /// user's counter is the user's own; it goes when it was not used for a while.
    /// </summary>
    private const int Slots = 1 << 14;

    private readonly LimitSettings _settings = options.Value;

    /// <summary>Made with the first that is counted: it looks each 100 ms for counters that are not used any more.</summary>
    private readonly Lazy<PartitionedRateLimiter<Caller>> _limiter = new(() => MakeLimiter(options.Value, clock));

    /// <summary>Counts a request.</summary>
    /// <returns>Its answer, if it is one too many; null if it may go on.</returns>
    public TooManyRequests? Take(HttpContext context) =>
        context.User.IsService() ? null : Take(Caller.Of(context, context.User.FindFirst(OwnerGuard.SubjectClaim)?.Value), 1);

    /// <summary>Counts what a request does beyond the first, as a batch does; at most as much as one window has.</summary>
    /// <returns>Its answer, if that is too much; null if it may go on.</returns>
    public TooManyRequests? TakeMore(HttpContext context, int count)
    {
        var caller = Caller.Of(context, context.User.FindFirst(OwnerGuard.SubjectClaim)?.Value);

        return Math.Min(count, LimitOf(caller) - 1) is > 0 and var more ? Take(caller, more) : null;
    }

    /// <summary>
    /// Whether the address of the request has not used up what it may ask without a user. To be asked before something costly finds out
    /// that there is none.
    /// </summary>
    public bool AdmitsAddress(HttpContext context) => Take(Caller.Of(context, user: null), 0) is null;

    public void Dispose()
    {
        if (_limiter.IsValueCreated)
            _limiter.Value.Dispose();
    }

    private static PartitionedRateLimiter<Caller> MakeLimiter(LimitSettings settings, TimeProvider clock)
    {
        Func<Caller, RateLimiter> make = caller =>
            new RequestWindow(caller.Writes ? settings.WritesPerMinute : settings.ReadsPerMinute, Window, clock);

        return PartitionedRateLimiter.Create<Caller, Caller>(caller => RateLimitPartition.Get(caller, make));
    }

    private TooManyRequests? Take(Caller caller, int count)
    {
        var limit = LimitOf(caller);
        if (limit == 0)
            return null;

        using var lease = _limiter.Value.AttemptAcquire(caller, count);
        if (lease.IsAcquired)
            return null;

        var wait = lease.TryGetMetadata(MetadataName.RetryAfter, out var time) ? time : Window;
        var left = _limiter.Value.GetStatistics(caller)?.CurrentAvailablePermits ?? 0;

        return new TooManyRequests(caller.Writes ? "writes" : "reads", limit, left, wait);
    }

    private int LimitOf(Caller caller) => caller.Writes ? _settings.WritesPerMinute : _settings.ReadsPerMinute;

    /// <param name="User">Null if there is none.</param>
    /// <param name="Slot">Of the address, if there is no user.</param>
    /// <param name="Writes">Whether its requests change something.</param>
    private readonly record struct Caller(string? User, int Slot, bool Writes)
    {
        public static Caller Of(HttpContext context, string? user)
        {
            var method = context.Request.Method;
            var writes = !HttpMethods.IsGet(method) && !HttpMethods.IsHead(method) && !HttpMethods.IsOptions(method);

            return new Caller(user, user is null ? SlotOf(context) : 0, writes);
        }

        // .NET seeds these hashes anew in each process.
        private static int SlotOf(HttpContext context) =>
            (HashCode.Combine(Addresses.NetworkOf(context.Connection.RemoteIpAddress)) & int.MaxValue) % Slots;
    }
}

/// <summary>429, with what draft-ietf-httpapi-ratelimit-headers-10 (sections 3 and 4) says of the limit.</summary>
/// <param name="name">Of the policy.</param>
/// <param name="limit">Its quota.</param>
/// <param name="left">What is left of it.</param>
/// <param name="wait">How long until it is whole again.</param>
public sealed class TooManyRequests(string name, int limit, long left, TimeSpan wait) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext)
    {
        var (headers, seconds) = (httpContext.Response.Headers, Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds)));
        headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        headers["RateLimit-Policy"] = FormattableString.Invariant($"\"{name}\";q={limit};w={RequestLimits.Window.TotalSeconds}");
        headers["RateLimit"] = FormattableString.Invariant($"\"{name}\";r={left};t={seconds}");
        var detail = FormattableString.Invariant($"More than {limit} {name} in a minute; wait {seconds} s.");

        return Problem.For(httpContext, StatusCodes.Status429TooManyRequests, detail: detail).ExecuteAsync(httpContext);
    }
}

public static class RateLimits
{
    /// <summary>
    /// Must stand behind authentication, which says whose a request is. Operations of a batch are counted with it; what needs no limit says
    /// so (<see cref="RateLimiterEndpointConventionBuilderExtensions.DisableRateLimiting{TBuilder}"/>).
    /// </summary>
    public static void UseRateLimits(this IApplicationBuilder app)
    {
        var limits = app.ApplicationServices.GetRequiredService<RequestLimits>();
        app.Use((context, next) =>
            IsCounted(context) && limits.Take(context) is { } refusal ? refusal.ExecuteAsync(context) : next(context));
    }

    private static bool IsCounted(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<DisableRateLimitingAttribute>() is null && context.Features.Get<BatchPlace>() is null;
}
