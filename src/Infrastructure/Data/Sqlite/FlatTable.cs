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
    private readonly string _one, _newest, _newestBefore;
    private readonly Func<SQLitePCL.sqlite3_stmt, object> _read;

    private FlatTable(IEntityType entity, Func<SQLitePCL.sqlite3_stmt, object> read)
    {
        _id = entity.FindProperty(nameof(IOwned.Id))!;
        _read = read;

        var (user, id) = (FlatModel.Column(entity, nameof(IOwned.UserId)), FlatModel.Column(_id));
        var columns = string.Join(", ", entity.GetProperties().Select(FlatModel.Column));
        var select = $"SELECT {columns} FROM {FlatModel.Table(entity)} WHERE {user} = ?1";
        _one = $"{select} AND {id} = ?2";
        _newest = $"{select} ORDER BY {id} DESC LIMIT ?2";
        _newestBefore = $"{select} AND {id} < ?3 ORDER BY {id} DESC LIMIT ?2";
    }

    /// <summary>Null if a row of that type is more than its columns, or not owned: that is left to EF Core.</summary>
    public static FlatTable? Of(IEntityType entity) => entity.GetOrAddRuntimeAnnotationValue(nameof(FlatTable), Make, entity);

    public ValueTask<T?> FindAsync<T>(AppDb db, string userId, Guid id) where T : class
    {
        using var command = KeptStatements.Take(Open(db), _one, userId, AppDb.Stored(_id, id));
        using var reader = command.ExecuteReader();

        return new(reader.Read() ? (T)_read(reader.Handle!) : null);
    }

    public ValueTask<List<T>> FindNewestAsync<T>(AppDb db, string userId, Guid? before, int count)
    {
        var sqlite = Open(db);
        using var command = before is { } id
            ? KeptStatements.Take(sqlite, _newestBefore, userId, count, AppDb.Stored(_id, id))
            : KeptStatements.Take(sqlite, _newest, userId, count);
        var found = new List<T>();
        using var reader = command.ExecuteReader();

        while (reader.Read())
            found.Add((T)_read(reader.Handle!));

        return new(found);
    }

    private static SqliteConnection Open(AppDb db)
    {
        var connection = db.Connection;
        if (connection.DbConnection.State is not ConnectionState.Open)
            connection.Open();

        return (SqliteConnection)connection.DbConnection;
    }

    private static FlatTable? Make(IEntityType? entity) =>
        FlatModel.IsFlat(entity!) && RowReader.For<SQLitePCL.sqlite3_stmt>(entity!, Column.ReaderOf, Column.IsNullMethod) is { } read
            ? new FlatTable(entity!, read) : null;
}
