using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;

namespace TaskSlices.Infrastructure.Data;

/// <summary>The rows of one entity that the API shows: <see cref="IRowResponse{TRow, TSelf}"/>.</summary>
public abstract class RowKind(IEntityType entity)
{
    private static readonly ILookup<Type, Type> Responses = typeof(RowKind).Assembly.GetTypes()
        .SelectMany(type => type.GetInterfaces(), (type, shown) => (type, shown))
        .Where(found => found.shown.IsGenericType && found.shown.GetGenericTypeDefinition() == typeof(IRowResponse<,>))
        .ToLookup(found => found.shown.GetGenericArguments()[0], found => found.type);

    public IEntityType Entity { get; } = entity;

    /// <summary>What shows a row.</summary>
    public Type Response { get; } = Responses[entity.ClrType].First();

    /// <summary>One too many; null if there is none.</summary>
    internal Type? OtherResponse { get; } = Responses[entity.ClrType].Skip(1).FirstOrDefault();

    /// <summary>The name of the table.</summary>
    public string Name { get; } = entity.GetTableName()!;

    /// <summary>All kinds there are, by name.</summary>
    public static IReadOnlyList<RowKind> All(IModel model) => model.GetOrAddRuntimeAnnotationValue(
        nameof(RowKind), static model => (IReadOnlyList<RowKind>)[
            .. model!.GetEntityTypes().Select(Of).OfType<RowKind>().OrderBy(kind => kind.Name, StringComparer.Ordinal)], model);

    /// <summary>Null if rows of that entity are not shown.</summary>
    public static RowKind? Of(IEntityType entity) => entity.GetOrAddRuntimeAnnotationValue(nameof(RowKind), Make, entity);

    /// <summary>Whether rows of that type are shown.</summary>
    public static bool IsShown(Type row) => Responses.Contains(row);

    public abstract IRowResponse Show(IOwned row);

    /// <summary>The user's rows that were changed after that revision, in the order of their revisions.</summary>
    public abstract Task<IReadOnlyList<IOwned>> ReadChangedAsync(AppDb db, string userId, long since, int count, CancellationToken ct);

    private static RowKind? Make(IEntityType? entity) =>
        Responses[entity!.ClrType].FirstOrDefault() is { } response
            ? (RowKind)Activator.CreateInstance(typeof(Shown<,>).MakeGenericType(entity.ClrType, response), entity)! : null;

    private sealed class Shown<TRow, TResponse>(IEntityType entity) : RowKind(entity)
        where TRow : class, IOwned where TResponse : IRowResponse<TRow, TResponse>
    {
        private readonly RowQuery _byRevision = new() { SortBy = entity.FindProperty(nameof(IOwned.Revision)), Ascending = true };

        public override IRowResponse Show(IOwned row) => TResponse.From((TRow)row);

        public override async Task<IReadOnlyList<IOwned>> ReadChangedAsync(
            AppDb db, string userId, long since, int count, CancellationToken ct) =>
            await db.Set<TRow>().ReadPageAsync(userId, new RowPage(_byRevision, count, new RowPlace(Guid.AllBitsSet, since)), ct);
    }
}
