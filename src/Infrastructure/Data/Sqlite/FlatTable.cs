using System.Data;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;

namespace TaskSlices.Infrastructure.Data.Sqlite;

/// <summary>
/// A table of owned rows that are nothing but their columns, with the statements that read them. EF Core's model says what the columns are;
/// its queries, which can do far more, take several times as long (docs/decisions/0009-speed.md).
/// </summary>
internal sealed class FlatTable : IRowReader
{
    private const string Parameter = "?";
    private const string Position = "instr";

    private readonly IEntityType _entity;
    private readonly IProperty _id;
    private readonly string _one, _insert;
    private readonly IProperty[] _columns;
    private readonly Func<nint, string, object> _read;
    private RowSql? _lists;

    private FlatTable(IEntityType entity, Func<nint, string, object> read)
    {
        _entity = entity;
        _id = entity.FindProperty(nameof(IOwned.Id))!;
        _columns = [.. entity.GetProperties()];
        CanAdd = FlatModel.GivesAll(entity);
        _read = read;
        _one = $"{new RowSql(entity, Parameter, Position, IsAmong).All} AND {FlatModel.Column(_id)} = ?2";

        var columns = string.Join(", ", _columns.Select(FlatModel.Column));
        var values = string.Join(", ", _columns.Select((_, i) => $"?{i + 1}"));
        _insert = $"INSERT INTO {FlatModel.Table(entity)} ({columns}) VALUES ({values})";
    }

    /// <summary>Whether it can add a row; one whose values the database makes is left to EF Core.</summary>
    public bool CanAdd { get; }

    /// <summary>Null if a row of that type is more than its columns, or not owned: that is left to EF Core.</summary>
    public static FlatTable? Of(IEntityType entity) => entity.GetOrAddRuntimeAnnotationValue(nameof(FlatTable), Make, entity);

    public ValueTask<T?> FindAsync<T>(AppDb db, string userId, Guid id) where T : class
    {
        using var command = KeptStatements.Take(Open(db), _one, userId, AppDb.Stored(_id, id));
        using var reader = command.ExecuteReader();

        return new(reader.Read() ? (T)_read(reader.Handle!.DangerousGetHandle(), userId) : null);
    }

    public ValueTask<List<T>> FindPageAsync<T>(AppDb db, string userId, RowPage page)
    {
        var sqlite = Open(db);
        var lists = Lists(sqlite);
        if (page.Revision is { } revision)
            revision.Value = SqliteStore.ReadRevision(sqlite, userId).Last;

        using var command = Take(sqlite, lists.Page(userId, page));
        var found = new List<T>();
        using var reader = command.ExecuteReader();

        while (reader.Read())
        {
            var row = reader.Handle!.DangerousGetHandle();
            found.Add((T)_read(row, userId));
            page.Keys?.Add(Column.IsNull(row, lists.KeyColumn) ? null : Column.ReadString(row, lists.KeyColumn));
        }

        return new(found);
    }

    public ValueTask<List<Guid>> FindIdsAsync(AppDb db, string userId, RowPage page)
    {
        var sqlite = Open(db);
        using var command = Take(sqlite, Lists(sqlite).Ids(userId, page));
        using var reader = command.ExecuteReader();
        var ids = new List<Guid>();
        while (reader.Read())
            ids.Add(new Guid(reader.GetFieldValue<byte[]>(0), bigEndian: true));

        return new(ids);
    }

    public ValueTask<List<T>> FindAmongAsync<T>(AppDb db, string userId, RowQuery query, IReadOnlyCollection<Guid> ids)
    {
        var sqlite = Open(db);
        // Not kept: SQLite holds on to the values of a statement, and the ids are long.
        using var command = Take(sqlite, Lists(sqlite).Among(userId, query, ids), isKept: false);
        using var reader = command.ExecuteReader();
        var found = new List<T>();
        while (reader.Read())
            found.Add((T)_read(reader.Handle!.DangerousGetHandle(), userId));

        return new(found);
    }

    public ValueTask<long> CountAsync(AppDb db, string userId, RowQuery query)
    {
        var sqlite = Open(db);
        using var command = Take(sqlite, Lists(sqlite).Count(userId, query));

        return new((long)command.ExecuteScalar()!);
    }

    /// <summary>Adds the row with the user's next number, and returns the number.</summary>
    /// <exception cref="DbUpdateException">A constraint is violated.</exception>
    public async Task<long> AddAsync(IWriter writer, IOwned row)
    {
        var revision = await writer.NextRevisionAsync(row.UserId);
        var values = new object?[_columns.Length];
        for (var i = 0; i < values.Length; i++)
            values[i] = _columns[i].Name == nameof(IOwned.Revision) ? revision : FlatModel.Stored(_columns[i], row);

        using var command = KeptStatements.Take((SqliteConnection)writer.Connection, _insert, values);
        try
        {
            command.ExecuteNonQuery();
        }
        catch (SqliteException e) when (e.SqliteErrorCode == SQLitePCL.raw.SQLITE_CONSTRAINT)
        {
            // As EF Core says it.
            throw new DbUpdateException(e.Message, e);
        }

        return revision;
    }

    /// <summary>
    /// With the indexes that the database has. Without statistics, SQLite takes the key where an index has far fewer rows, and sorts where
    /// an index has the order.
    /// </summary>
    private RowSql Lists(SqliteConnection connection)
    {
        if (_lists is { } lists)
            return lists;

        using var command = connection.CreateCommand();
        command.CommandText = """
            SELECT i.name, l.name FROM pragma_index_list($table) l
                JOIN pragma_index_info(l.name) u ON u.seqno = 0 AND u.name = $user
                JOIN pragma_index_info(l.name) i ON i.seqno = 1
                JOIN pragma_index_info(l.name) d ON d.seqno = 2 AND d.name = $id
            """;
        command.Parameters.AddWithValue("$table", _entity.GetTableName());
        command.Parameters.AddWithValue("$user", _entity.FindProperty(nameof(IOwned.UserId))!.GetColumnName());
        command.Parameters.AddWithValue("$id", _id.GetColumnName());
        using var reader = command.ExecuteReader();
        var indexes = new Dictionary<string, string>();
        while (reader.Read())
            indexes[reader.GetString(0)] = reader.GetString(1);

        return _lists = new RowSql(_entity, Parameter, Position, IsAmong, indexes);
    }

    private static string IsAmong(string ids) => $"IN (SELECT unhex(value) FROM json_each({ids}))";

    private static SqliteCommand Take(SqliteConnection connection, RowSql.Statement statement, bool isKept = true)
    {
        object[] values = [.. statement.Values.Select(value => Stored(value.Column, value.Value))];
        if (isKept)
            return KeptStatements.Take(connection, statement.Text, values);

        var command = new SqliteCommand(statement.Text, connection);
        command.Parameters.AddRange(values.Select((value, i) => new SqliteParameter($"{Parameter}{i + 1}", value)));

        return command;
    }

    private static object Stored(IProperty? column, object value) => column is not null ? AppDb.Stored(column, value)
        : value is IEnumerable<Guid> ids ? JsonSerializer.Serialize(ids.Select(id => id.ToString("N"))) : value;

    /// <summary>The connection that the context reads from.</summary>
    internal static SqliteConnection Open(AppDb db)
    {
        var connection = db.Connection;
        if (connection.DbConnection.State is not ConnectionState.Open)
            connection.Open();

        return (SqliteConnection)connection.DbConnection;
    }

    private static FlatTable? Make(IEntityType? entity) =>
        FlatModel.IsFlat(entity!) && RowReader.For<nint>(entity!, Column.ReaderOf, Column.IsNullMethod) is { } read
            ? new FlatTable(entity!, read) : null;
}
