using System.Diagnostics;
using System.Reflection;
using System.Text.Json;
using FastEndpoints;
using FluentValidation;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Net.Http.Headers;
using TaskSlices.Infrastructure.Auth;
using TaskSlices.Infrastructure.Data;
using TaskSlices.Infrastructure.Http;

namespace TaskSlices.Infrastructure.Slices;

/// <summary>A request to one of the user's slices, as a part of a batch.</summary>
public sealed record BatchOperation
{
    public string Method { get; init; } = "";

    /// <summary>Below the user's own address: /tasks for /api/{user_id}/tasks.</summary>
    public string Path { get; init; } = "";

    public JsonElement? Body { get; init; }

    /// <summary>The header If-Match.</summary>
    public string? IfMatch { get; init; }

    /// <summary>The header If-None-Match.</summary>
    public string? IfNoneMatch { get; init; }

    /// <summary>The header Idempotency-Key, for a POST.</summary>
    public string? IdempotencyKey { get; init; }
}

/// <summary>What one operation would have been answered with.</summary>
/// <param name="Status">200 to 299.</param>
/// <param name="Location">Where the new row is, if there is one.</param>
/// <param name="Etag">The entity tag of the row, if the answer is one.</param>
/// <param name="Body">Null if the answer has none, or one that is not JSON.</param>
public sealed record BatchResult(int Status, string? Location, string? Etag, JsonElement? Body);

/// <summary>
/// Carries out several requests in one unit: all of them or none. Each enters the pipeline before routing, as one from outside does, and
/// goes through the same routing, authorization, guard, validation and slice.
/// </summary>
public static class Batches
{
    /// <summary>The most operations of a batch. The body of the batch has the limit of any other.</summary>
    public const int Limit = 100;

    /// <summary>After that, no other operation begins, and nothing is changed: on SQLite, every writer waits for the batch.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Finds the slice of a request, and leaves of its query what that declares. The operations of a batch enter here.
    /// </summary>
    public static void UseSliceRouting(this WebApplication app)
    {
        var entry = app.Services.GetRequiredService<Entry>();
        app.Use((RequestDelegate next) => entry.Pipeline = next);
        app.UseRouting();
        app.Use(static (context, next) => context.Features.Get<BatchPlace>() is null ? next(context) : AdmitAsync(context, next));
        app.UseDeclaredQuery();
    }

    /// <summary>Keeps the slice out of batches: it awaits more than the database, or is no part of anything.</summary>
    public static RouteHandlerBuilder NotInBatch(this RouteHandlerBuilder endpoint) => endpoint.WithMetadata(new Mark());

    /// <summary>Carries out the operations in their order, as one unit, which is on disk when the task completes.</summary>
    /// <param name="db">That of the scope, which the slices use.</param>
    /// <param name="context">The request that asks for it.</param>
    /// <param name="operations">Valid ones.</param>
    /// <param name="ct">Withdraws the whole.</param>
    /// <returns>The result of each; or the one that failed, and nothing was changed.</returns>
    public static async Task<(IReadOnlyList<BatchResult> Results, FailedOperation? Failed)> RunAsync(
        AppDb db, HttpContext context, IReadOnlyList<BatchOperation> operations, CancellationToken ct)
    {
        if (context.RequestServices.GetRequiredService<RequestLimits>().TakeMore(context, operations.Count - 1) is { } refusal)
            return ([], new FailedOperation(refusal));

        var pipeline = context.RequestServices.GetRequiredService<Entry>().Pipeline!;
        var address = context.Request.OwnAddress().TrimEnd('/');
        var user = address[..address.LastIndexOf('/')];
        try
        {
            return (await db.WriteAsync(RunEachAsync, ct), null);
        }
        catch (UndoneException undone)
        {
            return ([], new FailedOperation(undone.Answer));
        }
        catch (TooLongException)
        {
            // Of a machine that is busy, or of a batch that is large: a retry may succeed.
            context.Response.Headers.RetryAfter = $"{ErrorHandling.RetryAfter}";

            return ([], new FailedOperation(Problem.For(
                context, StatusCodes.Status503ServiceUnavailable, "BATCH_TOO_LONG",
                $"The operations before this one took more than {Longest.TotalSeconds:0} s, so nothing was changed. "
                + "Try again, with fewer at once.")));
        }

        async Task<IReadOnlyList<BatchResult>> RunEachAsync()
        {
            var began = Stopwatch.GetTimestamp();
            var results = new List<BatchResult>(operations.Count);
            foreach (var operation in operations)
            {
                // If the operation throws, the problem names it.
                context.Features.Set(new BatchPlace(results.Count, user + operation.Path));

                if (Stopwatch.GetElapsedTime(began) > Longest)
                    throw new TooLongException();

                // As a request of its own would find it: with nothing that another one has read or left unsaved.
                db.ChangeTracker.Clear();

                var answer = await InnerRequest.RunAsync(context, inner => Prepare(inner, context, operation), pipeline);
                if (!answer.IsSuccess)
                    throw new UndoneException(answer);

                results.Add(ResultOf(answer));
            }

            context.Features.Set<BatchPlace>(null);

            return results;
        }
    }

    private static void Prepare(HttpContext inner, HttpContext outer, BatchOperation operation)
    {
        var (from, to) = (outer.Request, inner.Request);
        (to.Method, to.Scheme, to.Protocol, to.PathBase) = (operation.Method, from.Scheme, from.Protocol, from.PathBase);
        to.Path = UserPath(from.Path).Add(PathString.FromUriComponent(operation.Path));
        to.Headers.Host = from.Headers.Host;
        to.Headers.Authorization = from.Headers.Authorization;
        Add(HeaderNames.IfMatch, operation.IfMatch);
        Add(HeaderNames.IfNoneMatch, operation.IfNoneMatch);
        Add(IdempotentRequests.Header, operation.IdempotencyKey);
        inner.Features.Set(outer.Features.Get<BatchPlace>());

        // No body is the same as {}, as it is from outside: RequestTidying.
        if (operation.Body is null && HttpMethods.IsDelete(operation.Method))
            return;

        var body = operation.Body is { } json ? System.Text.Encoding.UTF8.GetBytes(json.GetRawText()) : "{}"u8.ToArray();
        to.ContentType = "application/json";
        to.ContentLength = body.Length;
        to.Body = new MemoryStream(body, writable: false);

        void Add(string name, string? value)
        {
            if (value is not null)
                to.Headers[name] = value;
        }
    }

    /// <summary>Its first two segments: /api/ann of /api/ann/batch.</summary>
    private static PathString UserPath(PathString path) => new(string.Join('/', path.Value!.Split('/').Take(3)));

    private static BatchResult ResultOf(CapturedAnswer answer)
    {
        JsonElement? body = null;
        if (answer.Body.Length > 0 && MediaTypeHeaderValue.TryParse(answer.Headers.ContentType.ToString(), out var type) && type.IsJson())
        {
            using var document = JsonDocument.Parse(answer.Body);
            body = document.RootElement.Clone();
        }

        return new BatchResult(answer.Status, answer.Headers.Location, answer.Headers.ETag, body);
    }

    private static bool IsJson(this MediaTypeHeaderValue type) => type.SubType == "json" || type.Suffix == "json";

    /// <summary>Refuses an operation on what is no slice of the user; what routing itself has refused is answered further in.</summary>
    private static Task AdmitAsync(HttpContext context, RequestDelegate next) => context.GetEndpoint() switch
    {
        null => Problem.For(context, StatusCodes.Status404NotFound).ExecuteAsync(context),
        RouteEndpoint endpoint when !IsOpen(endpoint) => Problem.For(
            context, StatusCodes.Status422UnprocessableEntity, "NOT_IN_A_BATCH", "That can't be done in a batch.").ExecuteAsync(context),
        _ => next(context),
    };

    private static bool IsOpen(RouteEndpoint endpoint) =>
        endpoint.Metadata.GetMetadata<EndpointDefinition>() is not null && endpoint.Metadata.GetMetadata<Mark>() is null
        && endpoint.Metadata.GetMetadata<IAllowAnonymous>() is null
        && endpoint.RoutePattern.GetParameter(OwnerGuard.RouteValue) is not null;

    /// <summary>The pipeline from routing on, once it is built.</summary>
    internal sealed class Entry
    {
        public RequestDelegate? Pipeline { get; set; }
    }

    private sealed class Mark;

    private sealed class TooLongException : Exception;
}

public sealed class BatchOperationValidator : AbstractValidator<BatchOperation>
{
    private const int HeaderLimit = 1000;
    private const string PathRule = "{PropertyPath} must be a path below the user's own, such as /tasks, without a query.";

    public BatchOperationValidator()
    {
        RuleFor(o => o.Method).NotNull().Matches(@"^(POST|PUT|PATCH|DELETE)\z")
            .WithMessage("{PropertyPath} must be POST, PUT, PATCH or DELETE.");
        RuleFor(o => o.Path).NotNull().Matches(@"^(/([A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})+)+\z").WithMessage(PathRule)
            .Must(HasNoDots).WithMessage(PathRule);
        RuleFor(o => o.IfMatch).Characters(0, HeaderLimit);
        RuleFor(o => o.IfNoneMatch).Characters(0, HeaderLimit);
        RuleFor(o => o.IdempotencyKey).Characters(0, HeaderLimit);
        RuleFor(o => o.IdempotencyKey).Null().When(o => o.Method != "POST").WithMessage("{PropertyPath} is for POST.");
    }

    private static bool HasNoDots(string path) =>
        path.Split('/').All(segment => Uri.UnescapeDataString(segment) is not ("." or "..") and var text && !text.Any(char.IsControl));
}

/// <summary>The answer of the operation that was refused; its problem names the operation.</summary>
public sealed class FailedOperation : IResult, IEndpointMetadataProvider
{
    private readonly Func<HttpContext, Task> _answer;

    internal FailedOperation(CapturedAnswer answer) => _answer = answer.SendAsync;

    internal FailedOperation(IResult problem) => _answer = problem.ExecuteAsync;

    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder)
    {
        foreach (var status in new[] { 404, 405, 409, 412 })
            builder.Metadata.Add(new ProducesResponseTypeMetadata(status, typeof(Problem), [Problem.MediaType]));
        foreach (var code in new[] { "NOT_IN_A_BATCH", "QUOTA_EXCEEDED" })
            builder.Metadata.Add(new ProblemCode(StatusCodes.Status422UnprocessableEntity, code));

        builder.Metadata.Add(new ProblemCode(StatusCodes.Status503ServiceUnavailable, "BATCH_TOO_LONG"));
    }

    public Task ExecuteAsync(HttpContext httpContext) => _answer(httpContext);
}
