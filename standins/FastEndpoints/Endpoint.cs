using System.Text.Json;
using FluentValidation;
using FluentValidation.Results;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace FastEndpoints;

/// <summary>What every endpoint has; made anew for each request (surface sections 3.1 to 3.3).</summary>
public abstract class BaseEndpoint
{
    public EndpointDefinition Definition { get; internal set; } = null!;
    public HttpContext HttpContext { get; internal set; } = null!;

    /// <summary>Says where the endpoint is; runs once, when the process starts.</summary>
    public abstract void Configure();

    internal abstract Task RunAsync(EndpointPlan plan);
}

/// <summary>An endpoint whose ExecuteAsync returns its answer (surface sections 3.1 and 10).</summary>
public abstract class Endpoint<TRequest, TResponse> : BaseEndpoint where TRequest : notnull
{
    public abstract Task<TResponse> ExecuteAsync(TRequest req, CancellationToken ct);

    protected void Get(params string[] routePatterns) => Definition.At("GET", routePatterns);
    protected void Post(params string[] routePatterns) => Definition.At("POST", routePatterns);
    protected void Put(params string[] routePatterns) => Definition.At("PUT", routePatterns);
    protected void Patch(params string[] routePatterns) => Definition.At("PATCH", routePatterns);
    protected void Delete(params string[] routePatterns) => Definition.At("DELETE", routePatterns);

    protected void AllowAnonymous() => Definition.AllowAnonymous();
    protected void Description(Action<RouteHandlerBuilder> builder) => Definition.Description(builder);
    protected void Summary(Action<EndpointSummary> endpointSummary) => Definition.Summary(endpointSummary);

    /// <summary>
    /// Bind, validate, pre-process, execute, answer. A failure on the way still runs the pre-processors, and one of them may answer in its
    /// place (surface section 8): without a request if it could not be bound, with it if it was refused by the validator.
    /// </summary>
    internal override async Task RunAsync(EndpointPlan plan)
    {
        var failures = new List<ValidationFailure>();
        var request = default(TRequest);
        var preProcessed = false;

        try
        {
            request = (TRequest)await plan.Binder.BindAsync(HttpContext, failures);

            if (plan.Validator is not null)
                failures.AddRange((await plan.Validator.ValidateAsync(new ValidationContext<TRequest>(request), HttpContext.RequestAborted)).Errors);

            if (failures.Count > 0)
                throw new ValidationFailureException();

            await PreProcessAsync();
            preProcessed = true;

            if (!HttpContext.ResponseStarted())
                await ((IResult)(await ExecuteAsync(request, HttpContext.RequestAborted))!).ExecuteAsync(HttpContext);
        }
        catch (JsonException e) when (!HttpContext.Response.HasStarted)
        {
            failures.Add(plan.Config.Binding.JsonExceptionTransformer!(e));
            await FailAsync(plan.Config.Binding.JsonExceptionStatusCode);
        }
        catch (ValidationFailureException)
        {
            await FailAsync(plan.Config.Errors.StatusCode);
        }

        async Task PreProcessAsync()
        {
            var context = new PreProcessorContext(request, HttpContext, failures);

            foreach (var processor in plan.PreProcessors)
                await processor.PreProcessAsync(context, HttpContext.RequestAborted);
        }

        async Task FailAsync(int statusCode)
        {
            if (!preProcessed)
                await PreProcessAsync();

            if (HttpContext.ResponseStarted())
                return;

            HttpContext.MarkResponseStart();
            HttpContext.Response.StatusCode = statusCode;
            var body = plan.Config.Errors.ResponseBuilder!(failures, HttpContext, statusCode);
            await HttpContext.Response.WriteAsJsonAsync(
                body, body.GetType(), plan.Json, $"{plan.Config.Errors.ContentType}; charset=utf-8", HttpContext.RequestAborted);
        }
    }
}

/// <summary>The request of an endpoint that reads nothing: its body, whatever it is, is left alone (surface sections 3.1 and 5).</summary>
public sealed class EmptyRequest
{
    internal static readonly EmptyRequest Instance = new();

    private EmptyRequest() { }
}

/// <summary>A request that could not be bound, or that its validator refused (surface section 7).</summary>
internal sealed class ValidationFailureException : Exception;

/// <summary>The rules of a request; one instance serves all requests (surface section 7).</summary>
public abstract class Validator<TRequest> : AbstractValidator<TRequest> where TRequest : notnull;
