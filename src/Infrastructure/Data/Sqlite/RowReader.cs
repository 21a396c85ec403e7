using System.Linq.Expressions;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Query;
using SQLitePCL;

namespace TaskSlices.Infrastructure.Data.Sqlite;

/// <summary>
/// Makes an entity of the row that a statement stands at: each column in the order of the entity's properties, by one call into SQLite, and
/// converted as EF Core's model says. (Microsoft.Data.Sqlite asks for the type of a column before its value.)
/// </summary>
internal static class RowReader
{
    private static readonly Dictionary<Type, MethodInfo> Readers = typeof(Column).GetMethods(BindingFlags.Public | BindingFlags.Static)
        .Where(method => method.Name != nameof(Column.IsNull)).ToDictionary(method => method.ReturnType);

    /// <summary>Null if there is a property that it can't read or set; EF Core may have other ways.</summary>
    public static Func<sqlite3_stmt, object>? For(IEntityType entity)
    {
        if (entity.ClrType.GetConstructor(Type.EmptyTypes) is not { } constructor)
            return null;

        var row = Expression.Parameter(typeof(sqlite3_stmt));
        var values = entity.GetProperties().Select((property, column) => Assign(property, row, column)).ToList();

        return values.Contains(null) ? null
            : Expression.Lambda<Func<sqlite3_stmt, object>>(Expression.MemberInit(Expression.New(constructor), values!), row).Compile();
    }

    private static MemberAssignment? Assign(IProperty property, ParameterExpression row, int column)
    {
        var converter = property.GetTypeMapping().Converter;
        var stored = converter?.ProviderClrType ?? Nullable.GetUnderlyingType(property.ClrType) ?? property.ClrType;

        if (Target(property) is not { } target || converter is { ConvertsNulls: true } || !Readers.TryGetValue(stored, out var reader))
            return null;

        var at = Expression.Constant(column);
        Expression value = Expression.Call(reader, row, at);
        if (converter?.ConvertFromProviderExpression is { } convert)
            value = ReplacingExpressionVisitor.Replace(convert.Parameters[0], value, convert.Body);
        if (value.Type != property.ClrType)
            value = Expression.Convert(value, property.ClrType);
        if (property.IsNullable)
            value = Expression.Condition(
                Expression.Call(typeof(Column), nameof(Column.IsNull), null, row, at), Expression.Default(property.ClrType), value);

        return Expression.Bind(target, value);
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

    private static class Column
    {
        public static bool IsNull(sqlite3_stmt row, int column) => raw.sqlite3_column_type(row, column) == raw.SQLITE_NULL;

        public static bool ReadBoolean(sqlite3_stmt row, int column) => ReadInt64(row, column) != 0;

        public static int ReadInt32(sqlite3_stmt row, int column) => checked((int)ReadInt64(row, column));

        public static long ReadInt64(sqlite3_stmt row, int column) =>
            raw.sqlite3_column_int64(row, column) is var value and not 0 ? value : NotNull(row, column, 0L);

        public static double ReadDouble(sqlite3_stmt row, int column) =>
            raw.sqlite3_column_double(row, column) is var value and not 0d ? value : NotNull(row, column, 0d);

        public static string ReadString(sqlite3_stmt row, int column) =>
            raw.sqlite3_column_blob(row, column) is { IsEmpty: false } text ? Encoding.UTF8.GetString(text) : NotNull(row, column, "");

        public static byte[] ReadBytes(sqlite3_stmt row, int column) =>
            raw.sqlite3_column_blob(row, column) is { IsEmpty: false } bytes ? bytes.ToArray() : NotNull(row, column, Array.Empty<byte>());

        /// <summary>sqlite3_column_* gives zero or empty for NULL: only then the type has to be asked for.</summary>
        private static T NotNull<T>(sqlite3_stmt row, int column, T nothing) => !IsNull(row, column)
            ? nothing
            : throw new InvalidOperationException(
                $"The column {raw.sqlite3_column_name(row, column).utf8_to_string()} is NULL, which its property can't be.");
    }
}
