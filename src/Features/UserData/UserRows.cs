using System.Reflection;
using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using TaskSlices.Infrastructure.Data;

namespace TaskSlices.Features.UserData;

/// <summary>
/// Everything that is kept about one user: the rows of every entity that has a UserId, found in the model, so that those of a new feature
/// are among them.
/// </summary>
public sealed class UserRows(AppDb db)
{
    private const string UserId = nameof(IOwned.UserId);

    /// <summary>Rows that are read at once. Nothing is open while they are on their way: a slow reader holds up nobody.</summary>
    private const int Batch = 500;

    private readonly IEntityType[] _entities =
    [
        .. db.Model.GetEntityTypes().Where(entity => entity.FindProperty(UserId) is not null)
            .OrderBy(entity => entity.GetTableName(), StringComparer.Ordinal),
    ];

    /// <summary>The rows with the names of their tables, in the order of their keys.</summary>
    public async IAsyncEnumerable<(string Table, object Row)> ReadAsync(
        string userId, [EnumeratorCancellation] CancellationToken ct)
    {
        foreach (var entity in _entities)
        {
            object? last = null;
            do
            {
                var rows = await ReadAsync(entity, userId, last, ct);
                last = rows.Count == Batch ? rows[^1] : null;

                foreach (var row in rows)
                    yield return (entity.GetTableName()!, row is DeletedRow deleted ? Describe(deleted) : row);
            }
            while (last is not null);
        }
    }

    /// <summary>
    /// Removes them, and marks the user: a change that was asked for before is refused. To be called in a unit of
    /// <see cref="AppDb.WriteAsync{T}"/>.
    /// </summary>
    /// <returns>How many there were.</returns>
    public async Task<int> EraseAsync(string userId, CancellationToken ct)
    {
        var count = 0;
        await db.MarkErasedAsync(userId);

        foreach (var table in _entities.Select(entity => entity.GetTableName()).Append("revisions"))
        {
            var sql = $"DELETE FROM \"{table}\" WHERE user_id = {{0}}";
            count += await db.Database.ExecuteSqlRawAsync(sql, [userId], ct);
        }

        return count;
    }

    private Deletion Describe(DeletedRow row) => new(
        row.TableName, row.Id, row.Revision, row.DeletedAt,
        RowKind.All(db.Model).FirstOrDefault(kind => kind.Name == row.TableName) is { } kind ? row.Restore(kind) : null);

    private Task<List<object>> ReadAsync(IEntityType entity, string userId, object? after, CancellationToken ct)
    {
        var key = entity.FindPrimaryKey()!.Properties.Where(property => property.Name != UserId).ToArray();
        var columns = string.Join(", ", key.Select(property => $"\"{property.GetColumnName()}\""));
        var values = new List<object> { userId };
        var sql = $"SELECT * FROM \"{entity.GetTableName()}\" WHERE user_id = {{0}}";

        if (after is not null)
        {
            sql += $" AND ({columns}) > ({string.Join(", ", key.Select((_, i) => $"{{{i + 1}}}"))})";
            values.AddRange(key.Select(property => AppDb.Stored(property, property.PropertyInfo!.GetValue(after)!)));
        }

        if (key.Length > 0)
            sql += $" ORDER BY {columns}";

        var read = typeof(UserRows).GetMethod(nameof(ToListAsync), BindingFlags.NonPublic | BindingFlags.Instance)!
            .MakeGenericMethod(entity.ClrType);

        return (Task<List<object>>)read.Invoke(this, [$"{sql} LIMIT {Batch}", values.ToArray(), ct])!;
    }

    private async Task<List<object>> ToListAsync<T>(string sql, object[] values, CancellationToken ct) where T : class =>
        [.. await db.Set<T>().FromSqlRaw(sql, values).AsNoTracking().ToListAsync(ct)];
}

/// <summary>A row that was deleted and is kept, as it is exported: as the row itself would be.</summary>
public sealed record Deletion(string TableName, Guid Id, long Revision, DateTimeOffset DeletedAt, object? Row);
