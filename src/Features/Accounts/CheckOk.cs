using System.Text.Json.Serialization;
using FastEndpoints;
using Microsoft.Extensions.Options;
using TaskSlices.Features.Accounts.BetterAuth;

namespace TaskSlices.Features.Accounts;

/// <param name="Ok">Always true.</param>
/// <param name="IsOpen">
/// False where not everybody may sign up; left out where it is open, as Better Auth's answer has no such member.
/// </param>
public sealed record CheckOkResponse(
    bool Ok,
    [property: JsonPropertyName("signUp"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? IsOpen);

public sealed class CheckOk(IOptions<AccountSettings> settings) : Endpoint<EmptyRequest, BetterAuthResponse<CheckOkResponse>>
{
    public override void Configure()
    {
        Get("/api/auth/ok");
        Summary(s =>
        {
            s.Summary = "Whether accounts are kept here";
            s.Description = "Has signUp: false where not everybody may sign up.";
        });
    }

    public override Task<BetterAuthResponse<CheckOkResponse>> ExecuteAsync(EmptyRequest req, CancellationToken ct) =>
        Task.FromResult(new BetterAuthResponse<CheckOkResponse>(new(Ok: true, IsOpen: settings.Value.IsOpen ? null : false)));
}
