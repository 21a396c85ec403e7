using System.Data.Common;
using System.Reflection;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Npgsql;
using TaskSlices.Infrastructure.Hosting;

namespace TaskSlices.Infrastructure.Data.Postgres;

/// <summary>
/// Copies every row of another store into an empty database, in one transaction, and compares what both have: how many rows each user has,
/// and a sum of their digests.
/// </summary>
public sealed class StoreImport(AppDb from, AppDb to, PostgresStore store)
{
    private const string Revisions = "SELECT user_id, revision, forgotten FROM revisions";

    private readonly Dictionary<(string Table, string User), (long Rows, UInt128 Sum)> _read = [];
    private readonly Dictionary<(string Table, string User), (long Rows, UInt128 Sum)> _written = [];

    /// <summary>How many rows of how many users there are in both.</summary>
    /// <exception cref="StartupException">The database is not empty, or has not what the other has: nothing of it is kept.</exception>
    public async Task<(long Rows, int Users)> RunAsync(CancellationToken ct)
    {
        var entities = InOrder(to.Model.GetEntityTypes().Where(entity => entity.GetTableName() is not null));
        await using var connection = await store.Source.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await DemandEmptyAsync(connection, [.. entities.Select(FlatModel.Table), "revisions"], ct);
        await CopyRevisionsAsync(connection, ct);

        foreach (var entity in entities)
            await Call(nameof(CopyAsync), entity, connection, ct);

        to.Connection.SetDbConnection(connection, contextOwnsConnection: false);
        await SumRevisionsAsync(connection, _written, ct);
        foreach (var entity in entities)
            await Call(nameof(SumAsync), entity, ct);

        if (_read.Count != _written.Count || _read.Any(sum => !_written.TryGetValue(sum.Key, out var other) || other != sum.Value))
            throw new StartupException("What was copied is not what was read, so nothing was kept. Please report it.");

        await transaction.CommitAsync(CancellationToken.None);

        return (_read.Values.Sum(sum => sum.Rows), _read.Keys.Select(key => key.User).Where(user => user.Length > 0).Distinct().Count());
    }

    /// <summary>Those that others refer to come first.</summary>
    private static List<IEntityType> InOrder(IEnumerable<IEntityType> entities)
    {
        var ordered = new List<IEntityType>();
        foreach (var entity in entities)
            Add(entity);

        return ordered;

        void Add(IEntityType entity)
        {
            if (ordered.Contains(entity))
                return;

            if (entity.GetProperties().Any(property => property.IsShadowProperty()) || entity.BaseType is not null || entity.IsOwned()
                || entity.GetComplexProperties().Any())
                throw new StartupException($"{entity.ClrType.Name} is more than the columns of one table: 'move' can't copy it.");

            foreach (var key in entity.GetForeignKeys().Where(key => key.PrincipalEntityType != entity))
                Add(key.PrincipalEntityType);

            ordered.Add(entity);
        }
    }

    private static async Task DemandEmptyAsync(NpgsqlConnection connection, IEnumerable<string> tables, CancellationToken ct)
    {
        foreach (var table in tables)
        {
            // Locked, so that nobody fills it meanwhile.
            var text = $"LOCK TABLE {table} IN EXCLUSIVE MODE; SELECT EXISTS (SELECT 1 FROM {table})";
            await using var command = new NpgsqlCommand(text, connection);
            if (await command.ExecuteScalarAsync(ct) is true)
                throw new StartupException($"The database has rows in {table}. Move into an empty one.");
        }
    }

    private static async Task SumRevisionsAsync(
        DbConnection connection, Dictionary<(string Table, string User), (long Rows, UInt128 Sum)> sums, CancellationToken ct)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = Revisions;
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            Add(sums, "revisions", reader.GetString(0), [reader.GetInt64(1), reader.GetInt64(2)]);
    }

    private static void Add(
        Dictionary<(string Table, string User), (long Rows, UInt128 Sum)> sums, string table, string user, object?[] values)
    {
        var (rows, sum) = sums.GetValueOrDefault((table, user));
        var digest = SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(values));
        sums[(table, user)] = (rows + 1, unchecked(sum + System.Buffers.Binary.BinaryPrimitives.ReadUInt128LittleEndian(digest)));
    }

    private async Task CopyRevisionsAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        await from.Connection.OpenAsync(ct);
        await SumRevisionsAsync(from.Connection.DbConnection, _read, ct);
        await using var command = from.Connection.DbConnection.CreateCommand();
        command.CommandText = Revisions;
        await using var reader = await command.ExecuteReaderAsync(ct);
        await using var copy = await connection.BeginBinaryImportAsync(
            "COPY revisions (user_id, revision, forgotten) FROM STDIN (FORMAT BINARY)", ct);
        while (await reader.ReadAsync(ct))
        {
            await copy.StartRowAsync(ct);
            await copy.WriteAsync(reader.GetString(0), ct);
            await copy.WriteAsync(reader.GetInt64(1), ct);
            await copy.WriteAsync(reader.GetInt64(2), ct);
        }

        await copy.CompleteAsync(ct);
    }

    private Task Call(string name, IEntityType entity, params object[] arguments) =>
        (Task)typeof(StoreImport).GetMethod(name, BindingFlags.NonPublic | BindingFlags.Instance)!
            .MakeGenericMethod(entity.ClrType).Invoke(this, [entity, .. arguments])!;

    private async Task CopyAsync<T>(IEntityType entity, NpgsqlConnection connection, CancellationToken ct) where T : class
    {
        var columns = entity.GetProperties().ToArray();
        var text = $"COPY {FlatModel.Table(entity)} ({string.Join(", ", columns.Select(FlatModel.Column))}) FROM STDIN (FORMAT BINARY)";
        await using var copy = await connection.BeginBinaryImportAsync(text, ct);

        await foreach (var row in EveryUsers<T>(from).WithCancellation(ct))
        {
            Sum(_read, entity, row);
            await copy.StartRowAsync(ct);
            foreach (var column in columns)
            {
                var value = PostgresStore.Parameter(column, column.GetGetter().GetClrValue(row));
                if (value.Value is null or DBNull)
                    await copy.WriteNullAsync(ct);
                else
                    await copy.WriteAsync(value.Value, value.NpgsqlDbType, ct);
            }
        }

        await copy.CompleteAsync(ct);
    }

    private async Task SumAsync<T>(IEntityType entity, CancellationToken ct) where T : class
    {
        await foreach (var row in EveryUsers<T>(to).WithCancellation(ct))
            Sum(_written, entity, row);
    }

    private static IAsyncEnumerable<T> EveryUsers<T>(AppDb db) where T : class =>
        db.Set<T>().IgnoreQueryFilters().AsNoTracking().AsAsyncEnumerable();

    private static void Sum(Dictionary<(string Table, string User), (long Rows, UInt128 Sum)> sums, IEntityType entity, object row)
    {
        var values = entity.GetProperties().OrderBy(property => property.Name, StringComparer.Ordinal)
            .Select(property => property.GetGetter().GetClrValue(row)).ToArray();
        var user = entity.FindProperty(nameof(IOwned.UserId))?.GetGetter().GetClrValue(row) as string ?? "";
        Add(sums, entity.GetTableName()!, user, values);
    }
}
