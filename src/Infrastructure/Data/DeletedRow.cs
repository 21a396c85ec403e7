using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;
using Microsoft.Extensions.Options;
using TaskSlices.Infrastructure.Hosting;

namespace TaskSlices.Infrastructure.Data;

/// <summary>
/// What is kept of a row that was deleted, so that other devices learn of it and the user can have it back. It takes the place of the row
/// in the same unit: in its own table, so that no query has to leave it out.
/// </summary>
public sealed class DeletedRow
{
    public required string UserId { get; init; }
    public required string TableName { get; init; }
    public required Guid Id { get; init; }

    /// <summary>The user's number for the deletion.</summary>
    public required long Revision { get; init; }

    public required DateTimeOffset DeletedAt { get; init; }

    /// <summary>The row's values, as a JSON object by the names of the columns, the same on every engine.</summary>
    public required string Content { get; init; }

    internal static DeletedRow Of(RowKind kind, IOwned row, long revision, DateTimeOffset now) => new()
    {
        UserId = row.UserId,
        TableName = kind.Name,
        Id = row.Id,
        Revision = revision,
        DeletedAt = now,
        Content = new JsonObject(Columns(kind).Select(p => KeyValuePair.Create(p.GetColumnName(), ValueOf(p, row)))).ToJsonString(),
    };

    /// <summary>
    /// The row as it was. What a later version added has the initial value of its property, which a column that is not nullable needs.
    /// </summary>
    internal IOwned Restore(RowKind kind)
    {
        var row = Activator.CreateInstance(kind.Entity.ClrType, nonPublic: true)!;
        var values = JsonNode.Parse(Content)!.AsObject();
        foreach (var property in Columns(kind))
        {
            if (values.TryGetPropertyValue(property.GetColumnName(), out var value))
                Set(property, row, value);
        }

        Set(kind.Entity.FindProperty(nameof(IOwned.UserId))!, row, UserId);
        Set(kind.Entity.FindProperty(nameof(IOwned.Id))!, row, Id);

        return (IOwned)row;
    }

    private static IEnumerable<IProperty> Columns(RowKind kind) => FlatModel.ReadColumns(kind.Entity)
        .Where(p => p.Name is not (nameof(IOwned.Id) or nameof(IOwned.Revision)));

    private static JsonNode? ValueOf(IProperty property, object row)
    {
        var value = property.GetGetter().GetClrValue(row);

        return JsonSerializer.SerializeToNode(value is not null && Converter(property) is { } own ? own.ConvertToProvider(value) : value);
    }

    private static void Set(IProperty property, object row, JsonNode? value)
    {
        var converter = Converter(property);
        var read = value.Deserialize(converter?.ProviderClrType ?? property.ClrType);
        Set(property, row, read is not null && converter is not null ? converter.ConvertFromProvider(read) : read);
    }

    private static void Set(IProperty property, object row, object? value)
    {
        var target = property.GetMemberInfo(forMaterialization: true, forSet: true);
        if (target is FieldInfo field)
            field.SetValue(row, value);
        else
            ((PropertyInfo)target).SetValue(row, value);
    }

    /// <summary>That of a type which only the model knows; times and ids are converted differently by each engine, and are not.</summary>
    private static ValueConverter? Converter(IProperty property) =>
        (Nullable.GetUnderlyingType(property.ClrType) ?? property.ClrType) is var type
        && (type == typeof(DateTimeOffset) || type == typeof(Guid)) ? null : property.GetValueConverter();
}

/// <summary>
/// Forgets what was deleted longer ago than <see cref="DataSettings.KeepDeleted"/>, a user at a time, the oldest first. From then on the
/// counter of the user says up to which deletion.
/// </summary>
internal sealed class ExpiredDeletedRows(IOptions<DataSettings> settings) : IExpiringRows
{
    private const int AtOnce = 200;

    public async Task<bool> RemoveSomeAsync(AppDb db, DateTimeOffset now, CancellationToken ct)
    {
        var until = now - settings.Value.KeepDeleted;
        var expired = db.Set<DeletedRow>().IgnoreQueryFilters().Where(row => row.DeletedAt <= until);
        if (await expired.OrderBy(row => row.DeletedAt).Select(row => row.UserId).FirstOrDefaultAsync(ct) is not { } user)
            return false;

        await db.LockAsync(user);
        var own = expired.Where(row => row.UserId == user);
        var revisions = await own.OrderBy(row => row.Revision).Select(row => row.Revision).Take(AtOnce).ToListAsync(ct);
        if (revisions.Count == 0)
            return true;

        var last = revisions[^1];
        await db.Database.ExecuteSqlAsync(
            $"UPDATE revisions SET forgotten = {last} WHERE user_id = {user} AND forgotten < {last}", ct);
        await own.Where(row => row.Revision <= last).ExecuteDeleteAsync(ct);

        return true;
    }
}

public sealed class DeletedRowMapping : IEntityTypeConfiguration<DeletedRow>
{
    public void Configure(EntityTypeBuilder<DeletedRow> builder)
    {
        builder.ToTable("deleted_rows");
        builder.HasKey(row => new { row.UserId, row.TableName, row.Id, row.Revision });
        builder.HasIndex(row => new { row.UserId, row.Revision });
        builder.HasIndex(row => row.DeletedAt);
    }
}
