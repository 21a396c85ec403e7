using System.Data.Common;
using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace TaskSlices.Infrastructure.Data.Postgres;

/// <summary>
/// The transaction of one unit. A user's counter row is the lock: the unit that has taken a number is alone among the writers of that user
/// until it ends.
/// </summary>
internal sealed class PostgresWriter(NpgsqlConnection connection, AppDb db, TimeSpan patience) : IWriter
{
    /// <summary>
    /// Shorter than a caller waits for an answer. Not set at the start of the session: a pooler in transaction mode passes no such
    /// settings.
    /// </summary>
    private const string LimitsText = "SELECT set_config('lock_timeout', $1, true), set_config('statement_timeout', '10s', true)";

    private const string Lock = """
        INSERT INTO revisions (user_id, revision) VALUES ($1, 0)
        ON CONFLICT (user_id) DO UPDATE SET revision = revisions.revision
        RETURNING revision
        """;

    /// <summary>The lock, and the next number.</summary>
    internal const string Next = """
        INSERT INTO revisions (user_id, revision) VALUES ($1, 1)
        ON CONFLICT (user_id) DO UPDATE SET revision = revisions.revision + 1
        RETURNING revision
        """;

    internal const string Counter = "SELECT revision, forgotten FROM revisions WHERE user_id = $1";

    private const string Reserve = "UPDATE revisions SET revision = revision + 1 WHERE user_id = $1 RETURNING revision";
    private const string GiveBack = "UPDATE revisions SET revision = revision - 1 WHERE user_id = $1";
    private const string IsErased = "SELECT EXISTS (SELECT 1 FROM erased_users WHERE digest = $1 AND erased_at > $2)";

    private const string MarkErased = """
        INSERT INTO erased_users (digest, erased_at) VALUES ($1, clock_timestamp())
        ON CONFLICT (digest) DO UPDATE SET erased_at = excluded.erased_at
        """;

    /// <summary>No request takes that long.</summary>
    private const string ForgetErased = "DELETE FROM erased_users WHERE erased_at < now() - interval '1 hour'";

    private const string Forget = "DELETE FROM revisions WHERE user_id = $1 AND revision = 0";

    private readonly Dictionary<string, long> _reserved = [];
    private readonly HashSet<string> _begun = [];
    private bool _hasLimits;

    DbConnection IWriter.Connection => connection;

    public NpgsqlConnection Connection => connection;

    /// <summary>
    /// Sets how long the transaction waits for a row, and how long a statement may take. The server's limit holds twice for a row: for the
    /// place in the queue, and for the transaction that has the row.
    /// </summary>
    public static NpgsqlBatchCommand Limits(TimeSpan patience) => new(LimitsText)
    {
        Parameters = { new NpgsqlParameter<string> { TypedValue = FormattableString.Invariant($"{patience.TotalMilliseconds / 2:0}ms") } },
    };

    /// <summary>Sets the limits for the rest of the transaction, if that was not done yet.</summary>
    public async Task BeginAsync()
    {
        if (!_hasLimits)
            await ExecuteAsync();
    }

    public async ValueTask LockAsync(string userId)
    {
        if (await TakeAsync(Lock, userId) is 0)
            _begun.Add(userId);
    }

    public async ValueTask<long> NextRevisionAsync(string userId)
    {
        _begun.Remove(userId);

        return _reserved.Remove(userId, out var revision) ? revision : await TakeAsync(Next, userId);
    }

    /// <summary>
    /// One round trip: it takes the number that the change will need, if the user has any rows, and reads the row behind it.
    /// </summary>
    public async ValueTask<T?> FindForUpdateAsync<T>(AppDb context, IRowReader reader, string userId, Guid id) where T : class
    {
        var table = (FlatTable)reader;
        if (_reserved.ContainsKey(userId))
            return await table.FindAsync<T>(context, userId, id);

        await using var batch = Batch(Of(Reserve, userId), Erased(userId), table.One(userId, id));
        await using var results = await ReadAsync(batch);
        if (await results.ReadAsync())
            _reserved[userId] = results.GetInt64(0);

        await DemandNotErasedAsync(results, userId);
        await results.NextResultAsync();

        return await table.ReadOneAsync<T>(results, userId);
    }

    /// <summary>Gives back the numbers that were taken and not used: a user's revisions have no gap.</summary>
    public async Task CompleteAsync()
    {
        foreach (var user in _reserved.Keys)
            await ExecuteAsync(Of(GiveBack, user));

        foreach (var user in _begun)
            await ExecuteAsync(Of(Forget, user));
    }

    internal static NpgsqlBatchCommand Of(string text, string userId) =>
        new(text) { Parameters = { new NpgsqlParameter<string> { TypedValue = userId } } };

    /// <summary>What a row in <c>erased_users</c> says of whom: the table names nobody.</summary>
    public static NpgsqlParameter<byte[]> Digest(string userId) => new() { TypedValue = SHA256.HashData(Encoding.UTF8.GetBytes(userId)) };

    public async ValueTask MarkErasedAsync(string userId) => await ExecuteAsync(
        new NpgsqlBatchCommand(ForgetErased), new NpgsqlBatchCommand(MarkErased) { Parameters = { Digest(userId) } });

    private NpgsqlBatchCommand Erased(string userId) => new(IsErased)
    {
        Parameters = { Digest(userId), new NpgsqlParameter<DateTimeOffset> { TypedValue = db.Since } },
    };

    /// <summary>Looks once the lock is taken: the unit that erased the user held it.</summary>
    private async Task DemandNotErasedAsync(NpgsqlDataReader results, string userId)
    {
        await results.NextResultAsync();
        if (await results.ReadAsync() && results.GetBoolean(0) && userId == db.Owner)
            throw new OwnerGoneException();
    }

    private async Task<long> TakeAsync(string text, string userId)
    {
        await using var batch = Batch(Of(text, userId), Erased(userId));
        await using var results = await ReadAsync(batch);
        await results.ReadAsync();
        var revision = results.GetInt64(0);
        await DemandNotErasedAsync(results, userId);

        return revision;
    }

    private async Task ExecuteAsync(params NpgsqlBatchCommand[] commands)
    {
        await using var batch = Batch(commands);
        await using var results = await ReadAsync(batch);
    }

    private NpgsqlBatch Batch(params ReadOnlySpan<NpgsqlBatchCommand> commands)
    {
        var batch = new NpgsqlBatch(connection);
        if (!_hasLimits)
            batch.BatchCommands.Add(Limits(patience));

        foreach (var command in commands)
            batch.BatchCommands.Add(command);

        return batch;
    }

    /// <summary>Stands at the first result that was asked for.</summary>
    private async Task<NpgsqlDataReader> ReadAsync(NpgsqlBatch batch)
    {
        var results = await batch.ExecuteReaderAsync();
        if (!_hasLimits)
            await results.NextResultAsync();

        _hasLimits = true;

        return results;
    }
}
