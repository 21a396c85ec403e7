namespace TaskSlices.Infrastructure.Operations;

/// <summary>What the program does in place of serving, if its arguments ask for it.</summary>
public static class Commands
{
    /// <returns>Whether the arguments asked for a command.</returns>
    /// <exception cref="Hosting.StartupException">It can't be done; the message says the mend.</exception>
    public static async Task<bool> TryRunCommandAsync(this WebApplication app, string[] args)
    {
        if (TokenCommand.IsAskedFor(args, out var users))
            TokenCommand.Run(app.Services, users);
        else if (MoveCommand.IsAskedFor(args))
            await MoveCommand.RunAsync(app.Services, app.Lifetime.ApplicationStopping);
        else
            return false;

        return true;
    }
}
