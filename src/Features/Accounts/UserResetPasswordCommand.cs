using System.CommandLine;
using System.Security.Cryptography;
using TaskSlices.Infrastructure.Data;
using TaskSlices.Infrastructure.Hosting;
using TaskSlices.Infrastructure.Operations;

namespace TaskSlices.Features.Accounts;

/// <summary><c>user reset-password EMAIL</c>: gives the account another password, and ends all its sessions.</summary>
public sealed class UserResetPasswordCommand : UserCommand
{
    /// <summary>Of a generated password: 116 random bits.</summary>
    private const int Length = 20;

    private readonly Argument<string> _email = new("EMAIL") { Description = "The address of the account." };
    private readonly Option<bool> _stdin = new("--stdin")
    {
        Description = "Read the password from standard input, one line, and print none.",
    };

    public UserResetPasswordCommand()
        : base("reset-password", "Give an account a new password, print it, and end all sessions of the account.")
    {
        Command.Add(_email);
        Command.Add(_stdin);
    }

    public override string? Ask(ParseResult line)
    {
        if (!line.GetValue(_stdin))
            return null;

        return Console.In.ReadLine() is { Length: >= Account.PasswordMinimum and <= Account.PasswordLimit } password
            ? password
            : throw new CommandException(
                $"A password has {Account.PasswordMinimum} to {Account.PasswordLimit} characters; standard input has no such line.");
    }

    protected override async Task<int> RunAsync(CommandRun run, IServiceProvider scope, CancellationToken ct)
    {
        var account = await FindAsync(scope.GetRequiredService<AppDb>(), run.Line.GetRequiredValue(_email), ct);
        var password = run.Input ?? RandomNumberGenerator.GetString("abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789", Length);
        if (await scope.GetRequiredService<Passwords>().HashAsync(password, ct) is not { } hash)
            throw new CommandException("The server is busy with the passwords of others. Try again.");

        if (!await scope.GetRequiredService<PasswordResets>().SetAsync(account.UserId, hash, () => Task.FromResult(true), ct))
            throw new CommandException($"The account {account.Email} was erased meanwhile.");

        await run.Output.WriteLineAsync(run.Input is null ? password : $"The password of {account.Email} is set.");

        return 0;
    }
}
