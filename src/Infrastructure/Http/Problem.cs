using System.Text.Json.Serialization;
using Microsoft.AspNetCore.WebUtilities;

namespace TaskSlices.Infrastructure.Http;

/// <summary>What is wrong with one field of a request; the field as it is spelt on the wire.</summary>
public sealed record FieldError(string Field, string Message);

/// <summary>A feature of requests whose callers expect errors in another shape.</summary>
public delegate IResult ProblemShape(Problem problem);

/// <summary>
/// The body of every answer that is not a success (RFC 9457). <see cref="Type"/> is the address of its code on <see cref="ErrorPage"/>,
/// <see cref="Detail"/> one plain sentence for a person, <see cref="Code"/> a stable word for a program, <see cref="Instance"/> the path as
/// the client sees it, <see cref="Current"/> the row that a change was refused for. It has no stack trace, no SQL, and nothing else that
/// the caller sent.
/// </summary>
public sealed record Problem(
    string Type,
    string Title,
    int Status,
    string Detail,
    string Instance,
    string TraceId,
    string Code,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<FieldError>? Errors = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] object? Current = null) : IResult
{
    public const string MediaType = "application/problem+json";

    /// <summary>Which operation of a batch was refused, from 0.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Operation { get; init; }

    /// <summary>The problem of a status, with the words of that status where none are given.</summary>
    public static Problem For(
        HttpContext context, int status, string? code = null, string? detail = null, IReadOnlyList<FieldError>? errors = null)
    {
        var (usualCode, usualDetail) = Usual(status);
        code ??= usualCode;
        var place = context.Features.Get<BatchPlace>();

        return new Problem(
            ErrorPage.AddressOf(context.Request, code), ReasonPhrases.GetReasonPhrase(status), status, detail ?? usualDetail,
            place?.Address ?? context.Request.OwnAddress(), context.TraceIdentifier, code, errors)
        {
            Operation = place?.Index,
        };
    }

    public Task ExecuteAsync(HttpContext httpContext)
    {
        if (httpContext.Features.Get<ProblemShape>() is { } shape)
            return shape(this).ExecuteAsync(httpContext);

        httpContext.Response.StatusCode = Status;

        return httpContext.Response.WriteAsJsonAsync(this, options: null, MediaType, httpContext.RequestAborted);
    }

    private static (string Code, string Detail) Usual(int status) => status switch
    {
        400 => ("BAD_REQUEST", "The request is not well-formed."),
        401 => ("UNAUTHORIZED", "A valid token is required."),
        403 => ("FORBIDDEN", "That is not allowed."),
        404 => ("NOT_FOUND", "There is nothing at this address."),
        405 => ("METHOD_NOT_ALLOWED", "This address does not take that method; the Allow header names those it takes."),
        409 => ("CONFLICT", "The data was changed by someone else meanwhile; read it again and repeat."),
        410 => ("GONE", "That is not kept any more."),
        412 => ("PRECONDITION_FAILED", "The row is not as If-Match or If-None-Match demands; see current."),
        413 => ("BODY_TOO_LARGE", "The body is larger than this API takes."),
        415 => ("UNSUPPORTED_MEDIA_TYPE", "Send the body as application/json, in UTF-8 and not compressed."),
        422 => ("VALIDATION_FAILED", "The request is not allowed as it is."),
        429 => ("TOO_MANY_REQUESTS", "Too many requests; wait a little."),
        503 => ("UNAVAILABLE", "The service can't do that at the moment; try again soon."),
        >= 500 => ("INTERNAL_ERROR", "Something went wrong here; the log has it under this trace id."),
        _ => ($"HTTP_{status}", $"{ReasonPhrases.GetReasonPhrase(status)}."),
    };
}
