using System.Linq.Expressions;
using System.Reflection;
using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Query;

namespace TaskSlices.Infrastructure.Data;

/// <summary>
/// Makes an entity of a row: each column in the order of <see cref="FlatModel.ReadColumns"/>, by one call of the store, and converted as
/// EF Core's model says.
/// </summary>
internal static class RowReader
{
    /// <summary>Null if there is a property that it can't read or set; EF Core may have other ways.</summary>
    /// <param name="entity">What to make.</param>
    /// <param name="readerOf">The method (row, column) that reads a column of that type; null if there is none.</param>
    /// <param name="isNull">The method (row, column) that says whether a column is NULL.</param>
    /// <typeparam name="TRow">What the store reads from.</typeparam>
    public static Func<TRow, string, object>? For<TRow>(IEntityType entity, Func<Type, MethodInfo?> readerOf, MethodInfo isNull)
    {
        if (entity.ClrType.GetConstructor(Type.EmptyTypes) is not { } constructor)
            return null;

        var (row, userId) = (Expression.Parameter(typeof(TRow)), Expression.Parameter(typeof(string)));
        var values = FlatModel.ReadColumns(entity).Select((property, column) => Assign(property, Expression.Constant(column))).ToList();
        values.Add(Target(entity.FindProperty(nameof(IOwned.UserId))!) is { } owner ? Expression.Bind(owner, userId) : null);

        if (values.Contains(null))
            return null;

        var made = Expression.MemberInit(Expression.New(constructor), values!);

        return Expression.Lambda<Func<TRow, string, object>>(made, row, userId).Compile();

        MemberAssignment? Assign(IProperty property, ConstantExpression column)
        {
            var converter = property.GetTypeMapping().Converter;
            var stored = converter?.ProviderClrType ?? Nullable.GetUnderlyingType(property.ClrType) ?? property.ClrType;

            if (Target(property) is not { } target || converter is { ConvertsNulls: true } || readerOf(stored) is not { } reader)
                return null;

            Expression value = Expression.Call(reader, row, column);
            if (converter?.ConvertFromProviderExpression is { } convert)
                value = ReplacingExpressionVisitor.Replace(convert.Parameters[0], value, convert.Body);
            if (value.Type != property.ClrType)
                value = Expression.Convert(value, property.ClrType);
            if (property.IsNullable)
                value = Expression.Condition(Expression.Call(isNull, row, column), Expression.Default(property.ClrType), value);

            return Expression.Bind(target, value);
        }
    }

    /// <summary>
    /// What EF Core sets. Nobody else can set a field that is read-only; its property does the same if the compiler wrote it.
    /// </summary>
    private static MemberInfo? Target(IProperty property)
    {
        if (property.IsShadowProperty() || property.IsIndexerProperty())
            return null;

        var target = property.GetMemberInfo(forMaterialization: true, forSet: true);

        return target is not FieldInfo { IsInitOnly: true } ? target
            : property.PropertyInfo?.SetMethod?.IsDefined(typeof(CompilerGeneratedAttribute)) is true ? property.PropertyInfo
            : null;
    }
}
