using System.Data;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Update;

namespace TaskSlices.Infrastructure.Data.Sqlite;

/// <summary>
/// A table of owned rows that are nothing but their columns, with the statements that read and write one of them. EF Core's model says what the
/// columns are; its queries and its saving, which can do far more, take several times as long (docs/decisions/0009-speed.md).
/// </summary>
internal sealed class FlatTable
{
    private readonly IProperty[] _columns;
    private readonly IProperty _userId, _id, _revision;
    private readonly string _one, _newest, _newestBefore, _insert, _update, _delete, _asRead;
    private readonly Func<SQLitePCL.sqlite3_stmt, object> _read;

    private FlatTable(IEntityType entity, Func<SQLitePCL.sqlite3_stmt, object> read)
    {
        _userId = entity.FindProperty(nameof(IOwned.UserId))!;
        _id = entity.FindProperty(nameof(IOwned.Id))!;
        _revision = entity.FindProperty(nameof(IOwned.Revision))!;
        _columns = [.. entity.GetProperties()];
        _read = read;

        var table = $"\"{entity.GetTableName()}\"";
        var (user, id) = ($"\"{_userId.GetColumnName()}\"", $"\"{_id.GetColumnName()}\"");
        var select = $"SELECT {Each(_columns, (column, _) => column)} FROM {table} WHERE {user} = ?1";
        _asRead = $"WHERE {user} = ?1 AND {id} = ?2 AND \"{_revision.GetColumnName()}\" = ?3";
        _one = $"{select} AND {id} = ?2";
        _newest = $"{select} ORDER BY {id} DESC LIMIT ?2";
        _newestBefore = $"{select} AND {id} < ?3 ORDER BY {id} DESC LIMIT ?2";
        _insert = $"INSERT INTO {table} ({Each(_columns, (column, _) => column)}) VALUES ({Each(_columns, (_, i) => $"?{i + 1}")})";
        _update = $"UPDATE {table} SET";
        _delete = $"DELETE FROM {table} {_asRead}";
    }

    /// <summary>Null if a row of that type is more than its columns, or not owned: that is left to EF Core.</summary>
    public static FlatTable? Of(IEntityType entity) => entity.GetOrAddRuntimeAnnotationValue(nameof(FlatTable), Make, entity);

    /// <exception cref="SqliteException">The file can't be read.</exception>
    public T? Find<T>(SqliteConnection connection, string userId, Guid id) where T : class
    {
        using var command = KeptStatements.Take(connection, _one, userId, Stored(_id, id));
        using var reader = command.ExecuteReader();

        return reader.Read() ? (T)_read(reader.Handle!) : null;
    }

    /// <exception cref="SqliteException">The file can't be read.</exception>
    public List<T> FindNewest<T>(SqliteConnection connection, string userId, Guid? before, int count)
    {
        using var command = before is { } id
            ? KeptStatements.Take(connection, _newestBefore, userId, count, Stored(_id, id))
            : KeptStatements.Take(connection, _newest, userId, count);
        var found = new List<T>();
        using var reader = command.ExecuteReader();

        while (reader.Read())
            found.Add((T)_read(reader.Handle!));

        return found;
    }

    /// <exception cref="DbUpdateConcurrencyException">The row has another revision by now, or is gone.</exception>
    /// <exception cref="DbUpdateException">The table refuses it, or the file can't be written.</exception>
    public void Write(SqliteConnection connection, IUpdateEntry entry)
    {
        try
        {
            using var command = entry.EntityState switch
            {
                EntityState.Added => KeptStatements.Take(connection, _insert, [.. _columns.Select(entry.GetCurrentProviderValue)]),
                EntityState.Modified => Update(connection, entry),
                _ => KeptStatements.Take(connection, _delete, AsRead(entry)),
            };

            if (command.ExecuteNonQuery() == 0)
                throw new DbUpdateConcurrencyException("The row was changed or removed since it was read.", [entry]);
        }
        catch (Exception e) when (e is not DbUpdateException)
        {
            throw new DbUpdateException("The row could not be saved; the inner exception says why.", e, [entry]);
        }
    }

    private SqliteCommand Update(SqliteConnection connection, IUpdateEntry entry)
    {
        var modified = _columns.Where(entry.IsModified).ToArray();
        var text = $"{_update} {Each(modified, (column, i) => $"{column} = ?{i + 4}")} {_asRead}";

        return KeptStatements.Take(connection, text, [.. AsRead(entry), .. modified.Select(entry.GetCurrentProviderValue)]);
    }

    private object?[] AsRead(IUpdateEntry entry) =>
        [entry.GetOriginalProviderValue(_userId), entry.GetOriginalProviderValue(_id), entry.GetOriginalProviderValue(_revision)];

    private static FlatTable? Make(IEntityType? entity) => IsFlat(entity!) && RowReader.For(entity!) is { } read ? new FlatTable(entity!, read) : null;

    private static bool IsFlat(IEntityType entity) =>
        entity.ClrType.IsAssignableTo(typeof(IOwned))
        && entity.GetTableMappings().ToList() is [{ Table: var table }] && table.EntityTypeMappings.Count() == 1
        && !entity.GetViewMappings().Any() && !entity.GetSqlQueryMappings().Any() && !entity.GetFunctionMappings().Any()
        && entity.FindPrimaryKey()?.Properties.Select(p => p.Name).SequenceEqual([nameof(IOwned.UserId), nameof(IOwned.Id)]) is true
        && entity.GetProperties().All(IsFlat)
        && !entity.GetComplexProperties().Any()
        && !entity.GetServiceProperties().Any()
        && !entity.GetNavigations().Cast<INavigationBase>().Concat(entity.GetSkipNavigations()).Any(navigation => navigation.IsEagerLoaded)
        && entity.GetDeclaredQueryFilters().Count == 0;

    private static bool IsFlat(IProperty property) =>
        property.ValueGenerated is ValueGenerated.Never
        && property.IsConcurrencyToken == (property.Name == nameof(IOwned.Revision))
        && property.GetBeforeSaveBehavior() is PropertySaveBehavior.Save
        && (property.IsKey() || property.GetAfterSaveBehavior() is PropertySaveBehavior.Save);

    private static string Each(IEnumerable<IProperty> properties, Func<string, int, string> text) =>
        string.Join(", ", properties.Select((property, i) => text($"\"{property.GetColumnName()}\"", i)));

    /// <summary>The value as the column has it.</summary>
    public static object Stored(IProperty property, object value) => property.GetTypeMapping().Converter?.ConvertToProvider(value) ?? value;
}
