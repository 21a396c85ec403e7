using FastEndpoints;
using TaskSlices.Features.Accounts.BetterAuth;

namespace TaskSlices.Features.Accounts;

public sealed record CheckOkResponse(bool Ok);

public sealed class CheckOk : Endpoint<EmptyRequest, BetterAuthResponse<CheckOkResponse>>
{
    public override void Configure()
    {
        Get("/api/auth/ok");
        Summary(s => s.Summary = "Whether accounts are kept here");
    }

    public override Task<BetterAuthResponse<CheckOkResponse>> ExecuteAsync(EmptyRequest req, CancellationToken ct) =>
        Task.FromResult(new BetterAuthResponse<CheckOkResponse>(new(Ok: true)));
}
