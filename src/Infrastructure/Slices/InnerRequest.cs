using FastEndpoints;
using Microsoft.AspNetCore.Http.Features;
using TaskSlices.Infrastructure.Http;

namespace TaskSlices.Infrastructure.Slices;

/// <summary>
/// A request within a request: it shares the services, the caller and the connection of the outer one, and its answer is captured. So it
/// can run inside a unit: its answer is sent once the unit is on disk, and a store may have it run again.
/// </summary>
internal static class InnerRequest
{
    /// <summary>
    /// After that, the token of the slice is cancelled: it awaits something other than the database, and others wait for the unit.
    /// </summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    /// <param name="outer">The request that it is part of.</param>
    /// <param name="prepare">Makes it the request that is to be answered; it is an empty one at first.</param>
    /// <param name="next">What answers it.</param>
    /// <exception cref="TimeoutException">It took longer than <see cref="Limit"/>.</exception>
    public static async Task<CapturedAnswer> RunAsync(HttpContext outer, Action<HttpContext> prepare, RequestDelegate next)
    {
        var inner = new DefaultHttpContext();
        var response = new Response(outer);
        using var body = new MemoryStream();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(outer.RequestAborted);
        limit.CancelAfter(Limit);
        inner.Features.Set<IHttpResponseFeature>(response);
        inner.Features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(body));
        inner.Features.Set(outer.Features.Get<IHttpConnectionFeature>());
        inner.RequestServices = outer.RequestServices;
        inner.TraceIdentifier = outer.TraceIdentifier;
        inner.RequestAborted = limit.Token;
        inner.User = outer.User;
        prepare(inner);

        try
        {
            await next(inner);
        }
        catch (OperationCanceledException e) when (limit.IsCancellationRequested && !outer.RequestAborted.IsCancellationRequested)
        {
            var slice = inner.GetEndpoint()?.Metadata.GetMetadata<EndpointDefinition>()?.EndpointType.Name;
            throw new TimeoutException($"{slice} did not end within {Limit.TotalSeconds:0} s, while others wait for its unit.", e);
        }
        catch when (inner.Features.Get<BatchPlace>() is { } place)
        {
            // For the problem of the outer one.
            outer.Features.Set(place);
            throw;
        }

        await response.StartAsync();
        await inner.Response.CompleteAsync();

        return new CapturedAnswer(response.StatusCode, response.Headers, body.ToArray());
    }

    /// <summary>Runs callbacks for the start of the answer when it is complete, those for its end with those of the outer one.</summary>
    private sealed class Response(HttpContext outer) : HttpResponseFeature
    {
        private readonly Stack<(Func<object, Task> Callback, object State)> _starting = [];

        public override void OnStarting(Func<object, Task> callback, object state) => _starting.Push((callback, state));

        public override void OnCompleted(Func<object, Task> callback, object state) => outer.Response.OnCompleted(callback, state);

        public async Task StartAsync()
        {
            while (_starting.TryPop(out var starting))
                await starting.Callback(starting.State);
        }
    }
}

/// <summary>An answer that was not sent.</summary>
internal sealed record CapturedAnswer(int Status, IHeaderDictionary Headers, byte[] Body)
{
    public bool IsSuccess => Status is >= 200 and < 300;

    /// <summary>Sends it as the answer to that request.</summary>
    public async Task SendAsync(HttpContext context)
    {
        var response = context.Response;
        response.StatusCode = Status;
        foreach (var (name, values) in Headers)
            response.Headers[name] = values;

        response.ContentLength = null;
        if (Body.Length == 0)
            return;

        response.ContentLength = Body.Length;
        await response.Body.WriteAsync(Body, context.RequestAborted);
    }
}

/// <summary>Ends a unit whose request was not answered with success: nothing of it is kept.</summary>
internal sealed class UndoneException(CapturedAnswer answer) : Exception("The request was not answered with success.")
{
    public CapturedAnswer Answer { get; } = answer;
}
