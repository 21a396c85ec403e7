using Microsoft.AspNetCore.Http;

namespace FastEndpoints;

/// <summary>Whether this request has its answer (surface section 10).</summary>
public static class HttpContextExtensions
{
    private static readonly object StartedKey = new();

    public static bool ResponseStarted(this HttpContext ctx) => ctx.Response.HasStarted || ctx.Items.ContainsKey(StartedKey);

    public static void MarkResponseStart(this HttpContext ctx) => ctx.Items[StartedKey] = true;
}

/// <summary>Answers from outside an endpoint (surface section 11.2).</summary>
public static class HttpResponseExtensions
{
    public static async Task<Void> SendResultAsync(this HttpResponse rsp, IResult result)
    {
        rsp.HttpContext.MarkResponseStart();
        await result.ExecuteAsync(rsp.HttpContext);

        return Void.Instance;
    }
}

/// <summary>What sending returns (surface section 1).</summary>
public sealed class Void
{
    internal static readonly Void Instance = new();

    private Void() { }
}
