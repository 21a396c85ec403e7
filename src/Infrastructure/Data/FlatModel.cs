using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;

namespace TaskSlices.Infrastructure.Data;

/// <summary>What a store has to know of an entity to read and add its rows without EF Core.</summary>
internal static class FlatModel
{
    /// <summary>Whether its rows are owned, and nothing but their columns.</summary>
    public static bool IsFlat(IEntityType entity) =>
        entity.ClrType.IsAssignableTo(typeof(IOwned))
        && entity.GetTableMappings().ToList() is [{ Table: var table }] && table.EntityTypeMappings.Count() == 1
        && !entity.GetViewMappings().Any() && !entity.GetSqlQueryMappings().Any() && !entity.GetFunctionMappings().Any()
        && entity.FindPrimaryKey()?.Properties.Select(p => p.Name).SequenceEqual([nameof(IOwned.UserId), nameof(IOwned.Id)]) is true
        && !entity.GetComplexProperties().Any()
        && !entity.GetServiceProperties().Any()
        && !entity.GetNavigations().Cast<INavigationBase>().Concat(entity.GetSkipNavigations()).Any(navigation => navigation.IsEagerLoaded)
        && entity.HasOnlyOwnerFilter();

    /// <summary>Whether the program gives every column its value.</summary>
    public static bool GivesAll(IEntityType entity) =>
        entity.GetProperties().All(property => property.ValueGenerated is ValueGenerated.Never);

    /// <summary>What is read of a row, in the order in which it is asked for: whose it is, is known.</summary>
    public static IEnumerable<IProperty> ReadColumns(IEntityType entity) =>
        entity.GetProperties().Where(p => p.Name != nameof(IOwned.UserId) && !DerivedAttribute.Is(p));

    /// <summary>The row's value as the column has it.</summary>
    public static object? Stored(IProperty property, object row) =>
        property.GetGetter().GetClrValue(row) is { } value ? AppDb.Stored(property, value) : null;

    public static string Table(IEntityType entity) => $"\"{entity.GetTableName()}\"";

    public static string Column(IEntityType entity, string property) => Column(entity.FindProperty(property)!);

    public static string Column(IProperty property) => $"\"{property.GetColumnName()}\"";
}
