using Microsoft.Extensions.Options;
using TaskSlices.Infrastructure.Data;
using TaskSlices.Infrastructure.Data.Postgres;
using TaskSlices.Infrastructure.Hosting;

namespace TaskSlices.Infrastructure.Operations;

/// <summary>
/// <c>move --to ADDRESS</c>: copies what the SQLite file of a stopped server has, and its secrets, into an empty PostgreSQL database. The
/// file stays as it is.
/// </summary>
public static class MoveCommand
{
    /// <summary>Whether the arguments ask for it.</summary>
    public static bool IsAskedFor(string[] args) => TokenCommand.WordsOf(args) is ["move"];

    /// <exception cref="StartupException">
    /// No address is given, the server still runs, or the database is not empty; the message says the mend.
    /// </exception>
    public static async Task RunAsync(IServiceProvider services, CancellationToken ct)
    {
        var directory = services.GetRequiredService<IOptions<DataSettings>>().Value.Directory;
        if (services.GetRequiredService<IConfiguration>()["to"] is not { Length: > 0 } address)
            throw new StartupException("Say where to: move --to postgres://user:password@host/database");

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

        Console.WriteLine($"Moved {rows} rows of {users} users to {store.Description}. Start with DATABASE_URL set to it.");
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
