using System.Data.Common;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.Options;
using TaskSlices.Infrastructure.Operations;

namespace TaskSlices.Infrastructure.Data;

/// <summary>SQLite in the data directory: written ahead (WAL), and on disk before a write is acknowledged (synchronous=FULL).</summary>
public static class Database
{
    private const string FileName = "taskslices.db";

    /// <summary>SQLite's result codes (sqlite.org/rescode.html) for a file that can't be read or written now: not the caller's fault.</summary>
    private static readonly HashSet<int> UnavailableCodes = [5, 6, 8, 10, 11, 13, 14, 26];

    public static void AddDatabase(this IServiceCollection services)
    {
        services.AddSettings<DataSettings>("Data");
        services.AddSingleton<IValidateOptions<DataSettings>, DataSettingsCheck>();
        services.AddSingleton<DataDirectory>();
        services.AddSingleton<WriteGate>();
        services.AddSingleton<IdSource>();
        services.AddSingleton(TimeProvider.System);
        services.AddScoped<SchemaRunner>();
        services.AddDbContextPool<AppDb>((provider, options) => options
            .UseSqlite(ConnectionString(provider.GetRequiredService<DataDirectory>()))
            .AddInterceptors(new SqlitePragmas()));
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

    private static string ConnectionString(DataDirectory directory) => new SqliteConnectionStringBuilder
    {
        DataSource = FilePath(directory),
        ForeignKeys = true,
        DefaultTimeout = 5,
    }.ToString();

    private sealed class SqlitePragmas : DbConnectionInterceptor
    {
        private const string Pragmas = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;";

        public override void ConnectionOpened(DbConnection connection, ConnectionEndEventData eventData)
        {
            using var command = connection.CreateCommand();
            command.CommandText = Pragmas;
            command.ExecuteNonQuery();
        }

        // SQLite has no asynchronous calls; Microsoft.Data.Sqlite's run to the end before they return.
        public override Task ConnectionOpenedAsync(DbConnection connection, ConnectionEndEventData eventData, CancellationToken cancellationToken = default)
        {
            ConnectionOpened(connection, eventData);

            return Task.CompletedTask;
        }
    }
}
