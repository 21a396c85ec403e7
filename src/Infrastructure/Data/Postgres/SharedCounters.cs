using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Npgsql;
using TaskSlices.Infrastructure.Hosting;

namespace TaskSlices.Infrastructure.Data.Postgres;

/// <summary>In a table, for all instances. A crash of the server may lose the last counts: they wait for no disk.</summary>
public sealed class SharedCounters(PostgresStore store, ISecretStore secrets) : ICounters
{
    private const int Slots = 1 << 14;

    private const string Fast = """
        SELECT set_config('lock_timeout', '2s', true), set_config('statement_timeout', '2s', true),
            set_config('synchronous_commit', 'off', true)
        """;

    /// <summary>Without now() in the update, which Citus does not take.</summary>
    private const string Count = """
        INSERT INTO counters (kind, slot, until, count) VALUES ($1, $2, now() + $3, 1)
        ON CONFLICT (kind, slot) DO UPDATE SET
            until = CASE WHEN counters.until <= excluded.until - $3 THEN excluded.until ELSE counters.until END,
            count = CASE WHEN counters.until <= excluded.until - $3 THEN 1 ELSE counters.count + 1 END
        WHERE counters.until <= excluded.until - $3 OR counters.count < $4
        RETURNING count
        """;

    private const string Left = "SELECT until - now() FROM counters WHERE kind = $1 AND slot = $2";
    private const string GiveBack = "UPDATE counters SET count = greatest(0, count - 1) WHERE kind = $1 AND slot = $2";

    private readonly Lazy<byte[]> _seed = new(() =>
        Convert.FromBase64String(secrets.Keep("counter-seed", () => Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)))));

    public async ValueTask<TimeSpan?> CountAsync(string kind, string key, int limit, TimeSpan window)
    {
        if (limit <= 0)
            return window;

        var isCounted = await RunAsync(
            Of(Count, kind, key, new NpgsqlParameter<TimeSpan> { TypedValue = window }, new NpgsqlParameter<int> { TypedValue = limit }),
            async reader => await reader.ReadAsync());
        if (isCounted)
            return null;

        return await RunAsync(
            Of(Left, kind, key),
            async reader => await reader.ReadAsync() && reader.GetTimeSpan(0) is var left && left > TimeSpan.Zero ? left : TimeSpan.Zero);
    }

    public async ValueTask GiveBackAsync(string kind, string key) => await RunAsync(Of(GiveBack, kind, key), _ => Task.FromResult(true));

    private async Task<T> RunAsync<T>(NpgsqlBatchCommand command, Func<NpgsqlDataReader, Task<T>> read)
    {
        await using var session = await store.OpenAsync(CancellationToken.None);
        await using var batch = new NpgsqlBatch(session.Connection) { BatchCommands = { new NpgsqlBatchCommand(Fast), command } };
        await using var reader = await batch.ExecuteReaderAsync();
        await reader.NextResultAsync();

        return await read(reader);
    }

    private NpgsqlBatchCommand Of(string text, string kind, string key, params NpgsqlParameter[] more)
    {
        var hash = HMACSHA256.HashData(_seed.Value, Encoding.UTF8.GetBytes(key));
        var command = new NpgsqlBatchCommand(text)
        {
            Parameters =
            {
                new NpgsqlParameter<string> { TypedValue = kind },
                new NpgsqlParameter<int> { TypedValue = (int)(BinaryPrimitives.ReadUInt32LittleEndian(hash) % Slots) },
            },
        };
        command.Parameters.AddRange(more);

        return command;
    }
}
