using System.CommandLine;
using TaskSlices.Features.Accounts;
using TaskSlices.Infrastructure.Data;
using TaskSlices.Infrastructure.Hosting;
using TaskSlices.Infrastructure.Operations;

namespace TaskSlices.Features.UserData;

/// <summary><c>user delete EMAIL</c>: erases the account and all its data, as the user can.</summary>
public sealed class UserDeleteCommand : UserCommand
{
    private readonly Argument<string> _email = new("EMAIL") { Description = "The address of the account." };
    private readonly Option<bool> _yes = new("--yes") { Description = "Do not ask." };

    public UserDeleteCommand() : base("delete", "Erase an account and all that is kept about its user.")
    {
        Command.Add(_email);
        Command.Add(_yes);
    }

    public override string? Ask(ParseResult line)
    {
        if (line.GetValue(_yes))
            return null;

        Console.Error.Write($"This erases {line.GetRequiredValue(_email)} with all tasks, and can't be undone. Type yes to go on: ");

        return Console.In.ReadLine()?.Trim() == "yes" ? null : throw new CommandException("Nothing was erased.");
    }

    protected override async Task<int> RunAsync(CommandRun run, IServiceProvider scope, CancellationToken ct)
    {
        var account = await FindAsync(scope.GetRequiredService<AppDb>(), run.Line.GetRequiredValue(_email), ct);
        await scope.GetRequiredService<Erasure>().RunAsync(account.UserId, ct);
        await run.Output.WriteLineAsync($"Erased {account.Email} ({account.UserId}).");

        return 0;
    }
}
