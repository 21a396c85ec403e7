using Microsoft.EntityFrameworkCore;
using TaskSlices.Infrastructure.Auth;
using TaskSlices.Infrastructure.Data;

namespace TaskSlices.Features.Accounts;

public sealed class AccountDirectory(IServiceScopeFactory scopes) : IAccounts
{
    public async Task<bool> HasAsync(string userId, CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();

        return await scope.ServiceProvider.GetRequiredService<AppDb>().Accounts.AnyAsync(account => account.UserId == userId, ct);
    }
}
