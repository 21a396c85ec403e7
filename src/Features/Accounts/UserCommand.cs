using System.CommandLine;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using TaskSlices.Infrastructure.Auth;
using TaskSlices.Infrastructure.Data;
using TaskSlices.Infrastructure.Hosting;
using TaskSlices.Infrastructure.Operations;

namespace TaskSlices.Features.Accounts;

/// <summary>A command about the accounts that are kept here: <c>user NAME</c>.</summary>
public abstract class UserCommand(string name, string description) : ProgramCommand(name, description)
{
    public sealed override (string Name, string Description)? Group => ("user", "The accounts that are kept here.");

    public sealed override bool UsesData(ParseResult line) => true;

    public sealed override async Task<int> RunAsync(CommandRun run, CancellationToken ct)
    {
        if (run.Services.GetRequiredService<IOptions<AuthSettings>>().Value.IsDelegated)
            throw new CommandException("No accounts are kept here: Auth:Url or Auth:Secret says that another server issues the tokens.");

        await using var scope = run.Services.CreateAsyncScope();
        await scope.ServiceProvider.GetRequiredService<SchemaRunner>().CheckAsync(ct);

        return await RunAsync(run, scope.ServiceProvider, ct);
    }

    /// <summary>As <see cref="RunAsync(CommandRun, CancellationToken)"/>, with a database whose schema is that of this program.</summary>
    protected abstract Task<int> RunAsync(CommandRun run, IServiceProvider scope, CancellationToken ct);

    /// <exception cref="CommandException">Nobody has an account with that address.</exception>
    protected static async Task<Account> FindAsync(AppDb db, string email, CancellationToken ct)
    {
        var address = Account.Normalize(email);

        return await db.Accounts.AsNoTracking().SingleOrDefaultAsync(a => a.Email == address, ct)
            ?? throw new CommandException("There is no account with that address. The command user list shows them.");
    }
}
