using System.Globalization;
using Microsoft.EntityFrameworkCore;
using TaskSlices.Infrastructure.Data;
using TaskSlices.Infrastructure.Operations;

namespace TaskSlices.Features.Accounts;

/// <summary><c>user list</c>: a line for each account, with tabs between its fields.</summary>
public sealed class UserListCommand() : UserCommand("list", "List the accounts: when each was made, its address, the name, the user's id.")
{
    protected override async Task<int> RunAsync(CommandRun run, IServiceProvider scope, CancellationToken ct)
    {
        var accounts = scope.GetRequiredService<AppDb>().Accounts.AsNoTracking().OrderBy(a => a.CreatedAt).ThenBy(a => a.UserId);
        foreach (var account in await accounts.ToListAsync(ct))
        {
            var created = account.CreatedAt.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
            await run.Output.WriteLineAsync($"{created}\t{account.Email}\t{Printable(account.Name)}\t{account.UserId}");
        }

        return 0;
    }

    /// <summary>A name must not control the terminal.</summary>
    private static string Printable(string text) =>
        string.Concat(text.Select(c => char.IsControl(c) || char.GetUnicodeCategory(c) is UnicodeCategory.Format ? '?' : c));
}
