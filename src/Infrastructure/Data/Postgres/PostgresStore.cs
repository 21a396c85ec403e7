using System.Diagnostics;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;
using Microsoft.Extensions.Options;
using Npgsql;
using TaskSlices.Infrastructure.Hosting;

namespace TaskSlices.Infrastructure.Data.Postgres;

/// <summary>
/// PostgreSQL 15 or newer, for any number of instances. A unit is a transaction that holds the lock on its user's counter row; replication,
/// failover and backups are the server's own. See docs/decisions/0011-postgres.md.
/// </summary>
public sealed class PostgresStore : IStore, IAsyncDisposable
{
    /// <summary>In OpenTelemetry's db.system.name.</summary>
    internal const string EngineName = "postgresql";

    /// <summary>How often a unit runs at most, if the server asks to run it again.</summary>
    private const int Tries = 3;

    /// <summary>The most statements that a session keeps prepared.</summary>
    private const int Prepared = 100;

    /// <summary>How long a unit waits for its turn and for the locks of others; the caller is then told to come back (503).</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2.5);

    /// <summary>What is left of it for the locks, at least.</summary>
    private static readonly TimeSpan LeastPatience = TimeSpan.FromMilliseconds(300);

    private readonly Lazy<NpgsqlDataSource> _source;
    private readonly Lazy<AddedRows> _added;
    private readonly SemaphoreSlim _turns;
    private readonly NpgsqlConnectionStringBuilder _settings;
    private readonly TimeProvider _clock;
    private readonly Guid _instance = Guid.NewGuid();
    private int _waiting;
    private string _version = "";

    public PostgresStore(IOptions<DataSettings> settings, TimeProvider clock)
    {
        _settings = WithDefaults(DatabaseUrl.Parse(settings.Value.ConnectionString));
        _clock = clock;
        _source = new(MakeSource);
        _added = new(() => new AddedRows(this));

        // Half of the connections: whoever only reads finds one, however many writers wait for a lock.
        _turns = new(Math.Max(1, _settings.MaxPoolSize / 2));
    }

    public string Description => $"{_settings.Host}:{_settings.Port}/{_settings.Database} (PostgreSQL {_version})";

    public bool IsShared => true;

    public int Waiting => Volatile.Read(ref _waiting) + (_added.IsValueCreated ? _added.Value.Waiting : 0);

    /// <summary>A row where the server has no advisory locks, as some that speak its protocol.</summary>
    public string? SchemaLock =>
        """
        SELECT set_config('lock_timeout', '0', true), set_config('statement_timeout', '0', true);
        DO $$ BEGIN
            PERFORM pg_advisory_xact_lock(7202311);
        EXCEPTION WHEN feature_not_supported OR undefined_function THEN
            BEGIN
                CREATE TABLE IF NOT EXISTS schema_lock (id INT PRIMARY KEY);
            EXCEPTION WHEN unique_violation OR duplicate_table OR duplicate_object THEN
                NULL; -- another instance has just made it
            END;
            INSERT INTO schema_lock VALUES (1) ON CONFLICT DO NOTHING;
            PERFORM id FROM schema_lock FOR UPDATE;
        END $$
        """;

    internal NpgsqlDataSource Source => _source.Value;

    /// <summary>Whether each transaction may run in another session of the server.</summary>
    internal bool IsBehindPooler { get; private set; }

    public void Configure(DbContextOptionsBuilder options) =>
        options.UseNpgsql(Source, postgres => postgres.ExecutionStrategy(dependencies => new ReadAgain(dependencies)));

    /// <summary>A column rounds to milliseconds, and SQLite's cuts: what is stored is cut before.</summary>
    public void Configure(ModelConfigurationBuilder model) => model.Properties<DateTimeOffset>().HaveConversion<WholeMilliseconds>();

    public string TextOf(SchemaStep change) =>
        change.Postgres ?? change.Sql.Replace("WITHOUT ROWID", "", StringComparison.OrdinalIgnoreCase);

    public void Open() => _ = Source;

    public IDisposable Connect(AppDb db)
    {
        var connection = Source.CreateConnection();
        db.Connection.SetDbConnection(connection, contextOwnsConnection: false);

        return connection;
    }

    public IRowReader? ReaderOf(IEntityType entity) => FlatTable.Of(entity);

    public ValueTask<UserRevision> ReadRevisionAsync(AppDb db, string userId) =>
        ReadAsync(db, () => [PostgresWriter.Of(PostgresWriter.Counter, userId)], ReadCounterAsync);

    public Task<T> WriteAsync<T>(AppDb db, Func<Task<T>> change, CancellationToken ct) =>
        RunInTurnAsync(patience => RunAsync(db, change, patience, ct));

    public async Task<long?> TryAddAsync(AppDb db, IEntityType entity, IOwned row, CancellationToken ct)
    {
        if (FlatTable.Of(entity) is not { CanAdd: true } table || db.Quotas.FindLastUncounted(entity, row.UserId) is not { } last)
            return null;

        ct.ThrowIfCancellationRequested();
        try
        {
            return await _added.Value.AddAsync(row.UserId, () => table.Add(row, db.Since, last));
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.DivisionByZero)
        {
            // The user was erased, or the user's rows have to be counted: a unit finds out.
            return null;
        }
        catch (PostgresException e) when (e.SqlState[..2] == "23")
        {
            // As EF Core says that a constraint is violated.
            throw new DbUpdateException(e.MessageText, e);
        }
    }

    public bool IsUnavailable(Exception exception) => PostgresErrors.IsUnavailable(exception);

    public async Task<string?> FindFaultAsync(CancellationToken ct)
    {
        try
        {
            var now = _clock.GetUtcNow().ToUnixTimeMilliseconds();
            await using var session = await OpenAsync(ct);
            await using var batch = new NpgsqlBatch(session.Connection)
            {
                BatchCommands =
                {
                    PostgresWriter.Limits(Patience),
                    new NpgsqlBatchCommand(
                        "INSERT INTO heartbeat (id, beat_at) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET beat_at = excluded.beat_at")
                    {
                        Parameters =
                        {
                            new NpgsqlParameter<Guid> { TypedValue = _instance }, new NpgsqlParameter<long> { TypedValue = now },
                        },
                    },
                },
            };
            await batch.ExecuteNonQueryAsync(ct);
            session.DemandReplicated();

            return null;
        }
        catch (Exception e) when (IsUnavailable(e) || e is OperationCanceledException)
        {
            return "The database can't be written.";
        }
    }

    public Task<ILookup<string, string>> ReadColumnsAsync(AppDb db, CancellationToken ct) => ReadPairsAsync(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema()", ct);

    public Task<ILookup<string, string>> ReadIndexesAsync(AppDb db, CancellationToken ct) => ReadPairsAsync(
        """
        SELECT t.relname::text, string_agg(a.attname, ', ' ORDER BY k.number) FROM pg_index i
            JOIN pg_class t ON t.oid = i.indrelid AND t.relnamespace = current_schema()::regnamespace
            CROSS JOIN unnest(i.indkey::int2[]) WITH ORDINALITY k(attribute, number)
            JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.attribute
            GROUP BY t.relname, i.indexrelid
        """,
        ct);

    /// <summary>The server has its own tools for that.</summary>
    public Task KeepCopyAsync(AppDb db, DateTimeOffset now, CancellationToken ct) => Task.CompletedTask;

    /// <summary>The server's log and dead rows go when it cleans up.</summary>
    public Task ForgetErasedAsync() => Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_added.IsValueCreated)
            await _added.Value.DisposeAsync();
        if (_source.IsValueCreated)
            await Source.DisposeAsync();
        _turns.Dispose();
    }

    internal StartupException Unusable(Exception reason) => new(
        $"The database {_settings.Database} at {_settings.Host}:{_settings.Port} can't be used: {ReasonOf(reason)} "
        + "Check Data:ConnectionString (DATABASE_URL).");

    /// <exception cref="NpgsqlException">No connection was free or could be made in time.</exception>
    internal async Task<Session> OpenAsync(CancellationToken ct) => new(await Source.OpenConnectionAsync(ct));

    /// <summary>A connection of its own, which finds out by itself that it is dead.</summary>
    internal NpgsqlDataSource MakeListener() => BuildSource(settings =>
    {
        settings.Pooling = false;
        settings.KeepAlive = 30;
    });

    /// <summary>Runs what writes, with the few others that may; again, if the server asks for it.</summary>
    internal async Task<T> RunInTurnAsync<T>(Func<TimeSpan, Task<T>> work)
    {
        var asked = Stopwatch.GetTimestamp();
        Interlocked.Increment(ref _waiting);
        var hasTurn = await _turns.WaitAsync(Patience);
        Interlocked.Decrement(ref _waiting);
        if (!hasTurn)
            throw new TimeoutException("Too many changes wait for the database.");

        try
        {
            for (var tries = 1; ; tries++)
            {
                try
                {
                    var left = Patience - Stopwatch.GetElapsedTime(asked);

                    return await work(left > LeastPatience ? left : LeastPatience);
                }
                catch (Exception e) when (tries < Tries && PostgresErrors.AsksToRunAgain(e))
                {
                    // Those who met are apart when they try again.
                    await Task.Delay(Random.Shared.Next(1, 10 * tries));
                }
            }
        }
        finally
        {
            _turns.Release();
        }
    }

    /// <summary>
    /// Runs statements in one round trip, in the unit of the context or on a connection of its own; again, if the connection was lost.
    /// </summary>
    /// <param name="db">Who reads.</param>
    /// <param name="commands">Makes the statements, anew for each try: one that has run belongs to its connection.</param>
    /// <param name="read">Reads the results.</param>
    internal async ValueTask<T> ReadAsync<T>(AppDb db, Func<NpgsqlBatchCommand[]> commands, Func<NpgsqlDataReader, Task<T>> read)
    {
        if (db.Writer is PostgresWriter writer)
            return await ReadAsync(writer.Connection, commands(), read);

        for (var isAgain = false; ; isAgain = true)
        {
            try
            {
                await using var connection = await Source.OpenConnectionAsync();

                return await ReadAsync(connection, commands(), read);
            }
            catch (Exception e) when (!isAgain && PostgresErrors.IsConnectionLost(e))
            {
                // The server may have been restarted since the connection was used last.
            }
        }
    }

    /// <summary>Reads a user's counter.</summary>
    internal static async Task<UserRevision> ReadCounterAsync(NpgsqlDataReader reader) =>
        await reader.ReadAsync() ? new UserRevision(reader.GetInt64(0), reader.GetInt64(1)) : default;

    /// <summary>The value as the column takes it.</summary>
    internal static NpgsqlParameter Parameter(IProperty column, object? value)
    {
        using var command = new NpgsqlCommand();
        var parameter = (NpgsqlParameter)column.GetRelationalTypeMapping().CreateParameter(command, "", value, column.IsNullable);
        parameter.ParameterName = "";

        return parameter;
    }

    private static async Task<T> ReadAsync<T>(
        NpgsqlConnection connection, NpgsqlBatchCommand[] commands, Func<NpgsqlDataReader, Task<T>> read)
    {
        await using var batch = new NpgsqlBatch(connection);
        foreach (var command in commands)
            batch.BatchCommands.Add(command);

        await using var reader = await batch.ExecuteReaderAsync();

        return await read(reader);
    }

    private async Task<ILookup<string, string>> ReadPairsAsync(string sql, CancellationToken ct)
    {
        await using var command = Source.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync(ct);
        var pairs = new List<(string Table, string Part)>();

        while (await reader.ReadAsync(ct))
            pairs.Add((reader.GetString(0), reader.GetString(1)));

        return pairs.ToLookup(pair => pair.Table, pair => pair.Part, StringComparer.OrdinalIgnoreCase);
    }

    private static string ReasonOf(Exception e) => e switch
    {
        PostgresException server => $"{server.MessageText}.",
        { InnerException: { } inner } => $"{e.Message} {inner.Message}",
        _ => e.Message,
    };

    private static NpgsqlConnectionStringBuilder WithDefaults(NpgsqlConnectionStringBuilder given)
    {
        Default("Application Name", "TaskSlices");

        // In seconds. The wait for a connection too: a caller is told to come back before it gives up.
        Default("Timeout", 3);
        Default("Command Timeout", 10);
        Default("Maximum Pool Size", 20);
        Default("Host Recheck Seconds", 1);

        // Nothing is left in a session that the next one could find.
        Default("No Reset On Close", true);

        // A cancelled wait for a standby looks like a success: the connection is closed instead.
        given.CancellationTimeout = -1;

        return given;

        void Default(string key, object value)
        {
            if (!given.ShouldSerialize(key))
                given[key] = value;
        }
    }

    /// <exception cref="StartupException">The server can't be used, or is too old.</exception>
    private NpgsqlDataSource MakeSource()
    {
        try
        {
            using var source = BuildSource();
            using var connection = source.OpenConnection();
            _version = connection.PostgreSqlVersion.ToString(2);
            if (connection.PostgreSqlVersion.Major < 15)
                throw new StartupException($"{Description} is too old. TaskSlices needs PostgreSQL 15 or newer.");

            IsBehindPooler = IsPooled(connection);
            if (!_settings.ShouldSerialize("Max Auto Prepare") && !IsBehindPooler)
                _settings.MaxAutoPrepare = Prepared;

            return BuildSource();
        }
        catch (Exception e) when (e is NpgsqlException or System.Net.Sockets.SocketException or TimeoutException)
        {
            throw Unusable(e);
        }
    }

    /// <summary>
    /// Whether a pooler stands between, which may give each transaction another session: it answers the login with a process id of its own.
    /// </summary>
    private static bool IsPooled(NpgsqlConnection connection)
    {
        using var command = new NpgsqlCommand("SELECT pg_backend_pid()", connection);

        return command.ExecuteScalar() is not int id || id != connection.ProcessID;
    }

    private NpgsqlDataSource BuildSource(Action<NpgsqlConnectionStringBuilder>? change = null)
    {
        var settings = new NpgsqlConnectionStringBuilder(_settings.ConnectionString);
        change?.Invoke(settings);
        if (!settings.Host!.Contains(',', StringComparison.Ordinal))
            return new NpgsqlDataSourceBuilder(settings.ConnectionString).Build();

        var wanted = settings.TargetSessionAttributes ?? "primary";
        var name = wanted.Replace("-", "", StringComparison.Ordinal);
        if (!Enum.TryParse<TargetSessionAttributes>(name, ignoreCase: true, out var attributes))
            throw new StartupException($"Data:ConnectionString (DATABASE_URL): target_session_attrs is '{wanted}', which is unknown.");

        settings.TargetSessionAttributes = null;

        return new NpgsqlDataSourceBuilder(settings.ConnectionString).BuildMultiHost().WithTargetSession(attributes);
    }

    private async Task<T> RunAsync<T>(AppDb db, Func<Task<T>> change, TimeSpan patience, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        await using var session = await OpenAsync(ct);

        // Sent together with the first statement.
        var watch = CommitWatch.Begin(EngineName);
        await using var transaction = await session.Connection.BeginTransactionAsync(CancellationToken.None);
        var writer = new PostgresWriter(session.Connection, db, patience);
        if (db.Owner is null)
            await writer.BeginAsync();

        var result = await db.RunOnAsync(writer, change);
        await writer.CompleteAsync();
        await transaction.CommitAsync(CancellationToken.None);
        session.DemandReplicated();
        watch.End(changes: 1);
        watch.Trace(CommitWatch.Caller(), changes: 1);

        return result;
    }

    /// <summary>A read of EF Core's is tried again as one of ours is; never in a unit, whose first statements would be lost.</summary>
    private sealed class ReadAgain(ExecutionStrategyDependencies dependencies) : ExecutionStrategy(dependencies, 1, TimeSpan.Zero)
    {
        private bool IsInUnit => Dependencies.CurrentContext.Context is AppDb { Writer: not null };

        public override bool RetriesOnFailure => !IsInUnit && base.RetriesOnFailure;

        protected override bool ShouldRetryOn(Exception exception) => !IsInUnit && PostgresErrors.IsConnectionLost(exception);
    }

    private sealed class WholeMilliseconds() : ValueConverter<DateTimeOffset, DateTimeOffset>(
        time => DateTimeOffset.FromUnixTimeMilliseconds(time.ToUnixTimeMilliseconds()), time => time);
}
