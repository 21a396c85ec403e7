using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using TaskSlices.Infrastructure.Data.Postgres;
using TaskSlices.Infrastructure.Data.Sqlite;
using TaskSlices.Infrastructure.Hosting;

namespace TaskSlices.Infrastructure.Data;

/// <summary>Where rows are kept: the store, and a context for each scope.</summary>
public static class Storage
{
    public static void AddDatabase(this IServiceCollection services)
    {
        services.AddSettings<DataSettings>("Data");
        services.AddSingleton<IValidateOptions<DataSettings>, DataSettingsCheck>();
        services.AddSingleton<IValidateOptions<DataSettings>, DatabaseUrlCheck>();
        services.AddSettings<BackupSettings>("Backup");
        services.AddSingleton<IValidateOptions<BackupSettings>, BackupSettingsCheck>();
        services.AddSingleton<BackupFolder>();
        services.AddSettings<LimitSettings>("Limits");
        services.AddSingleton<IValidateOptions<LimitSettings>, LimitSettingsCheck>();
        services.AddSingleton<RowQuotas>();
        services.AddSingleton<DataDirectory>();
        services.AddSingleton<IdSource>();
        services.AddSingleton<ErasedUsers>();
        services.AddSingleton(provider => IsPostgres(provider) ? MakeShared(provider) : new ChangeSignals());
        services.AddSingleton(TimeProvider.System);
        services.AddScoped<RowOwner>();
        services.AddScoped<SchemaRunner>();
        services.AddSingleton<IExpiringRows, ExpiredDeletedRows>();
        services.AddSingleton<Housekeeping>();
        services.AddHostedService(provider => provider.GetRequiredService<Housekeeping>());

        // The options of a context come from the store, which makes contexts of its own once it is used.
        services.AddSingleton(provider => new Lazy<DbContextOptions<AppDb>>(provider.GetRequiredService<DbContextOptions<AppDb>>));
        services.AddSingleton<IStore>(provider =>
            IsPostgres(provider) ? MakePostgres(provider) : ActivatorUtilities.CreateInstance<SqliteStore>(provider));
        services.AddSingleton(provider =>
            ActivatorUtilities.CreateInstance<Backups>(provider, (SqliteStore)provider.GetRequiredService<IStore>()));
        services.AddSingleton<ISecretStore>(provider =>
            IsPostgres(provider) ? MakeSecrets(provider) : provider.GetRequiredService<DataDirectory>());
        services.AddSingleton<ICounters>(provider =>
            IsPostgres(provider) ? MakeCounters(provider) : ActivatorUtilities.CreateInstance<LocalCounters>(provider));
        services.AddPooledDbContextFactory<AppDb>((provider, options) => provider.GetRequiredService<IStore>().Configure(options));
        services.AddScoped<ScopedContext>();
        services.AddScoped(provider => provider.GetRequiredService<ScopedContext>().Db);
    }

    /// <summary>Takes the data for this process alone, and brings the schema up to date.</summary>
    /// <exception cref="StartupException">Another process has the data, it can't be used, or the schema is not what the model asks
    /// for.</exception>
    public static async Task OpenDatabaseAsync(this WebApplication app)
    {
        await using var scope = app.Services.CreateAsyncScope();
        await OpenAsync(scope.ServiceProvider);
    }

    /// <inheritdoc cref="OpenDatabaseAsync"/>
    internal static async Task OpenAsync(IServiceProvider scope)
    {
        var store = scope.GetRequiredService<IStore>();
        store.Open();
        try
        {
            await scope.GetRequiredService<SchemaRunner>().RunAsync();
        }
        catch (Exception e) when (e.GetBaseException() is DbException reason)
        {
            throw new StartupException(
                $"The database {store.Description} can't be used: {reason.Message} "
                + (store.IsShared ? "Check the rights of its user." : "Check the file, its owner and the free space."));
        }
    }

    private static bool IsPostgres(IServiceProvider provider) =>
        provider.GetRequiredService<IOptions<DataSettings>>().Value.ConnectionString.Length > 0;

    // Methods of their own: without PostgreSQL, Npgsql is not loaded (4 MB).
    private static PostgresStore MakePostgres(IServiceProvider provider) => ActivatorUtilities.CreateInstance<PostgresStore>(provider);

    private static ChangeSignals MakeShared(IServiceProvider provider) =>
        new(ActivatorUtilities.CreateInstance<ChangeNotices>(provider, provider.GetRequiredService<IStore>()));

    private static PostgresSecrets MakeSecrets(IServiceProvider provider) =>
        ActivatorUtilities.CreateInstance<PostgresSecrets>(provider, provider.GetRequiredService<IStore>());

    private static SharedCounters MakeCounters(IServiceProvider provider) =>
        ActivatorUtilities.CreateInstance<SharedCounters>(provider, provider.GetRequiredService<IStore>());

    /// <summary>The context of a scope, bound to its owner, with a connection that goes back when the scope ends.</summary>
    private sealed class ScopedContext : IDisposable
    {
        private readonly IDisposable _connection;

        public ScopedContext(IDbContextFactory<AppDb> contexts, IStore store, RowOwner owner)
        {
            Db = contexts.CreateDbContext();
            Db.Bind(owner);
            _connection = store.Connect(Db);
        }

        /// <summary>Disposed by the container, before this.</summary>
        public AppDb Db { get; }

        public void Dispose() => _connection.Dispose();
    }
}
