using System.CommandLine;
using Microsoft.Extensions.Options;
using TaskSlices.Infrastructure.Data;
using TaskSlices.Infrastructure.Data.Postgres;
using TaskSlices.Infrastructure.Hosting;

namespace TaskSlices.Infrastructure.Operations;

/// <summary>
/// <c>move --to ADDRESS</c>: copies what the SQLite file of a stopped server has, and its secrets, into an empty PostgreSQL database. The
/// file stays as it is.
/// </summary>
public sealed class MoveCommand : ProgramCommand
{
    private readonly Option<string> _to = new("--to")
    {
        Description = "The address of the PostgreSQL database, postgres://user:password@host/database.",
        Required = true,
    };

    public MoveCommand() : base("move", "Copy the SQLite file of a stopped server, and its secrets, into an empty PostgreSQL database.") =>
        Command.Add(_to);

    /// <exception cref="StartupException">The server still runs, or the database is not empty; the message says the mend.</exception>
    public override async Task<int> RunAsync(CommandRun run, CancellationToken ct)
    {
        var directory = run.Services.GetRequiredService<IOptions<DataSettings>>().Value.Directory;
        var address = run.Line.GetRequiredValue(_to);
        if (!File.Exists(Path.Combine(directory, "taskslices.db")))
            throw new StartupException(
                $"There is no taskslices.db in {Path.GetFullPath(directory)}. Set Data:Directory (DATA_DIR) to where it is.");

        await using var source = Open(directory, "");
        await using var target = Open(directory, address);
        await using var from = source.CreateAsyncScope();
        await using var to = target.CreateAsyncScope();
        foreach (var scope in new[] { from, to })
            await Storage.OpenAsync(scope.ServiceProvider);

        var store = (PostgresStore)target.GetRequiredService<IStore>();
        var import = new StoreImport(
            from.ServiceProvider.GetRequiredService<AppDb>(), to.ServiceProvider.GetRequiredService<AppDb>(), store);
        var (rows, users) = await import.RunAsync(ct);
        ((PostgresSecrets)target.GetRequiredService<ISecretStore>()).TakeOver();

        await run.Output.WriteLineAsync($"Moved {rows} rows of {users} users to {store.Description}. Start with DATABASE_URL set to it.");

        return 0;
    }

    private static ServiceProvider Open(string directory, string address)
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(
            [new("Data:Directory", directory), new("Data:ConnectionString", address)]).Build());
        services.AddLogging();
        services.AddDatabase();

        return services.BuildServiceProvider();
    }
}
