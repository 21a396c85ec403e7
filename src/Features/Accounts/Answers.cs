using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;

namespace TaskSlices.Features.Accounts;

/// <summary>How these routes write JSON: names in camelCase, as Better Auth does; everything else as the whole API does.</summary>
public sealed class AccountJson(IOptions<JsonOptions> json)
{
    public JsonSerializerOptions Options { get; } = new(json.Value.SerializerOptions) { PropertyNamingPolicy = JsonNamingPolicy.CamelCase };
}

/// <summary>What Better Auth answers with 200.</summary>
public sealed record Answer<T>(T Body) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext) =>
        httpContext.Response.WriteAsJsonAsync(
            Body, httpContext.RequestServices.GetRequiredService<AccountJson>().Options, "application/json", httpContext.RequestAborted);
}

/// <summary>What Better Auth answers with any other status: for the program, and, where there is one, a sentence for the person.</summary>
public sealed record Refusal(
    [property: JsonIgnore] int Status, string Message, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Code = null) : IResult
{
    public static readonly Refusal Unauthorized = new(401, "Unauthorized", "UNAUTHORIZED");
    public static readonly Refusal WrongCredentials = new(401, "Invalid email or password", "INVALID_EMAIL_OR_PASSWORD");
    public static readonly Refusal InvalidEmail = new(400, "Invalid email", "INVALID_EMAIL");
    public static readonly Refusal PasswordTooShort = new(400, "Password too short", "PASSWORD_TOO_SHORT");
    public static readonly Refusal PasswordTooLong = new(400, "Password too long", "PASSWORD_TOO_LONG");
    public static readonly Refusal EmailTaken = new(422, "User already exists. Use another email.", "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL");
    public static readonly Refusal MalformedBody = new(400, "Invalid JSON in request body", "BAD_REQUEST");
    public static readonly Refusal MissingOrigin = new(403, "Missing or null Origin", "MISSING_OR_NULL_ORIGIN");
    public static readonly Refusal InvalidOrigin = new(403, "Invalid origin", "INVALID_ORIGIN");
    public static readonly Refusal CrossSiteNavigation = new(
        403, "Cross-site navigation login blocked. This request appears to be a CSRF attack.", "CROSS_SITE_NAVIGATION_LOGIN_BLOCKED");
    public static readonly Refusal InvalidCallback = new(403, "Invalid callbackURL", "INVALID_CALLBACK_URL");
    public static readonly Refusal CallbackNotText = new(400, "Invalid callbackURL: expected a string");
    public static readonly Refusal NoPostOfSession = new(
        405, "POST method requires deferSessionRefresh to be enabled in session config", "METHOD_NOT_ALLOWED_DEFER_SESSION_REQUIRED");

    /// <summary>In seconds.</summary>
    [JsonIgnore]
    public int RetryAfter { get; private init; }

    public static Refusal MediaType(string? type) =>
        new(415, $"Content-Type \"{type}\" is not allowed. Allowed types: application/json", "UNSUPPORTED_MEDIA_TYPE");

    public static Refusal TooMany(TimeSpan wait) =>
        new(429, "Too many requests. Please try again later.") { RetryAfter = Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds)) };

    /// <summary>Null if no rule has found anything.</summary>
    public static Refusal? Of(params string?[] faults) =>
        faults.OfType<string>().ToArray() is { Length: > 0 } found ? new(400, string.Join("; ", found), "VALIDATION_ERROR") : null;

    public Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.StatusCode = Status;

        if (RetryAfter > 0)
            httpContext.Response.Headers["X-Retry-After"] = $"{RetryAfter}";

        return httpContext.Response.WriteAsJsonAsync(
            this, httpContext.RequestServices.GetRequiredService<AccountJson>().Options, "application/json", httpContext.RequestAborted);
    }
}

/// <summary>An account as Better Auth shows it to its owner.</summary>
public sealed record UserPicture(
    string Name, string Email, bool EmailVerified, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Image,
    DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, string Id)
{
    public static UserPicture Of(Account account) =>
        new(account.Name, account.Email, account.EmailVerified, account.Image, account.CreatedAt, account.UpdatedAt, account.UserId);
}

/// <summary>A session as Better Auth shows it to its owner.</summary>
public sealed record SessionPicture(
    DateTimeOffset ExpiresAt, string Token, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, string IpAddress, string UserAgent, string UserId, string Id)
{
    /// <param name="session">Any of the user's.</param>
    /// <param name="token">Its token, where the request has brought it; only the digest is kept, so another session shows its id, which opens nothing.</param>
    public static SessionPicture Of(Session session, string? token = null) =>
        new(session.ExpiresAt, token ?? session.Id, session.CreatedAt, session.UpdatedAt, session.IpAddress, session.UserAgent, session.UserId, session.Id);
}
