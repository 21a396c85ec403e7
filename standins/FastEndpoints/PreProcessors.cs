using FluentValidation.Results;
using Microsoft.AspNetCore.Http;

namespace FastEndpoints;

/// <summary>What a pre-processor is told (surface section 8).</summary>
public interface IPreProcessorContext
{
    /// <summary>Null when the request could not be bound.</summary>
    object? Request { get; }

    HttpContext HttpContext { get; }
    List<ValidationFailure> ValidationFailures { get; }
    bool HasValidationFailures { get; }
}

/// <summary>Runs before the endpoint, whether or not the request was right; stops it by sending an answer (surface section 8).</summary>
public interface IPreProcessor
{
    Task PreProcessAsync(IPreProcessorContext context, CancellationToken ct);
}

/// <summary>A pre-processor that the Configurator may add to any endpoint; one instance serves all requests (surface section 8).</summary>
public interface IGlobalPreProcessor : IPreProcessor;

internal sealed record PreProcessorContext(object? Request, HttpContext HttpContext, List<ValidationFailure> ValidationFailures)
    : IPreProcessorContext
{
    public bool HasValidationFailures => ValidationFailures.Count > 0;
}
