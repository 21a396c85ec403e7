using System.ComponentModel.DataAnnotations;
using FastEndpoints;
using FluentValidation;
using Microsoft.AspNetCore.Http.HttpResults;
using TaskSlices.Infrastructure.Auth;
using TaskSlices.Infrastructure.Data;
using TaskSlices.Infrastructure.Slices;

namespace TaskSlices.Features.Batch;

[Example("""{"operations": [{"method": "POST", "path": "/tasks", "body": {"title": "Buy milk"}}]}""")]
public sealed record RunBatchRequest : OwnedRequest
{
    [MinLength(1), MaxLength(Batches.Limit)]
    public IReadOnlyList<BatchOperation> Operations { get; init; } = [];
}

public sealed class RunBatchValidator : Validator<RunBatchRequest>
{
    public RunBatchValidator()
    {
        RuleFor(r => r.Operations).NotNull()
            .Must(operations => operations.Count is >= 1 and <= Batches.Limit && operations.All(operation => operation is not null))
            .WithMessage($"operations must be 1 to {Batches.Limit} operations.");
        RuleForEach(r => r.Operations).SetValidator(new BatchOperationValidator())
            .When(r => r.Operations is { Count: <= Batches.Limit });
    }
}

[Example("""{"results": [{"status": 200, "location": null, "etag": "\"7\"", "body": {"title": "Buy milk"}}]}""")]
public sealed record RunBatchResponse(IReadOnlyList<BatchResult> Results);

public sealed class RunBatch(AppDb db) : Endpoint<RunBatchRequest, Results<Ok<RunBatchResponse>, FailedOperation>>
{
    public override void Configure()
    {
        Post("/api/{user_id}/batch");
        Description(endpoint => endpoint.NotInBatch());
        Summary(s =>
        {
            s.Summary = "Carry out several changes, all of them or none";
            s.Description = "In their order, in one transaction, each as the request that it describes. If one is refused, nothing is "
                + "changed, and the answer is its problem, with its number, from 0, in the member operation.";
        });
    }

    public override async Task<Results<Ok<RunBatchResponse>, FailedOperation>> ExecuteAsync(RunBatchRequest req, CancellationToken ct)
    {
        var (results, failed) = await Batches.RunAsync(db, HttpContext, req.Operations, ct);

        return failed is null ? TypedResults.Ok(new RunBatchResponse(results)) : failed;
    }
}
