using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using FastEndpoints;
using FluentValidation;
using Microsoft.AspNetCore.Http.HttpResults;
using TaskSlices.Infrastructure.Auth;
using TaskSlices.Infrastructure.Data;
using TaskSlices.Infrastructure.Slices;

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

/// <param name="Changes">In the order of their revisions; each row once, as it is now.</param>
/// <param name="Next">What to ask for the next time.</param>
/// <param name="More">Whether there is more by now.</param>
[Example("""
    {
        "changes": [{"kind": "tasks", "id": "01a1fcfc-495c-7277-9560-46348793c9ea", "revision": 7, "deleted": true, "row": null}],
        "next": 7, "more": false
    }
    """)]
public sealed record ListChangesResponse(IReadOnlyList<Change> Changes, long Next, bool More);

public sealed class ListChanges(AppDb db) : Endpoint<ListChangesRequest, Results<Ok<ListChangesResponse>, CursorTooOld>>
{
    public override void Configure()
    {
        Get("/api/{user_id}/changes");
        Summary(s =>
        {
            s.Summary = "What was changed and deleted since a revision";
            s.Description = "Each row once, as it is now. Go on with next, at once while more is true. After a 410, read the lists again.";
        });
    }

    public override async Task<Results<Ok<ListChangesResponse>, CursorTooOld>> ExecuteAsync(ListChangesRequest req, CancellationToken ct)
    {
        if (await db.ReadChangesAsync(req.UserId, req.Since, req.Limit, ct) is not { } found)
            return new CursorTooOld();

        var changes = found.Rows.Select(Change.Of).ToArray();

        return TypedResults.Ok(new ListChangesResponse(changes, found.Next, found.More));
    }
}
