using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;
using SQLitePCL;

namespace TaskSlices.Infrastructure.Data.Sqlite;

/// <summary>
/// Reads the columns of the row that a statement stands at, each by one call into SQLite. Microsoft.Data.Sqlite asks for the type of a
/// column before its value, and SQLitePCLRaw counts the users of the statement at each call: docs/decisions/0009-speed.md.
/// </summary>
internal static unsafe partial class Column
{
    private static readonly Dictionary<Type, MethodInfo> Readers = typeof(Column).GetMethods(BindingFlags.Public | BindingFlags.Static)
        .Where(method => method.Name.StartsWith("Read", StringComparison.Ordinal) && method.Name is not nameof(ReaderOf))
        .ToDictionary(method => method.ReturnType);

    public static MethodInfo IsNullMethod { get; } = typeof(Column).GetMethod(nameof(IsNull))!;

    public static MethodInfo? ReaderOf(Type type) => Readers.GetValueOrDefault(type);

    public static bool IsNull(nint row, int column) => Native.sqlite3_column_type(row, column) == raw.SQLITE_NULL;

    public static bool ReadBoolean(nint row, int column) => ReadInt64(row, column) != 0;

    public static int ReadInt32(nint row, int column) => checked((int)ReadInt64(row, column));

    public static long ReadInt64(nint row, int column)
    {
        var value = Native.sqlite3_column_value(row, column);

        return Native.sqlite3_value_int64(value) is var number and not 0 ? number : NotNull(value, row, column, 0L);
    }

    public static double ReadDouble(nint row, int column)
    {
        var value = Native.sqlite3_column_value(row, column);

        return Native.sqlite3_value_double(value) is var number and not 0d ? number : NotNull(value, row, column, 0d);
    }

    public static string ReadString(nint row, int column)
    {
        var value = Native.sqlite3_column_value(row, column);

        return Blob(value) is { IsEmpty: false } text ? Encoding.UTF8.GetString(text) : NotNull(value, row, column, "");
    }

    public static byte[] ReadBytes(nint row, int column)
    {
        var value = Native.sqlite3_column_value(row, column);

        return Blob(value) is { IsEmpty: false } bytes ? bytes.ToArray() : NotNull(value, row, column, Array.Empty<byte>());
    }

    private static ReadOnlySpan<byte> Blob(nint value) => new(Native.sqlite3_value_blob(value), Native.sqlite3_value_bytes(value));

    /// <summary>sqlite3_value_* gives zero or empty for NULL: only then the type has to be asked for.</summary>
    private static T NotNull<T>(nint value, nint row, int column, T nothing) => Native.sqlite3_value_type(value) != raw.SQLITE_NULL
        ? nothing
        : throw new InvalidOperationException(
            $"The column {Marshal.PtrToStringUTF8(Native.sqlite3_column_name(row, column))} is NULL, which its property can't be.");

    /// <summary>
    /// sqlite.org/c3ref/value_blob.html. A function of a column takes SQLite's lock, one of a value does not. The values of a row are in
    /// memory once it was stepped to: these calls are too short for the collector to wait for.
    /// </summary>
    private static partial class Native
    {
        private const string Library = "e_sqlite3";

        [LibraryImport(Library), SuppressGCTransition]
        public static partial int sqlite3_column_type(nint row, int column);

        [LibraryImport(Library), SuppressGCTransition]
        public static partial nint sqlite3_column_value(nint row, int column);

        [LibraryImport(Library), SuppressGCTransition]
        public static partial int sqlite3_value_type(nint value);

        [LibraryImport(Library), SuppressGCTransition]
        public static partial long sqlite3_value_int64(nint value);

        [LibraryImport(Library), SuppressGCTransition]
        public static partial double sqlite3_value_double(nint value);

        [LibraryImport(Library), SuppressGCTransition]
        public static partial byte* sqlite3_value_blob(nint value);

        [LibraryImport(Library), SuppressGCTransition]
        public static partial int sqlite3_value_bytes(nint value);

        [LibraryImport(Library)]
        public static partial nint sqlite3_column_name(nint row, int column);
    }
}
