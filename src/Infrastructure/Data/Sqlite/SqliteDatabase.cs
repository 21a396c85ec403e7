using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.Extensions.Options;
using TaskSlices.Infrastructure.Hosting;

namespace TaskSlices.Infrastructure.Data.Sqlite;

/// <summary>SQLite in the data directory: written ahead (WAL), and on disk before a write is acknowledged (synchronous=FULL).</summary>
public static class SqliteDatabase
{
    private const string FileName = "taskslices.db";

    /// <summary>SQLite's result codes (sqlite.org/rescode.html) for a file that can't be read or written now: not the caller's fault.</summary>
    private static readonly HashSet<int> UnavailableCodes = [5, 6, 8, 10, 11, 13, 14, 26];

    public static void AddDatabase(this IServiceCollection services)
    {
        services.AddSettings<DataSettings>("Data");
        services.AddSingleton<IValidateOptions<DataSettings>, DataSettingsCheck>();
        services.AddSingleton<DataDirectory>();
        services.AddSingleton<ReadConnections>();
        services.AddSingleton<GroupCommit>();
        services.AddSingleton<IdSource>();
        services.AddSingleton(TimeProvider.System);
        services.AddScoped<SchemaRunner>();
        services.AddPooledDbContextFactory<AppDb>((provider, options) => options
            .UseSqlite(ConnectionString(provider.GetRequiredService<DataDirectory>(), SqliteOpenMode.ReadOnly))
            .AddInterceptors(new ReadConnections.KeepOpen(), new KeptStatements())
            .ReplaceService<IDatabase, FlatWrites>());
        services.AddScoped(provider => provider.GetRequiredService<ReadConnections>().Take());
        services.AddScoped(ConnectContext);
    }

    /// <summary>Takes the data directory for this process alone, and brings the schema up to date.</summary>
    /// <exception cref="StartupException">The directory is held by another process, or the database can't be used.</exception>
    public static async Task MigrateAsync(this WebApplication app)
    {
        var directory = app.Services.GetRequiredService<DataDirectory>();
        directory.Hold();
        directory.MakeFile(FileName);

        try
        {
            await using var scope = app.Services.CreateAsyncScope();
            await scope.ServiceProvider.GetRequiredService<SchemaRunner>().RunAsync();
        }
        catch (Exception e) when (e.GetBaseException() is SqliteException)
        {
            throw new StartupException($"The database {FilePath(directory)} can't be used: {e.GetBaseException().Message} Check the file, its owner and the free space.");
        }
    }

    public static string FilePath(DataDirectory directory) => directory.PathOf(FileName);

    /// <summary>Whether the exception says that the database can't be used at the moment, and not that the request was wrong.</summary>
    public static bool IsUnavailable(Exception exception) =>
        exception.GetBaseException() is SqliteException sqlite && UnavailableCodes.Contains(sqlite.SqliteErrorCode);

    /// <summary>A timeout of less than nothing has Microsoft.Data.Sqlite report a lock at once, where it would sleep on it; none at all means for ever.</summary>
    internal static string ConnectionString(DataDirectory directory, SqliteOpenMode mode) => new SqliteConnectionStringBuilder
    {
        DataSource = FilePath(directory),
        Mode = mode,
        Pooling = false,
        ForeignKeys = mode is SqliteOpenMode.ReadWrite,
        DefaultTimeout = -1,
    }.ToString();

    private static AppDb ConnectContext(IServiceProvider provider)
    {
        var reading = provider.GetRequiredService<ReadConnections.Lease>().Connection;
        var db = provider.GetRequiredService<IDbContextFactory<AppDb>>().CreateDbContext();
        db.Connection.SetDbConnection(reading, contextOwnsConnection: false);

        return db;
    }
}
