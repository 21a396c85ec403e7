using System.Reflection;
using System.Text;
using SQLitePCL;

namespace TaskSlices.Infrastructure.Data.Sqlite;

/// <summary>
/// Reads the columns of the row that a statement stands at, each by one call into SQLite. (Microsoft.Data.Sqlite asks for the type of a
/// column before its value.)
/// </summary>
internal static class Column
{
    private static readonly Dictionary<Type, MethodInfo> Readers = typeof(Column).GetMethods(BindingFlags.Public | BindingFlags.Static)
        .Where(method => method.ReturnType != typeof(MethodInfo) && method.Name is not nameof(IsNull))
        .ToDictionary(method => method.ReturnType);

    public static MethodInfo IsNullMethod { get; } = typeof(Column).GetMethod(nameof(IsNull))!;

    public static MethodInfo? ReaderOf(Type type) => Readers.GetValueOrDefault(type);

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
