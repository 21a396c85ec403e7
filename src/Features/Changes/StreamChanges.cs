using System.ComponentModel.DataAnnotations;
using System.Reflection;
using FastEndpoints;
using FluentValidation;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Http.Metadata;
using TaskSlices.Infrastructure.Auth;
using TaskSlices.Infrastructure.Http;
using TaskSlices.Infrastructure.Slices;

namespace TaskSlices.Features.Changes;

public sealed record StreamChangesRequest : OwnedRequest
{
    [QueryParam, Range(0, double.PositiveInfinity)]
    public long? Since { get; init; }

    [QueryParam]
    public string? Ticket { get; init; }

    [FromHeader(EventFeed.LastEventId, IsRequired = false)]
    public long? LastEventId { get; init; }
}

public sealed class StreamChangesValidator : Validator<StreamChangesRequest>
{
    public StreamChangesValidator()
    {
        RuleFor(r => r.Since).GreaterThanOrEqualTo(0).WithMessage("since must be a whole number from 0 on.");
        RuleFor(r => r.LastEventId).GreaterThanOrEqualTo(0).OverridePropertyName(EventFeed.LastEventId)
            .WithMessage($"{EventFeed.LastEventId} must be a whole number from 0 on.");
    }
}

[Example("""
    id: 7
    event: tasks
    data: {"kind":"tasks","id":"01a1fcfc-495c-7277-9560-46348793c9ea","revision":7,"deleted":true,"row":null}

    """)]
public sealed class StreamChanges(EventStreams streams) : Endpoint<StreamChangesRequest, Results<EventFeed, CursorTooOld, TooManyStreams>>
{
    public override void Configure()
    {
        Get("/api/{user_id}/events");
        Description(endpoint => endpoint.TakesTickets());
        Summary(s =>
        {
            s.Summary = "What is changed and deleted from now on, as it happens";
            s.Description = "Server-Sent Events: id is the revision, event the kind, data an item of the list of changes. After a pause, "
                + "the id of the last event brings what was missed. It ends when the token does.";
            s.RequestParam(r => r.Since!, "The last revision that the caller has; without it, and without Last-Event-ID, the present one.");
            s.RequestParam(r => r.Ticket!, "In place of the header Authorization, which EventSource can't send: good for one use.");
        });
    }

    public override async Task<Results<EventFeed, CursorTooOld, TooManyStreams>> ExecuteAsync(
        StreamChangesRequest req, CancellationToken ct)
    {
        if (streams.TryJoin(HttpContext, req.UserId) is not { } stream)
            return new TooManyStreams();

        // A client that comes back repeats the address, and the header is newer.
        return await stream.TryBeginAsync(req.LastEventId ?? req.Since) ? stream : new CursorTooOld();
    }
}

public sealed class TooManyStreams : IResult, IEndpointMetadataProvider
{
    private const string Code = "TOO_MANY_STREAMS";

    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder)
    {
        builder.Metadata.Add(new ProducesResponseTypeMetadata(
            StatusCodes.Status429TooManyRequests, typeof(Problem), [Problem.MediaType]));
        builder.Metadata.Add(new ProblemCode(StatusCodes.Status429TooManyRequests, Code));
    }

    public Task ExecuteAsync(HttpContext httpContext) => Problem.For(
        httpContext, StatusCodes.Status429TooManyRequests, Code,
        $"A user has at most {EventStreams.LimitPerUser} streams at once; close one of them.").ExecuteAsync(httpContext);
}
