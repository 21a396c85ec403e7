using FastEndpoints;

namespace TaskSlices.Features.Accounts;

public sealed record CheckOkResponse(bool Ok);

public sealed class CheckOk : Endpoint<EmptyRequest, Answer<CheckOkResponse>>
{
    public override void Configure()
    {
        Get("/api/auth/ok");
        Summary(s => s.Summary = "Whether accounts are kept here");
    }

    public override Task<Answer<CheckOkResponse>> ExecuteAsync(EmptyRequest req, CancellationToken ct) =>
        Task.FromResult(new Answer<CheckOkResponse>(new(Ok: true)));
}
