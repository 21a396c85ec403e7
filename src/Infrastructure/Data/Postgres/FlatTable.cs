using System.Reflection;
using Microsoft.EntityFrameworkCore.Metadata;
using Npgsql;

namespace TaskSlices.Infrastructure.Data.Postgres;

/// <summary>The statements of a table of owned rows that are nothing but their columns: each is one round trip.</summary>
internal sealed class FlatTable : IRowReader
{
    private readonly IProperty[] _columns;
    private readonly string _one, _insert;
    private readonly RowSql _lists;
    private readonly Func<NpgsqlDataReader, string, object> _read;

    private FlatTable(IEntityType entity, Func<NpgsqlDataReader, string, object> read)
    {
        _read = read;
        _columns = [.. entity.GetProperties()];
        CanAdd = FlatModel.GivesAll(entity);

        var table = FlatModel.Table(entity);
        var columns = string.Join(", ", _columns.Select(FlatModel.Column));
        _lists = new RowSql(entity, parameter: "$", position: "strpos", isAmong: ids => $"= ANY ({ids})");
        _one = $"{_lists.All} AND {FlatModel.Column(entity, nameof(IOwned.Id))} = $2";

        // Behind the lock, so that it sees who was erased meanwhile: the division by zero then undoes the counter too.
        var allows = $"(erased.allows * CASE WHEN counter.revision <= ${_columns.Length + 3} THEN 1 ELSE 0 END)";
        var values = _columns.Select(
            (column, i) => column.Name == nameof(IOwned.Revision) ? $"counter.revision / {allows}" : $"${i + 1}");
        _insert = $"""
            INSERT INTO {table} ({columns}) SELECT {string.Join(", ", values)}
            FROM revisions counter, (
                SELECT 1 - count(*) AS allows FROM erased_users
                WHERE digest = ${_columns.Length + 1} AND erased_at > ${_columns.Length + 2}) erased
            WHERE counter.user_id = ${Array.FindIndex(_columns, column => column.Name == nameof(IOwned.UserId)) + 1} RETURNING revision
            """;
    }

    /// <summary>Whether it can add a row; one whose values the database makes is left to EF Core.</summary>
    public bool CanAdd { get; }

    /// <summary>Null if a row of that type is more than its columns, or not owned: that is left to EF Core.</summary>
    public static FlatTable? Of(IEntityType entity) => entity.GetOrAddRuntimeAnnotationValue(nameof(FlatTable), Make, entity);

    public ValueTask<T?> FindAsync<T>(AppDb db, string userId, Guid id) where T : class =>
        Store(db).ReadAsync(db, () => [One(userId, id)], reader => ReadOneAsync<T>(reader, userId));

    public ValueTask<List<T>> FindPageAsync<T>(AppDb db, string userId, RowPage page)
    {
        return Store(db).ReadAsync(db, Commands, reader => ReadAllAsync<T>(reader, userId, page));

        NpgsqlBatchCommand[] Commands()
        {
            var list = Command(_lists.Page(userId, page));

            return page.Revision is null ? [list] : [PostgresWriter.Of(PostgresWriter.Counter, userId), list];
        }
    }

    public ValueTask<List<Guid>> FindIdsAsync(AppDb db, string userId, RowPage page) =>
        Store(db).ReadAsync(db, () => [Command(_lists.Ids(userId, page))], ReadIdsAsync);

    public ValueTask<List<T>> FindAmongAsync<T>(AppDb db, string userId, RowQuery query, IReadOnlyCollection<Guid> ids) =>
        Store(db).ReadAsync(
            db, () => [Command(_lists.Among(userId, query, ids))],
            reader => ReadAllAsync<T>(reader, userId, new RowPage(query, ids.Count)));

    public ValueTask<long> CountAsync(AppDb db, string userId, RowQuery query) =>
        Store(db).ReadAsync(db, () => [Command(_lists.Count(userId, query))], ReadCountAsync);

    /// <summary>The statement that finds one row, for a batch.</summary>
    public NpgsqlBatchCommand One(string userId, Guid id) => new(_one)
    {
        Parameters = { new NpgsqlParameter<string> { TypedValue = userId }, new NpgsqlParameter<Guid> { TypedValue = id } },
    };

    public async Task<T?> ReadOneAsync<T>(NpgsqlDataReader reader, string userId) where T : class =>
        await reader.ReadAsync() ? (T)_read(reader, userId) : null;

    /// <summary>Adds a row with the number that stands in the user's counter, and returns the number.</summary>
    /// <param name="row">The row.</param>
    /// <param name="since">If the user was erased after that, the server reports a division by zero.</param>
    /// <param name="last">If the number is larger, too.</param>
    public NpgsqlBatchCommand Add(IOwned row, DateTimeOffset since, long last)
    {
        var command = new NpgsqlBatchCommand(_insert);
        foreach (var column in _columns)
            command.Parameters.Add(PostgresStore.Parameter(column, column.GetGetter().GetClrValue(row)));

        command.Parameters.Add(PostgresWriter.Digest(row.UserId));
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = since });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = last });

        return command;
    }

    private static FlatTable? Make(IEntityType? entity) =>
        FlatModel.IsFlat(entity!) && RowReader.For<NpgsqlDataReader>(entity!, Column.ReaderOf, Column.IsNullMethod) is { } read
            ? new FlatTable(entity!, read) : null;

    /// <summary>The context's own: a table belongs to the model, which all stores of a process share.</summary>
    private static PostgresStore Store(AppDb db) => (PostgresStore)db.Store;

    private static NpgsqlBatchCommand Command(RowSql.Statement statement)
    {
        var command = new NpgsqlBatchCommand(statement.Text);
        foreach (var (column, value) in statement.Values)
        {
            command.Parameters.Add(
                column is not null ? PostgresStore.Parameter(column, value)
                : value is IEnumerable<Guid> ids ? new NpgsqlParameter<Guid[]> { TypedValue = [.. ids] }
                : new NpgsqlParameter<int> { TypedValue = (int)value });
        }

        return command;
    }

    private static async Task<List<Guid>> ReadIdsAsync(NpgsqlDataReader reader)
    {
        var ids = new List<Guid>();
        while (await reader.ReadAsync())
            ids.Add(reader.GetGuid(0));

        return ids;
    }

    private static async Task<long> ReadCountAsync(NpgsqlDataReader reader)
    {
        await reader.ReadAsync();

        return reader.GetInt64(0);
    }

    private async Task<List<T>> ReadAllAsync<T>(NpgsqlDataReader reader, string userId, RowPage page)
    {
        if (page.Revision is { } revision)
        {
            revision.Value = (await PostgresStore.ReadCounterAsync(reader)).Last;
            await reader.NextResultAsync();
        }

        var found = new List<T>();
        while (await reader.ReadAsync())
        {
            found.Add((T)_read(reader, userId));
            page.Keys?.Add(reader.IsDBNull(_lists.KeyColumn) ? null : reader.GetString(_lists.KeyColumn));
        }

        return found;
    }

    private static class Column
    {
        private static readonly HashSet<Type> Types =
        [
            typeof(bool), typeof(short), typeof(int), typeof(long), typeof(float), typeof(double), typeof(decimal), typeof(string),
            typeof(byte[]), typeof(Guid), typeof(DateTimeOffset), typeof(DateTime), typeof(DateOnly), typeof(TimeOnly), typeof(TimeSpan),
        ];

        public static MethodInfo IsNullMethod { get; } = ((Func<NpgsqlDataReader, int, bool>)IsNull).Method;

        public static MethodInfo? ReaderOf(Type type) =>
            Types.Contains(type)
                ? typeof(Column).GetMethod(nameof(Read), BindingFlags.NonPublic | BindingFlags.Static)!.MakeGenericMethod(type)
                : null;

        private static bool IsNull(NpgsqlDataReader row, int column) => row.IsDBNull(column);

        private static T Read<T>(NpgsqlDataReader row, int column) => row.GetFieldValue<T>(column);
    }
}
