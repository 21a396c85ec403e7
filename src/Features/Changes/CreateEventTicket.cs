using FastEndpoints;
using Microsoft.AspNetCore.Http.HttpResults;
using TaskSlices.Infrastructure.Auth;
using TaskSlices.Infrastructure.Slices;

namespace TaskSlices.Features.Changes;

public sealed record CreateEventTicketRequest : OwnedRequest;

/// <param name="Ticket">For the query of one stream's address.</param>
/// <param name="ExpiresIn">In seconds.</param>
[Example("""{"ticket": "Zk3vQ0sX1nYp7c5rT2wLaA", "expires_in": 30}""")]
public sealed record CreateEventTicketResponse(string Ticket, int ExpiresIn);

public sealed class CreateEventTicket(EventTickets tickets) : Endpoint<CreateEventTicketRequest, Ok<CreateEventTicketResponse>>
{
    public override void Configure()
    {
        Post("/api/{user_id}/events/ticket");
        Description(endpoint => endpoint.NotInBatch());
        Summary(s =>
        {
            s.Summary = "A ticket for a stream of events";
            s.Description = "In the address of the stream it stands for the caller's token, once, within 30 seconds: EventSource sends no "
                + "header. The stream ends when that token does.";
        });
    }

    public override async Task<Ok<CreateEventTicketResponse>> ExecuteAsync(CreateEventTicketRequest req, CancellationToken ct)
    {
        var ticket = await tickets.MakeAsync(HttpContext, req.UserId, ct);
        HttpContext.Response.Headers.CacheControl = "no-store";

        return TypedResults.Ok(new CreateEventTicketResponse(ticket, (int)EventTicket.Lifetime.TotalSeconds));
    }
}
