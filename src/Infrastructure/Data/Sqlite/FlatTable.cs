using System.Data.Common;
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
    private readonly IProperty _id;
    private readonly string _one, _newest, _newestBefore;
    private readonly Func<SQLitePCL.sqlite3_stmt, object> _read;

    private FlatTable(IEntityType entity, Func<SQLitePCL.sqlite3_stmt, object> read)
    {
        _id = entity.FindProperty(nameof(IOwned.Id))!;
        _read = read;

        var (user, id) = (Quoted(entity.FindProperty(nameof(IOwned.UserId))!), Quoted(_id));
        var columns = string.Join(", ", entity.GetProperties().Select(Quoted));
        var select = $"SELECT {columns} FROM \"{entity.GetTableName()}\" WHERE {user} = ?1";
        _one = $"{select} AND {id} = ?2";
        _newest = $"{select} ORDER BY {id} DESC LIMIT ?2";
        _newestBefore = $"{select} AND {id} < ?3 ORDER BY {id} DESC LIMIT ?2";
    }

    /// <summary>Null if a row of that type is more than its columns, or not owned: that is left to EF Core.</summary>
    public static FlatTable? Of(IEntityType entity) => entity.GetOrAddRuntimeAnnotationValue(nameof(FlatTable), Make, entity);

    public T? Find<T>(DbConnection connection, string userId, Guid id) where T : class
    {
        using var command = KeptStatements.Take((SqliteConnection)connection, _one, userId, AppDb.Stored(_id, id));
        using var reader = command.ExecuteReader();

        return reader.Read() ? (T)_read(reader.Handle!) : null;
    }

    public List<T> FindNewest<T>(DbConnection connection, string userId, Guid? before, int count)
    {
        var sqlite = (SqliteConnection)connection;
        using var command = before is { } id
            ? KeptStatements.Take(sqlite, _newestBefore, userId, count, AppDb.Stored(_id, id))
            : KeptStatements.Take(sqlite, _newest, userId, count);
        var found = new List<T>();
        using var reader = command.ExecuteReader();

        while (reader.Read())
            found.Add((T)_read(reader.Handle!));

        return found;
    }

    private static FlatTable? Make(IEntityType? entity) =>
        IsFlat(entity!) && RowReader.For(entity!) is { } read ? new FlatTable(entity!, read) : null;

    private static bool IsFlat(IEntityType entity) =>
        entity.ClrType.IsAssignableTo(typeof(IOwned))
        && entity.GetTableMappings().ToList() is [{ Table: var table }] && table.EntityTypeMappings.Count() == 1
        && !entity.GetViewMappings().Any() && !entity.GetSqlQueryMappings().Any() && !entity.GetFunctionMappings().Any()
        && entity.FindPrimaryKey()?.Properties.Select(p => p.Name).SequenceEqual([nameof(IOwned.UserId), nameof(IOwned.Id)]) is true
        && !entity.GetComplexProperties().Any()
        && !entity.GetServiceProperties().Any()
        && !entity.GetNavigations().Cast<INavigationBase>().Concat(entity.GetSkipNavigations()).Any(navigation => navigation.IsEagerLoaded)
        && entity.HasOnlyOwnerFilter();

    private static string Quoted(IProperty property) => $"\"{property.GetColumnName()}\"";
}
