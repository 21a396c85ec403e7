namespace TaskSlices.Features.Accounts.BetterAuth;

/// <summary>What Better Auth answers with 200.</summary>
public sealed record BetterAuthResponse<T>(T Body) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext) =>
        httpContext.Response.WriteAsJsonAsync(
            Body, httpContext.RequestServices.GetRequiredService<AccountJson>().Options, "application/json", httpContext.RequestAborted);
}
