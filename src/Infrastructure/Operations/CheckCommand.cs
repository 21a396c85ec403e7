using System.CommandLine;
using TaskSlices.Infrastructure.Data;
using TaskSlices.Infrastructure.Data.Sqlite;
using TaskSlices.Infrastructure.Hosting;

namespace TaskSlices.Infrastructure.Operations;

/// <summary><c>check</c>: looks at settings and data. <c>check --live</c>: asks the server whether it lives.</summary>
public sealed class CheckCommand : ProgramCommand
{
    private readonly Option<bool> _live = new("--live")
    {
        Description = "Ask the server that runs here whether it lives, at the first address that the settings name.",
    };

    public CheckCommand() : base("check", "Check the settings, the schema and the database for damage. Exit code 0: all is well.") =>
        Command.Add(_live);

    public override bool UsesData(ParseResult line) => !line.GetValue(_live);

    public override async Task<int> RunAsync(CommandRun run, CancellationToken ct)
    {
        if (run.Line.GetValue(_live))
        {
            await run.Output.WriteLineAsync(await LiveCheck.AskAsync(run.Services.GetRequiredService<IConfiguration>(), ct));
            return 0;
        }

        await using var scope = run.Services.CreateAsyncScope();
        var store = scope.ServiceProvider.GetRequiredService<IStore>();
        if (store is SqliteStore sqlite)
            await Task.Run(() => sqlite.Check(ct), ct);
        await scope.ServiceProvider.GetRequiredService<SchemaRunner>().CheckAsync(ct);
        if (await store.FindFaultAsync(ct) is { } fault)
            throw new CommandException(fault);

        await run.Output.WriteLineAsync($"The settings, the schema and the database are in order: {store.Description}.");

        return 0;
    }
}
