using System.Data.Common;
using FastEndpoints.Testing;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using TaskSlices.Features.Tasks;
using TaskSlices.Infrastructure.Data;
using TaskSlices.Infrastructure.Hosting;

namespace TaskSlices.Tests.Infrastructure.Data;

public sealed class SchemaTests(App app) : TestBase<App>
{
    private static readonly IReadOnlyList<SchemaStep> Steps = SchemaRunner.All(typeof(AppDb).Assembly.GetTypes());

    private const string SqliteColumns = "SELECT name, type, NOT \"notnull\" AS nullable, pk FROM pragma_table_info($table)";

    /// <summary>A time is rounded to what the wire has.</summary>
    private const string PostgresColumns = """
        SELECT a.attname::text AS name, replace(format_type(a.atttypid, a.atttypmod), '(3)', '') AS type, NOT a.attnotnull AS nullable,
            coalesce(array_position(i.indkey::int2[], a.attnum), -1) + 1 AS pk
        FROM pg_attribute a LEFT JOIN pg_index i ON i.indrelid = a.attrelid AND i.indisprimary
        WHERE a.attrelid = $table::regclass AND a.attnum > 0 AND NOT a.attisdropped
        """;

    private const string SqliteForeignKeys =
        "SELECT \"from\" AS \"column\", \"table\" AS other, \"to\" AS \"key\" FROM pragma_foreign_key_list($table)";

    private const string PostgresForeignKeys = """
        SELECT a.attname::text AS "column", c.confrelid::regclass::text AS other, b.attname::text AS "key"
        FROM pg_constraint c CROSS JOIN unnest(c.conkey, c.confkey) k (here, there)
            JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.here
            JOIN pg_attribute b ON b.attrelid = c.confrelid AND b.attnum = k.there
        WHERE c.contype = 'f' AND c.conrelid = $table::regclass
        """;

    private const string SqliteIndexes = """
        SELECT l."unique" AS uniq, (SELECT group_concat(name, ', ') FROM pragma_index_info(l.name)) AS columns
        FROM pragma_index_list($table) l WHERE l.origin <> 'pk'
        """;

    private const string PostgresIndexes = """
        SELECT i.indisunique AS uniq,
            (SELECT string_agg(a.attname, ', ' ORDER BY k.n) FROM unnest(i.indkey::int2[]) WITH ORDINALITY k (attnum, n)
                JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum) AS columns
        FROM pg_index i WHERE i.indrelid = $table::regclass AND NOT i.indisprimary
        """;

    [Fact]
    public async Task The_steps_make_the_tables_that_the_model_asks_for()
    {
        await using var scope = app.Services.CreateAsyncScope();
        var tables = scope.ServiceProvider.GetRequiredService<AppDb>().Model.GetRelationalModel().Tables.ToList();
        using var database = app.OpenDatabase();

        Assert.NotEmpty(tables);
        foreach (var table in tables)
        {
            var key = table.PrimaryKey!.Columns.Select(column => column.Name).ToList();
            var asked = table.Columns.Select(column => (column.Name, Type: Asked(column.StoreType), Nullable: column.IsNullable, Key: key.IndexOf(column.Name) + 1));
            var made = database.Query(Engine.Sql(SqliteColumns, PostgresColumns), ["name", "type", "nullable", "pk"], ("$table", table.Name))
                .Select(row => (Name: (string)row[0], Type: Stored((string)row[1]), Nullable: IsTrue(row[2]), Key: Convert.ToInt32(row[3], null)));

            Assert.Equal(asked.OrderBy(column => column.Name, StringComparer.Ordinal), made.OrderBy(column => column.Name, StringComparer.Ordinal));
            Assert.Equal(Foreign(table), Foreign(database, table.Name));
            Assert.Equal(Indexes(table), Indexes(database, table.Name));
        }
    }

    [Fact]
    public async Task The_key_of_what_is_owned_starts_with_its_owner()
    {
        await using var scope = app.Services.CreateAsyncScope();
        var owned = scope.ServiceProvider.GetRequiredService<AppDb>().Model.GetEntityTypes().Where(e => e.ClrType.IsAssignableTo(typeof(IOwned))).ToList();

        Assert.NotEmpty(owned);
        Assert.All(owned, entity =>
        {
            Assert.Equal("user_id", entity.FindPrimaryKey()!.Properties[0].GetColumnName());
            Assert.True(entity.FindProperty(nameof(IOwned.Revision))!.IsConcurrencyToken);

            // A database that is split by user can hold no other key.
            var unique = entity.GetKeys().Select(key => key.Properties).Concat(entity.GetIndexes().Where(index => index.IsUnique).Select(index => index.Properties));
            Assert.All(unique, columns => Assert.Contains("user_id", columns.Select(column => column.GetColumnName())));
        });
    }

    [Fact]
    public void Steps_run_in_the_order_of_ids_that_are_unique()
    {
        var ids = Steps.Select(step => step.Id).ToList();

        Assert.NotEmpty(ids);
        Assert.Equal(ids.Distinct().Order(StringComparer.Ordinal), ids);
        Assert.All(ids, id => Assert.Matches(@"^20\d\d-\d\d-\d\d-[a-z0-9-]+$", id));
    }

    [Fact]
    public void Every_step_is_recorded_once_it_ran()
    {
        using var database = app.OpenDatabase();

        Assert.Equal(Steps.Select(step => step.Id), StepsIn(database));
    }

    [Trait("Engine", "SQLite")]
    [Fact]
    public async Task A_new_database_needs_no_copy()
    {
        var directory = NewDirectory();

        await StartAsync(directory);

        Assert.True(File.Exists(FileIn(directory)));
        Assert.Empty(Copies(directory));
    }

    [Fact]
    public async Task A_start_without_a_new_step_changes_nothing_and_copies_nothing()
    {
        var directory = NewDirectory();
        await StartAsync(directory);
        var before = Applied();

        await StartAsync(directory);

        Assert.Equal(before, Applied());
        Assert.Empty(Copies(directory));

        List<object> Applied()
        {
            using var database = Engine.Open(directory);

            return [.. database.Query("SELECT id, applied_at FROM schema_steps ORDER BY id", ["id", "applied_at"]).SelectMany(row => row)];
        }
    }

    [Fact]
    public async Task A_database_of_a_newer_version_is_refused_and_left_alone()
    {
        var directory = NewDirectory();
        await StartAsync(directory);
        using (var database = Engine.Open(directory))
            database.Execute("INSERT INTO schema_steps VALUES ('2999-12-31-from-the-future', 0)");

        var refusal = await Assert.ThrowsAsync<StartupException>(() => StartAsync(directory));

        Assert.Contains("2999-12-31-from-the-future", refusal.Message, StringComparison.Ordinal);
        Assert.Empty(Copies(directory));
    }

    [Fact]
    public async Task A_kind_of_row_without_the_index_of_its_changes_stops_the_start_with_the_mend()
    {
        var directory = NewDirectory();
        await StartAsync(directory);
        using (var database = Engine.Open(directory))
            database.Execute("DROP INDEX tasks_revision");

        var refusal = await Assert.ThrowsAsync<StartupException>(() => StartAsync(directory));

        Assert.Contains("TaskItem", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("CREATE INDEX tasks_revision ON tasks (user_id, revision, id)", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_newer_database_ends_the_process_with_one_sentence()
    {
        var directory = NewDirectory();
        await StartAsync(directory);
        using (var database = Engine.Open(directory))
            database.Execute("INSERT INTO schema_steps VALUES ('2999-12-31-from-the-future', 0)");

        InProcess.Refuses(directory, [("BETTER_AUTH_SECRET", Token.Secret)], "2999-12-31-from-the-future");
    }

    [Trait("Engine", "SQLite")]
    [Fact]
    public async Task An_older_database_is_copied_and_then_brought_up_to_date()
    {
        var directory = NewDirectory();
        var older = Steps.Take(Steps.Count - 1).ToList();
        using (var database = Open(FileIn(directory)))
        {
            Record(database, [.. older]);
            database.Execute("INSERT INTO revisions (user_id, revision) VALUES ('ann', 41)");
        }

        await StartAsync(directory);

        using var migrated = Open(FileIn(directory));
        using var copy = Open(Assert.Single(Copies(directory)));
        Assert.Equal(Steps.Select(step => step.Id), StepsIn(migrated));
        Assert.Equal(older.Select(step => step.Id), StepsIn(copy));
        foreach (var database in new[] { migrated, copy })
        {
            Assert.Equal("ok", database.Scalar("PRAGMA integrity_check"));
            Assert.Equal(41L, database.Scalar("SELECT revision FROM revisions WHERE user_id = 'ann'"));
        }
    }

    [Trait("Engine", "SQLite")]
    [Fact]
    public async Task A_step_that_fails_undoes_those_before_it()
    {
        var directory = NewDirectory();
        using (var database = Open(FileIn(directory)))
        {
            Record(database, Steps[0]);
            database.Execute("CREATE TABLE tasks (in_the_way INTEGER)");
        }

        await Assert.ThrowsAsync<SqliteException>(() => StartAsync(directory));

        using var left = Open(FileIn(directory));
        Assert.Equal([Steps[0].Id], StepsIn(left));
        Assert.Equal(0L, left.Scalar("SELECT count(*) FROM sqlite_schema WHERE name = 'revisions'"));
    }

    [Trait("Engine", "SQLite")]
    [Fact]
    public async Task What_writes_writes_ahead_and_waits_for_the_disk()
    {
        await using var scope = app.Services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<AppDb>();

        await db.WriteAsync(
            () =>
            {
                var connection = (SqliteConnection)db.Database.GetDbConnection();
                Assert.Equal("wal", connection.Scalar("PRAGMA journal_mode"));
                Assert.Equal(2L, connection.Scalar("PRAGMA synchronous"));
                Assert.Equal(1L, connection.Scalar("PRAGMA foreign_keys"));

                return Task.FromResult(0);
            },
            Cancellation);
    }

    [Trait("Engine", "SQLite")]
    [Fact]
    public async Task What_reads_can_not_write()
    {
        await using var scope = app.Services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<AppDb>();

        var refused = await Assert.ThrowsAsync<SqliteException>(() => db.Database.ExecuteSqlAsync($"DELETE FROM revisions", Cancellation));

        Assert.Equal(SQLitePCL.raw.SQLITE_READONLY, refused.SqliteErrorCode);
    }

    [Trait("Engine", "SQLite")]
    [Fact]
    public async Task Reads_one_after_the_other_on_one_connection_that_stays_open()
    {
        await using var alone = await FragileApp.StartAsync();
        var used = new HashSet<SqliteConnection>();

        for (var i = 0; i < 10; i++)
        {
            await using var scope = alone.Services.CreateAsyncScope();
            var db = scope.ServiceProvider.GetRequiredService<AppDb>();
            Assert.Empty(await db.Tasks.ToListAsync(Cancellation));
            var connection = (SqliteConnection)db.Database.GetDbConnection();
            Assert.Equal(System.Data.ConnectionState.Open, connection.State);
            used.Add(connection);
        }

        Assert.Single(used);
    }

    [Fact]
    public async Task Tasks_of_an_older_database_get_what_lists_sort_and_search_by()
    {
        var directory = NewDirectory();
        const int count = 1100;
        using (var database = Engine.Open(directory))
        {
            Record(database, [.. Steps.Where(step => string.CompareOrdinal(step.Id, "2026-11-29") < 0)]);
            for (var i = 0; i < count; i++)
            {
                database.Execute(
                    "INSERT INTO tasks (user_id, id, title, description, completed, created_at, updated_at, revision) VALUES ($user, $id, $title, NULL, $completed, $at, $at, $number)",
                    ("$user", $"user{i % 3}"), ("$id", Engine.IsPostgres ? Guid.CreateVersion7() : Guid.CreateVersion7().ToByteArray(bigEndian: true)),
                    ("$title", $"Stra\u00dfe {i}"), ("$completed", i % 2 == 0), ("$at", Engine.Time(DateTimeOffset.UnixEpoch.AddDays(i))), ("$number", (long)i + 1));
            }
        }

        await StartAsync(directory);

        using var after = Engine.Open(directory);
        Assert.Equal((long)count, after.Scalar("SELECT count(*) FROM tasks WHERE title_key = replace(lower(title), '\u00df', 'ss') AND text_key = '' AND tag_keys = ''"));
        Assert.Equal(count / 2L, after.Scalar("SELECT count(*) FROM tasks WHERE completed_at = updated_at"));
        Assert.Equal(count / 2L, after.Scalar("SELECT count(*) FROM tasks WHERE completed_at IS NULL"));
        Assert.Equal((long)count * (count + 1) / 2, Convert.ToInt64(after.Scalar("SELECT sum(revision) FROM tasks"), null));
    }

    private static string NewDirectory() => Directory.CreateTempSubdirectory("taskslices-").FullName;

    private static string FileIn(string directory) => Path.Combine(directory, "taskslices.db");

    private static string[] Copies(string directory)
    {
        var backups = Path.Combine(directory, "backups");

        return Directory.Exists(backups) ? Directory.GetFiles(backups) : [];
    }

    private static SqliteConnection Open(string file)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Pooling = false }.ToString());
        connection.Open();

        return connection;
    }

    private static IEnumerable<string> StepsIn(DbConnection database) =>
        database.Query("SELECT id FROM schema_steps ORDER BY id", ["id"]).Select(row => (string)row[0]);

    /// <summary>Makes the database what it was when only these steps existed.</summary>
    private static void Record(DbConnection database, params SchemaStep[] steps)
    {
        database.Execute(Engine.Sql(
            "CREATE TABLE schema_steps (id TEXT NOT NULL PRIMARY KEY, applied_at INTEGER NOT NULL) WITHOUT ROWID",
            "CREATE TABLE schema_steps (id TEXT PRIMARY KEY, applied_at BIGINT NOT NULL)"));
        foreach (var step in steps)
        {
            if (Engine.Sql(step.Sql, step.Postgres ?? step.Sql.Replace("WITHOUT ROWID", "", StringComparison.Ordinal)) is { Length: > 0 } text)
                database.Execute(text);
            database.Execute("INSERT INTO schema_steps VALUES ($id, 0)", ("$id", step.Id));
        }
    }

    /// <summary>What the process does with the database when it starts.</summary>
    private static async Task StartAsync(string directory)
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(
            [new("Data:Directory", directory), new("Data:ConnectionString", Engine.ConnectionString(directory))]).Build());
        services.AddLogging();
        services.AddDatabase();
        await using var provider = services.BuildServiceProvider();
        provider.GetRequiredService<IStore>().Open();
        await using var scope = provider.CreateAsyncScope();

        await scope.ServiceProvider.GetRequiredService<SchemaRunner>().RunAsync(TestContext.Current.CancellationToken);
    }

    private static IEnumerable<string> Foreign(ITable table) =>
        table.ForeignKeyConstraints.SelectMany(key => key.Columns.Zip(key.PrincipalColumns, (from, to) => $"{from.Name} -> {key.PrincipalTable.Name}.{to.Name}")).Order();

    private static IEnumerable<string> Foreign(DbConnection database, string table) =>
        database.Query(Engine.Sql(SqliteForeignKeys, PostgresForeignKeys), ["column", "other", "key"], ("$table", table))
            .Select(row => $"{row[0]} -> {row[1]}.{row[2]}").Order();

    private static IEnumerable<string> Indexes(ITable table) =>
        table.Indexes.Select(index => $"{index.IsUnique}: {string.Join(", ", index.Columns.Select(column => column.Name))}").Order();

    private static IEnumerable<string> Indexes(DbConnection database, string table) =>
        database.Query(Engine.Sql(SqliteIndexes, PostgresIndexes), ["uniq", "columns"], ("$table", table))
            .Select(index => $"{IsTrue(index[0])}: {index[1]}").Order();

    /// <summary>The limits of texts are the validators'.</summary>
    private static string Asked(string type) => type.StartsWith("character varying", StringComparison.Ordinal) ? "text" : type;

    private static bool IsTrue(object value) => value is true or 1L;

    /// <summary>The names that a step may use for both engines, as EF Core calls them on SQLite.</summary>
    private static string Stored(string type) => Engine.IsPostgres ? type : type switch
    {
        "UUID" => "BLOB",
        "BOOLEAN" or "BIGINT" => "INTEGER",
        "TIMESTAMPTZ" or "TIMESTAMPTZ(3)" => "INTEGER",
        _ => type,
    };
}
