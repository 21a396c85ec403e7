using System.Text.Json.Serialization;
using TaskSlices.Infrastructure.Http;
using TaskSlices.Infrastructure.Slices;

namespace TaskSlices.Features.Accounts.BetterAuth;

/// <summary>An error in Better Auth's shape: a message, and mostly a code for programs.</summary>
[Example("""{"message": "Unauthorized", "code": "UNAUTHORIZED"}""")]
public sealed record BetterAuthError(
    [property: JsonIgnore] int Status,
    string Message,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Code = null) : IResult
{
    public static readonly BetterAuthError Unauthorized = new(401, "Unauthorized", "UNAUTHORIZED");
    public static readonly BetterAuthError WrongCredentials = new(401, "Invalid email or password", "INVALID_EMAIL_OR_PASSWORD");
    public static readonly BetterAuthError InvalidPassword = new(400, "Invalid password", "INVALID_PASSWORD");
    public static readonly BetterAuthError InvalidEmail = new(400, "Invalid email", "INVALID_EMAIL");
    public static readonly BetterAuthError PasswordTooShort = new(400, "Password too short", "PASSWORD_TOO_SHORT");
    public static readonly BetterAuthError PasswordTooLong = new(400, "Password too long", "PASSWORD_TOO_LONG");
    public static readonly BetterAuthError EmailTaken = new(
        422, "User already exists. Use another email.", "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL");
    public static readonly BetterAuthError SignUpDisabled = new(
        403, "Email and password sign up is not enabled", "EMAIL_PASSWORD_SIGN_UP_DISABLED");
    public static readonly BetterAuthError NoInvitation = new(403, "Sign-up needs a valid invitation", "INVALID_INVITATION");
    public static readonly BetterAuthError NoFields = new(400, "No fields to update");
    public static readonly BetterAuthError EmailNotHere = new(400, "Email can not be updated", "EMAIL_CAN_NOT_BE_UPDATED");
    public static readonly BetterAuthError SameEmail = new(400, "Email is the same");
    public static readonly BetterAuthError ResetDisabled = new(400, "Reset password isn't enabled", "RESET_PASSWORD_DISABLED");
    public static readonly BetterAuthError InvalidToken = new(400, "Invalid token", "INVALID_TOKEN");
    public static readonly BetterAuthError NoSuchToken = new(404, "Invalid token", "INVALID_TOKEN");
    public static readonly BetterAuthError SessionNotFresh = new(
        400, "Session expired. Re-authenticate to perform this action.", "SESSION_EXPIRED");
    public static readonly BetterAuthError NoHost = new(400, "Missing Host header", "BAD_REQUEST");
    public static readonly BetterAuthError MalformedBody = new(400, "Invalid JSON in request body", "BAD_REQUEST");
    public static readonly BetterAuthError MissingOrigin = new(403, "Missing or null Origin", "MISSING_OR_NULL_ORIGIN");
    public static readonly BetterAuthError InvalidOrigin = new(403, "Invalid origin", "INVALID_ORIGIN");
    public static readonly BetterAuthError CrossSiteNavigation = new(
        403, "Cross-site navigation login blocked. This request appears to be a CSRF attack.", "CROSS_SITE_NAVIGATION_LOGIN_BLOCKED");
    public static readonly BetterAuthError InvalidCallback = new(403, "Invalid callbackURL", "INVALID_CALLBACK_URL");
    public static readonly BetterAuthError CallbackNotText = new(400, "Invalid callbackURL: expected a string");
    public static readonly BetterAuthError NoCallback = new(
        400, "[query.callbackURL] Invalid input: expected string, received undefined", "VALIDATION_ERROR");
    public static readonly BetterAuthError InvalidRedirect = new(403, "Invalid redirectURL", "INVALID_REDIRECT_URL");
    public static readonly BetterAuthError RedirectNotText = new(400, "Invalid redirectURL: expected a string");
    public static readonly BetterAuthError NoPostOfSession = new(
        405, "POST method requires deferSessionRefresh to be enabled in session config", "METHOD_NOT_ALLOWED_DEFER_SESSION_REQUIRED");

    /// <summary>What goes with a 429.</summary>
    public static readonly SentHeader RetryHeader = new("X-Retry-After", "When to try again, in seconds.", "integer");

    private static readonly BetterAuthError TooManyRequests = new(429, "Too many requests. Please try again later.");

    /// <summary>In seconds.</summary>
    [JsonIgnore]
    public int RetryAfter { get; private init; }

    public static BetterAuthError MediaType(string? type) =>
        new(415, $"Content-Type \"{type}\" is not allowed. Allowed types: application/json", "UNSUPPORTED_MEDIA_TYPE");

    public static BetterAuthError TooMany(TimeSpan wait) =>
        TooManyRequests with { RetryAfter = Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds)) };

    /// <summary>What the API refuses with a problem.</summary>
    public static BetterAuthError Of(Problem problem) => problem.Status == TooManyRequests.Status
        ? TooManyRequests : new(problem.Status, problem.Detail, problem.Code);

    /// <summary>One validation error of all faults that were found; null if there is none.</summary>
    public static BetterAuthError? Of(params string?[] faults) =>
        faults.OfType<string>().ToArray() is { Length: > 0 } found ? new(400, string.Join("; ", found), "VALIDATION_ERROR") : null;

    /// <summary>What the rules of its members find wrong with a body; null if nothing.</summary>
    public static BetterAuthError? In<T>(T body) where T : notnull =>
        Of([.. Members<T>.Checked.Select(member => member.Rule!.FindFault((Input)member.Property.GetValue(body)!, member.Name))]);

    public Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.StatusCode = Status;

        var headers = httpContext.Response.Headers;
        if (RetryAfter > 0)
            headers[RetryHeader.Name] = $"{RetryAfter}";
        else if (headers.RetryAfter.Count > 0)
            headers[RetryHeader.Name] = headers.RetryAfter;

        return httpContext.Response.WriteAsJsonAsync(
            this, httpContext.RequestServices.GetRequiredService<AccountJson>().Options, "application/json", httpContext.RequestAborted);
    }

    private static class Members<T>
    {
        public static BodyMember[] Checked { get; } = [.. BodyMember.Of(typeof(T)).Where(member => member.Rule is not null)];
    }
}
