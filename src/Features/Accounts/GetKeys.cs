using FastEndpoints;

namespace TaskSlices.Features.Accounts;

public sealed record GetKeysResponse(IReadOnlyList<PublicKey> Keys);

public sealed class GetKeys(AccountKeys keys) : Endpoint<EmptyRequest, Answer<GetKeysResponse>>
{
    public override void Configure()
    {
        Get("/api/auth/jwks");
        Summary(s => s.Summary = "The public keys that verify the tokens");
    }

    public override Task<Answer<GetKeysResponse>> ExecuteAsync(EmptyRequest req, CancellationToken ct) =>
        Task.FromResult(new Answer<GetKeysResponse>(new(keys.PublicKeys)));
}
