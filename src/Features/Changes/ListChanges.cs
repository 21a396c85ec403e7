using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Reflection;
using FastEndpoints;
using FluentValidation;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Http.Metadata;
using TaskSlices.Infrastructure.Auth;
using TaskSlices.Infrastructure.Data;
using TaskSlices.Infrastructure.Http;

namespace TaskSlices.Features.Changes;

public sealed record ListChangesRequest : OwnedRequest
{
    /// <summary>The next of the answer before, or the ETag of a list.</summary>
    [QueryParam, Range(0, double.PositiveInfinity), DefaultValue(0)]
    public long Since { get; init; }

    [QueryParam, Range(1, Maximum), DefaultValue(100)]
    public int Limit { get; init; } = 100;

    internal const int Maximum = 1000;
}

public sealed class ListChangesValidator : Validator<ListChangesRequest>
{
    public ListChangesValidator()
    {
        RuleFor(r => r.Since).GreaterThanOrEqualTo(0).WithMessage("since must be a whole number from 0 on.");
        RuleFor(r => r.Limit).InclusiveBetween(1, ListChangesRequest.Maximum)
            .WithMessage($"limit must be from 1 to {ListChangesRequest.Maximum}.");
    }
}

/// <summary>A row as it is now, or that it was deleted.</summary>
/// <param name="Kind">The name of the table.</param>
/// <param name="Id">Of the row.</param>
/// <param name="Revision">The number of the change.</param>
/// <param name="Deleted">Whether it was deleted.</param>
/// <param name="Row">As its own address answers it; null if it was deleted.</param>
public sealed record Change(string Kind, Guid Id, long Revision, bool Deleted, object? Row);

/// <param name="Changes">In the order of their revisions; each row once, as it is now.</param>
/// <param name="Next">What to ask for the next time.</param>
/// <param name="More">Whether there is more by now.</param>
public sealed record ListChangesResponse(IReadOnlyList<Change> Changes, long Next, bool More);

public sealed class ListChanges(AppDb db) : Endpoint<ListChangesRequest, Results<Ok<ListChangesResponse>, CursorTooOld>>
{
    public override void Configure()
    {
        Get("/api/{user_id}/changes");
        Summary(s => s.Summary = "What was changed and deleted since a revision");
    }

    public override async Task<Results<Ok<ListChangesResponse>, CursorTooOld>> ExecuteAsync(ListChangesRequest req, CancellationToken ct)
    {
        if (await db.ReadChangesAsync(req.UserId, req.Since, req.Limit, ct) is not { } found)
            return new CursorTooOld();

        var changes = found.Rows.Select(row => new Change(row.Kind, row.Id, row.Revision, row.Shown is null, row.Shown)).ToArray();

        return TypedResults.Ok(new ListChangesResponse(changes, found.Next, found.More));
    }
}

public sealed class CursorTooOld : IResult, IEndpointMetadataProvider
{
    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder) =>
        builder.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status410Gone, typeof(Problem), [Problem.MediaType]));

    public Task ExecuteAsync(HttpContext httpContext) => Problem.For(
        httpContext, StatusCodes.Status410Gone, "CURSOR_TOO_OLD",
        "What was deleted since then is not known any more. Read the lists anew: the ETag of a list is the revision to go on from.")
        .ExecuteAsync(httpContext);
}
