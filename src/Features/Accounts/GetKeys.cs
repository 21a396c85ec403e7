using FastEndpoints;
using TaskSlices.Features.Accounts.BetterAuth;

namespace TaskSlices.Features.Accounts;

public sealed record GetKeysResponse(IReadOnlyList<PublicKey> Keys);

public sealed class GetKeys(AccountKeys keys) : Endpoint<EmptyRequest, BetterAuthResponse<GetKeysResponse>>
{
    public override void Configure()
    {
        Get("/api/auth/jwks");
        Summary(s =>
        {
            s.Summary = "The public keys that verify the tokens";
            s.Description = "For servers that verify the tokens themselves (RFC 7517).";
        });
    }

    public override Task<BetterAuthResponse<GetKeysResponse>> ExecuteAsync(EmptyRequest req, CancellationToken ct) =>
        Task.FromResult(new BetterAuthResponse<GetKeysResponse>(new(keys.PublicKeys)));
}
