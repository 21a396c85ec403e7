using System.Data;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore.Metadata;

namespace TaskSlices.Infrastructure.Data.Sqlite;

/// <summary>
/// A table of owned rows that are nothing but their columns, with the statements that read them. EF Core's model says what the columns are;
/// its queries, which can do far more, take several times as long (docs/decisions/0009-speed.md).
/// </summary>
internal sealed class FlatTable : IRowReader
{
    private readonly IProperty _id;
    private readonly string _one;
    private readonly RowSql _lists;
    private readonly Func<nint, string, object> _read;

    private FlatTable(IEntityType entity, Func<nint, string, object> read)
    {
        _id = entity.FindProperty(nameof(IOwned.Id))!;
        _read = read;

        // Without statistics, SQLite takes two columns of an index for better than one and the right order.
        _lists = new RowSql(entity, parameter: "?", position: "instr", unindexed: "+");
        _one = $"{_lists.Select} AND {FlatModel.Column(_id)} = ?2";
    }

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
        using var command = Take(Open(db), _lists.Page(userId, page));
        var found = new List<T>();
        using var reader = command.ExecuteReader();

        while (reader.Read())
            found.Add((T)_read(reader.Handle!.DangerousGetHandle(), userId));

        return new(found);
    }

    public ValueTask<long> CountAsync(AppDb db, string userId, RowQuery query)
    {
        using var command = Take(Open(db), _lists.Count(userId, query));

        return new((long)command.ExecuteScalar()!);
    }

    private static SqliteCommand Take(SqliteConnection connection, RowSql.Statement statement) => KeptStatements.Take(
        connection, statement.Text, [.. statement.Values.Select(v => v.Column is { } column ? AppDb.Stored(column, v.Value) : v.Value)]);

    private static SqliteConnection Open(AppDb db)
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
