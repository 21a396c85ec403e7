using System.Globalization;
using System.Reflection;
using FastEndpoints;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using TaskSlices.Features.Accounts;
using TaskSlices.Infrastructure.Auth;
using TaskSlices.Infrastructure.Data;
using TaskSlices.Infrastructure.Http;
using TaskSlices.Infrastructure.Slices;

namespace TaskSlices.Features.UserData;

[Example("""{"password": "correct horse battery"}""")]
public sealed record EraseUserRequest : OwnedRequest
{
    public string? Password { get; init; }
}

public sealed class EraseUserValidator : Validator<EraseUserRequest>
{
    // Whether it is there at all is the handler's question: a caller with the service key needs none.
    public EraseUserValidator() => RuleFor(r => r.Password).Characters(0, Account.PasswordLimit);
}

[Example("""{"user_id": "ann", "message": "User erased"}""")]
public sealed record EraseUserResponse(string UserId, string Message);

public sealed class EraseUser(
    AppDb db, Erasure erasure, Passwords passwords, SignInLimits limits, IOptions<AuthSettings> auth)
    : Endpoint<EraseUserRequest, Results<Ok<EraseUserResponse>, EraseRefused>>
{
    public override void Configure()
    {
        Delete("/api/{user_id}");
        Description(endpoint => endpoint.OpenToService().NotInBatch());
        Summary(s =>
        {
            s.Summary = "Erase the user: tasks, sessions, account";
            s.Description = "The body has the password once more, {\"password\": \"...\"}; callers with the service key need none.";
        });
    }

    public override async Task<Results<Ok<EraseUserResponse>, EraseRefused>> ExecuteAsync(EraseUserRequest req, CancellationToken ct)
    {
        if (!HttpContext.User.IsService() && await FindRefusalAsync(req, ct) is { } refusal)
            return refusal;

        await erasure.RunAsync(req.UserId, ct);

        return TypedResults.Ok(new EraseUserResponse(req.UserId, "User erased"));
    }

    private async Task<EraseRefused?> FindRefusalAsync(EraseUserRequest req, CancellationToken ct)
    {
        if (auth.Value.IsDelegated)
            return EraseRefused.KeptElsewhere;

        if (string.IsNullOrEmpty(req.Password))
            return EraseRefused.NoPassword;

        var account = await db.Accounts.AsNoTracking().SingleOrDefaultAsync(a => a.UserId == req.UserId, ct);
        if (account is null && auth.Value.IsDevelopment)
            return EraseRefused.KeptElsewhere;

        var name = account?.Email ?? req.UserId;
        if (await limits.TakeAsync(HttpContext.Connection.RemoteIpAddress, name) is { } wait)
            return EraseRefused.TooMany(wait);

        if (await passwords.VerifyAsync(account, req.Password, ct) is not { } result)
        {
            await limits.GiveBackAsync(name);
            return EraseRefused.TooMany(TimeSpan.FromSeconds(1));
        }

        if (result is PasswordVerificationResult.Failed)
            return EraseRefused.WrongPassword;

        await limits.GiveBackAsync(name);

        return null;
    }
}

/// <summary>Not 401 and not 403: the caller is who it says, and stays signed in.</summary>
public sealed class EraseRefused(int status, string code, string detail, TimeSpan? wait = null) : IResult, IEndpointMetadataProvider
{
    public static readonly EraseRefused NoPassword = new(422, "VALIDATION_FAILED", "password is required: this can't be undone.");
    public static readonly EraseRefused WrongPassword = new(422, "WRONG_PASSWORD", "password is not right.");
    public static readonly EraseRefused KeptElsewhere = new(
        422, "ACCOUNT_KEPT_ELSEWHERE",
        "The account is kept by another server; delete it there, and that server erases it here with its service key.");

    private ProblemCode Declared => new(status, code);

    public static EraseRefused TooMany(TimeSpan wait) => new(429, "TOO_MANY_REQUESTS", "Too many wrong passwords; wait a little.", wait);

    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder)
    {
        foreach (var status in new[] { 400, 413, 415, 422, 429 })
            builder.Metadata.Add(new ProducesResponseTypeMetadata(status, typeof(Problem), [Problem.MediaType]));
        foreach (var refused in new[] { WrongPassword, KeptElsewhere })
            builder.Metadata.Add(refused.Declared);
    }

    public Task ExecuteAsync(HttpContext httpContext)
    {
        if (wait is { } time)
            httpContext.Response.Headers.RetryAfter = Math.Max(1, Math.Ceiling(time.TotalSeconds)).ToString(CultureInfo.InvariantCulture);

        FieldError[]? errors = status == StatusCodes.Status422UnprocessableEntity ? [new("password", detail)] : null;

        return Problem.For(httpContext, status, code, detail, errors).ExecuteAsync(httpContext);
    }
}
