using System.CommandLine;
using TaskSlices.Infrastructure.Data;
using TaskSlices.Infrastructure.Data.Sqlite;
using TaskSlices.Infrastructure.Hosting;

namespace TaskSlices.Infrastructure.Operations;

/// <summary><c>restore FILE</c>: puts a backup in the place of the database of a stopped server.</summary>
public sealed class RestoreCommand : ProgramCommand
{
    private readonly Argument<string> _file = new("FILE") { Description = "What the command backup made." };

    public RestoreCommand() : base("restore", "Put a backup in the place of the database of a stopped server. What was there is kept.") =>
        Command.Add(_file);

    public override async Task<int> RunAsync(CommandRun run, CancellationToken ct)
    {
        if (run.Services.GetRequiredService<IStore>().IsShared)
            throw new CommandException(PostgresTools.SayHowToRestore(run.Services), CommandException.Usage);

        var file = run.PathOf(run.Line.GetRequiredValue(_file));
        try
        {
            var kept = ActivatorUtilities.CreateInstance<Restoring>(run.Services).Run(file, ct);
            await run.Output.WriteLineAsync($"Restored {file}.{(kept is null ? "" : $" What was there is in {kept}.")}");

            return 0;
        }
        catch (StartupException e)
        {
            throw new CommandException(e.Message);
        }
    }
}
