using Microsoft.Data.Sqlite;

namespace TaskSlices.Tests.Support;

/// <summary>A database of such a size that a copy of it takes a moment.</summary>
public static class Filler
{
    public const string User = "filler";
    public const long Rows = 40_000;

    /// <summary>Adds about 70 MB to the file of a server that does not run.</summary>
    public static void Fill(string directory)
    {
        using var database = Open(Path.Combine(directory, "taskslices.db"));
        database.Execute($"""
            PRAGMA synchronous = OFF;
            INSERT INTO revisions (user_id, revision) VALUES ('{User}', {Rows});
            WITH RECURSIVE i (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < {Rows})
            INSERT INTO tasks (user_id, id, title, description, completed, created_at, updated_at, revision)
            SELECT '{User}', randomblob(16), 'x', hex(randomblob(450)), 0, 0, 0, n FROM i;
            """);
    }

    public static SqliteConnection Open(string path)
    {
        var database = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        database.Open();

        return database;
    }

    /// <summary>Asserts that the file is whole, and that the revisions of each user have no gap.</summary>
    public static void IsWhole(string path)
    {
        Assert.False(File.Exists($"{path}-wal"));
        using var database = Open(path);
        Assert.Equal("ok", database.Scalar("PRAGMA integrity_check"));
        Assert.Equal(0L, database.Scalar("""
            SELECT count(*) FROM revisions r WHERE (r.revision, r.revision, 1)
                <> (SELECT count(DISTINCT t.revision), max(t.revision), min(t.revision) FROM tasks t WHERE t.user_id = r.user_id)
            """));
    }
}
