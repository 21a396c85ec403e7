using System.CommandLine;
using TaskSlices.Infrastructure.Data;
using TaskSlices.Infrastructure.Data.Sqlite;
using TaskSlices.Infrastructure.Hosting;

namespace TaskSlices.Infrastructure.Operations;

/// <summary><c>backup [FILE]</c>: copies the SQLite file, also while the server writes it.</summary>
public sealed class BackupCommand : ProgramCommand
{
    private readonly Argument<string?> _file = new("FILE")
    {
        Description = "Where the backup goes. Without it: a file named by the time, in Backup:Directory, where old ones are then deleted.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<bool> _withKeys = new("--with-keys")
    {
        Description = "Make a tar file that has the keys and secrets of the data directory, too: who reads it can sign in as anybody.",
    };

    public BackupCommand() : base("backup", "Back up the database, also while the server runs. Prints the file that it made.")
    {
        Command.Add(_file);
        Command.Add(_withKeys);
    }

    public override bool UsesData(ParseResult line) => true;

    public override async Task<int> RunAsync(CommandRun run, CancellationToken ct)
    {
        if (run.Services.GetRequiredService<IStore>().IsShared)
            throw new CommandException(PostgresTools.SayHowToBackUp(run.Services), CommandException.Usage);

        var file = run.Line.GetValue(_file) is { } name ? run.PathOf(name) : null;
        var path = await run.Services.GetRequiredService<Backups>().MakeAsync(file, run.Line.GetValue(_withKeys), ct);
        await run.Output.WriteLineAsync(path);

        return 0;
    }
}
