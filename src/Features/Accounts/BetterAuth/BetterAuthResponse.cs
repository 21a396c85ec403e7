namespace TaskSlices.Features.Accounts.BetterAuth;

/// <summary>A 200 with JSON as Better Auth writes it.</summary>
public sealed record BetterAuthResponse<T>(T Body) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext) =>
        httpContext.Response.WriteAsJsonAsync(
            Body, httpContext.RequestServices.GetRequiredService<AccountJson>().Options, "application/json", httpContext.RequestAborted);
}
