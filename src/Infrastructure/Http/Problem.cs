using System.Diagnostics;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.WebUtilities;

namespace TaskSlices.Infrastructure.Http;

/// <summary>What is wrong with one field of a request; the field as it is spelt on the wire.</summary>
public sealed record FieldError(string Field, string Message);

/// <summary>
/// The body of every answer that is not a success (RFC 9457). <see cref="Detail"/> is one plain sentence for a person, <see cref="Code"/> a
/// stable word for a program, <see cref="Instance"/> the path as the client sees it, <see cref="Current"/> the row that a change was
/// refused for. It has no stack trace, no SQL, and nothing else that the caller sent.
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
        var (usualCode, usualDetail, source) = Usual(status);
        var place = context.Features.Get<BatchPlace>();

        return new Problem(
            source, ReasonPhrases.GetReasonPhrase(status), status, detail ?? usualDetail, place?.Address ?? context.Request.OwnAddress(),
            Activity.Current?.TraceId.ToString() ?? context.TraceIdentifier, code ?? usualCode, errors)
        {
            Operation = place?.Index,
        };
    }

    public Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.StatusCode = Status;

        return httpContext.Response.WriteAsJsonAsync(this, options: null, MediaType, httpContext.RequestAborted);
    }

    /// <summary>Code, detail, and the section that defines the status.</summary>
    private static (string Code, string Detail, string Type) Usual(int status) => status switch
    {
        400 => ("BAD_REQUEST", "The request is not well-formed.", Rfc9110("15.5.1")),
        401 => ("UNAUTHORIZED", "A valid token is required.", Rfc9110("15.5.2")),
        403 => ("FORBIDDEN", "That is not allowed.", Rfc9110("15.5.4")),
        404 => ("NOT_FOUND", "There is nothing at this address.", Rfc9110("15.5.5")),
        405 => ("METHOD_NOT_ALLOWED", "This address does not take that method; the Allow header names those it takes.", Rfc9110("15.5.6")),
        409 => ("CONFLICT", "The data was changed by someone else meanwhile; read it again and repeat.", Rfc9110("15.5.10")),
        410 => ("GONE", "That is not kept any more.", Rfc9110("15.5.11")),
        412 => ("PRECONDITION_FAILED", "The row is not as If-Match or If-None-Match demands; see current.", Rfc9110("15.5.13")),
        413 => ("BODY_TOO_LARGE", "The body is larger than this API takes.", Rfc9110("15.5.14")),
        415 => ("UNSUPPORTED_MEDIA_TYPE", "Send the body as application/json, in UTF-8 and not compressed.", Rfc9110("15.5.16")),
        422 => ("VALIDATION_FAILED", "The request is not allowed as it is.", Rfc9110("15.5.21")),
        429 => ("TOO_MANY_REQUESTS", "Too many requests; wait a little.", "https://www.rfc-editor.org/rfc/rfc6585#section-4"),
        503 => ("UNAVAILABLE", "The service can't do that at the moment; try again soon.", Rfc9110("15.6.4")),
        >= 500 => ("INTERNAL_ERROR", "Something went wrong here; the log has it under this trace id.", Rfc9110("15.6.1")),
        _ => ($"HTTP_{status}", $"{ReasonPhrases.GetReasonPhrase(status)}.", "about:blank"),
    };

    private static string Rfc9110(string section) => $"https://www.rfc-editor.org/rfc/rfc9110#section-{section}";
}
