using SQLitePCL;

namespace TaskSlices.Load.Ceiling;

/// <summary>The few calls of SQLite's C interface that are needed, with their result codes checked.</summary>
public static class Sqlite
{
    static Sqlite() => Batteries_V2.Init();

    /// <summary>Not shared between threads, so without SQLite's own locks. WAL and synchronous=FULL, as the product has it.</summary>
    public static sqlite3 Open(string file)
    {
        var code = raw.sqlite3_open_v2(file, out var db, raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_NOMUTEX, null);
        if (code != raw.SQLITE_OK)
            throw new InvalidOperationException($"{file} can't be opened: {raw.sqlite3_errmsg(db).utf8_to_string()}");

        Run(db, "PRAGMA journal_mode = WAL");
        Run(db, "PRAGMA synchronous = FULL");

        return db;
    }

    public static void Run(sqlite3 db, string sql)
    {
        if (raw.sqlite3_exec(db, sql) != raw.SQLITE_OK)
            throw new InvalidOperationException($"{sql}: {raw.sqlite3_errmsg(db).utf8_to_string()}");
    }

    public static sqlite3_stmt Prepare(sqlite3 db, string sql)
    {
        if (raw.sqlite3_prepare_v3(db, sql, raw.SQLITE_PREPARE_PERSISTENT, out var statement) != raw.SQLITE_OK)
            throw new InvalidOperationException($"{sql}: {raw.sqlite3_errmsg(db).utf8_to_string()}");

        return statement;
    }

    /// <summary>Runs a statement that gives no rows, and makes it ready for the next time.</summary>
    public static void Execute(sqlite3_stmt statement)
    {
        while (Step(statement))
        {
            // A pragma may give a row that says what it did.
        }

        _ = raw.sqlite3_reset(statement);
    }

    /// <summary>Whether there is a row.</summary>
    public static bool Step(sqlite3_stmt statement)
    {
        var code = raw.sqlite3_step(statement);
        if (code is raw.SQLITE_ROW or raw.SQLITE_DONE)
            return code == raw.SQLITE_ROW;

        _ = raw.sqlite3_reset(statement);
        throw new InvalidOperationException($"SQLite answers {code}.");
    }

    public static void BindText(sqlite3_stmt statement, int index, byte[]? utf8)
    {
        if (utf8 is null)
            _ = raw.sqlite3_bind_null(statement, index);
        else if (utf8.Length == 0)
            _ = raw.sqlite3_bind_text(statement, index, ""); // An empty span has no address, which SQLite takes for NULL.
        else
            _ = raw.sqlite3_bind_text(statement, index, utf8);
    }
}
