using System.Data.Common;
using System.Text.Json;
using FastEndpoints.Testing;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using SQLitePCL;
using TaskSlices.Infrastructure.Data;

namespace TaskSlices.Tests.Infrastructure.Data.Sqlite;

/// <summary>Rows that are read without EF Core are what EF Core would have read, and what is not so simple is left to it.</summary>
[Trait("Engine", "SQLite")]
public sealed class FlatTableTests(FlatTableTests.ShapesApp app) : TestBase<FlatTableTests.ShapesApp>
{
    private static readonly DateTimeOffset Noon = DateTimeOffset.FromUnixTimeMilliseconds(1_795_257_600_123);

    public enum Colour
    {
        Red,
        Green,
    }

    private readonly string _ann = App.NewUser();

    [Fact]
    public Task A_row_of_columns_needs_no_query_of_EF_Core() =>
        LivesAsync(
            new Flat { UserId = _ann, Text = "Ünïcödé 👍", Bytes = [0, 1, 255], Size = -0.5, Count = -1, Done = true, At = Noon, Colour = Colour.Green },
            row => row.Text = "", isFlat: true);

    [Fact]
    public Task So_does_one_whose_columns_may_be_empty() =>
        LivesAsync(
            new Flat
            {
                UserId = _ann,
                Text = "",
                Bytes = [],
                MaybeText = "",
                MaybeBytes = [],
                MaybeSize = 0,
                MaybeCount = int.MinValue,
                MaybeDone = false,
                MaybeAt = Noon,
                MaybeColour = Colour.Red,
                Other = Guid.Empty,
            },
            row => (row.MaybeText, row.MaybeCount, row.MaybeAt, row.MaybeColour, row.Other) = (null, null, null, null, null), isFlat: true);

    [Fact]
    public Task One_with_parts_is_left_to_EF_Core() =>
        LivesAsync(new Parted { UserId = _ann, Place = new Place { Town = "Graz" } }, row => row.Place.Town = "Wien", isFlat: false);

    [Fact]
    public Task So_is_one_with_a_type_that_SQLite_does_not_have() =>
        LivesAsync(new Priced { UserId = _ann, Price = 1.5m }, row => row.Price = 2.25m, isFlat: false);

    [Fact]
    public Task So_is_one_that_is_made_by_its_constructor() =>
        LivesAsync(new Constructed("Ann") { UserId = _ann }, row => row.Note = "new", isFlat: false);

    [Fact]
    public Task So_does_one_whose_columns_the_database_fills() =>
        LivesAsync(new Generated { UserId = _ann }, row => row.Note = "new", isFlat: true);

    [Fact]
    public Task So_is_one_whose_making_would_change_what_is_stored() =>
        LivesAsync(new Tidy { UserId = _ann, Name = " Ann " }, row => row.Note = "new", isFlat: false);

    [Fact]
    public Task So_is_one_that_shares_its_table_with_another_kind() =>
        LivesAsync<Parent>(new Heir { UserId = _ann, Wealth = 3 }, row => ((Heir)row).Wealth = 4, isFlat: false);

    [Fact]
    public async Task So_is_one_that_not_everybody_may_see()
    {
        await using var scope = app.ScopeOf(_ann);
        var db = scope.ServiceProvider.GetRequiredService<AppDb>();
        var id = Guid.CreateVersion7();
        db.Add(new Filtered { UserId = _ann, Id = id, IsHidden = true });
        await db.SaveChangesAsync(Cancellation);

        Assert.Null(await db.Set<Filtered>().ReadAsync(_ann, id, Cancellation));
        Assert.Empty(await db.Set<Filtered>().ToListAsync(Cancellation));
    }

    [Fact]
    public async Task What_a_property_does_when_it_is_set_it_does_not_do_when_a_row_is_read()
    {
        await using var scope = app.ScopeOf(_ann);
        var db = scope.ServiceProvider.GetRequiredService<AppDb>();
        var id = await AddAsync(db);
        using var database = app.OpenDatabase();
        database.Execute("UPDATE Flat SET trimmed = ' as it is ' WHERE user_id = $user", ("$user", _ann));
        db.ChangeTracker.Clear();

        Assert.Equal(" as it is ", (await db.Set<Flat>().AsNoTracking().SingleAsync(row => row.UserId == _ann, Cancellation)).Trimmed);
        Assert.Equal(" as it is ", (await db.Set<Flat>().ReadAsync(_ann, id, Cancellation))!.Trimmed);
    }

    /// <summary>A table that is not WITHOUT ROWID has its key as an index.</summary>
    [Theory]
    [InlineData(null)]
    [InlineData(nameof(Flat.Text))]
    public async Task A_list_looks_at_no_row_of_another_user(string? sort)
    {
        await using var scope = app.ScopeOf(_ann);
        var db = scope.ServiceProvider.GetRequiredService<AppDb>();
        await AddAsync(db);
        await db.Database.OpenConnectionAsync(Cancellation);
        var connection = (SqliteConnection)db.Database.GetDbConnection();
        var statements = new List<string>();
        raw.sqlite3_trace(connection.Handle, (_, sql) => statements.Add(sql), null);

        var query = new RowQuery { SortBy = sort is null ? null : db.Set<Flat>().EntityType.FindProperty(sort) };
        Assert.Single(await db.Set<Flat>().ReadPageAsync(_ann, new RowPage(query, 10), Cancellation));

        raw.sqlite3_trace(connection.Handle, (strdelegate_trace?)null, null);
        using var database = app.OpenDatabase();
        var plan = database.Query($"EXPLAIN QUERY PLAN {statements.Single(sql => sql.Contains(" LIMIT ", StringComparison.Ordinal))}", ["detail"]);
        Assert.Contains("(user_id=?)", (string)plan[0][0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("text")]
    [InlineData("count")]
    [InlineData("size")]
    [InlineData("done")]
    [InlineData("bytes")]
    public async Task A_column_that_is_empty_against_the_model_is_not_taken_for_nothing(string column)
    {
        await using var scope = app.ScopeOf(_ann);
        var db = scope.ServiceProvider.GetRequiredService<AppDb>();
        var id = await AddAsync(db);
        using var database = app.OpenDatabase();
        database.Execute($"UPDATE Flat SET {column} = NULL WHERE user_id = $user", ("$user", _ann));
        db.ChangeTracker.Clear();

        await Assert.ThrowsAnyAsync<InvalidOperationException>(() => db.Set<Flat>().AsNoTracking().SingleAsync(row => row.UserId == _ann, Cancellation));
        await Assert.ThrowsAsync<InvalidOperationException>(() => db.Set<Flat>().ReadAsync(_ann, id, Cancellation));
    }

    [Fact]
    public async Task Only_what_was_changed_is_written()
    {
        await using var scope = app.ScopeOf(_ann);
        var db = scope.ServiceProvider.GetRequiredService<AppDb>();
        var id = Guid.CreateVersion7();
        db.Add(new Flat { UserId = _ann, Id = id, Text = "kept", Count = 1 });
        await db.SaveChangesAsync(Cancellation);
        db.ChangeTracker.Clear();

        var unread = db.Attach(new Flat { UserId = _ann, Id = id, Text = "not read", Count = 2 });
        unread.Property(row => row.Revision).OriginalValue = 1;
        unread.Property(row => row.Count).IsModified = true;
        await db.SaveChangesAsync(Cancellation);

        var stored = (await db.Set<Flat>().ReadAsync(_ann, id, Cancellation))!;
        Assert.Equal(("kept", 2, 2L), (stored.Text, stored.Count, stored.Revision));
    }

    [Fact]
    public async Task Asked_for_twice_to_be_changed_it_is_the_same_object()
    {
        await using var scope = app.ScopeOf(_ann);
        var db = scope.ServiceProvider.GetRequiredService<AppDb>();
        var id = await AddAsync(db);

        await db.WriteAsync(
            async () =>
            {
                var first = await db.Set<Flat>().ReadForUpdateAsync(_ann, id, Cancellation);
                first!.Text = "changed";

                Assert.Same(first, await db.Set<Flat>().ReadForUpdateAsync(_ann, id, Cancellation));
                Assert.Null(await db.Set<Flat>().ReadForUpdateAsync(_ann, Guid.CreateVersion7(), Cancellation));

                return await db.SaveChangesAsync(Cancellation);
            },
            Cancellation);

        Assert.Equal("changed", (await db.Set<Flat>().ReadAsync(_ann, id, Cancellation))!.Text);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Nobody_saves_over_what_someone_else_has_changed(bool isRemoval)
    {
        await using var scope = app.ScopeOf(_ann);
        await using var other = app.ScopeOf(_ann);
        var (db, theirs) = (scope.ServiceProvider.GetRequiredService<AppDb>(), other.ServiceProvider.GetRequiredService<AppDb>());
        var id = await AddAsync(db);
        var mine = (await db.Set<Flat>().ReadForUpdateAsync(_ann, id, Cancellation))!;
        (await theirs.Set<Flat>().ReadForUpdateAsync(_ann, id, Cancellation))!.Text = "theirs";
        await theirs.SaveChangesAsync(Cancellation);

        mine.Text = "mine";
        if (isRemoval)
            db.Remove(mine);

        var refusal = await Assert.ThrowsAsync<DbUpdateConcurrencyException>(() => db.SaveChangesAsync(Cancellation));
        Assert.Same(mine, Assert.Single(refusal.Entries).Entity);
        Assert.Equal("theirs", (await theirs.Set<Flat>().ReadAsync(_ann, id, Cancellation))!.Text);
    }

    [Fact]
    public async Task What_the_table_refuses_is_said_as_EF_Core_says_it()
    {
        await using var scope = app.ScopeOf(_ann);
        var db = scope.ServiceProvider.GetRequiredService<AppDb>();
        var id = await AddAsync(db);
        db.ChangeTracker.Clear();
        db.Add(new Flat { UserId = _ann, Id = id, Text = "again" });

        var refusal = await Assert.ThrowsAsync<DbUpdateException>(() => db.SaveChangesAsync(Cancellation));

        Assert.Equal(SQLitePCL.raw.SQLITE_CONSTRAINT, Assert.IsType<SqliteException>(refusal.InnerException).SqliteErrorCode);
        Assert.Equal("", (await db.Set<Flat>().ReadAsync(_ann, id, Cancellation))!.Text);
    }

    [Fact]
    public async Task Several_rows_are_saved_at_once()
    {
        await using var scope = app.ScopeOf(_ann);
        var db = scope.ServiceProvider.GetRequiredService<AppDb>();
        var ids = Enumerable.Range(0, 3).Select(_ => Guid.CreateVersion7()).ToList();
        db.AddRange(ids.Select(id => new Flat { UserId = _ann, Id = id, Text = $"{id}" }));

        Assert.Equal(3, await db.SaveChangesAsync(Cancellation));
        Assert.Equal(ids.OrderDescending(), (await NewestAsync<Flat>(db, _ann)).Select(row => row.Id));
    }

    private async Task<Guid> AddAsync(AppDb db)
    {
        var id = Guid.CreateVersion7();
        db.Add(new Flat { UserId = _ann, Id = id, Text = "" });
        await db.SaveChangesAsync(Cancellation);

        return id;
    }

    /// <summary>Added, changed and removed; after each step it is read in every way, and compared with what a query of EF Core's finds.</summary>
    private async Task LivesAsync<T>(T row, Action<T> change, bool isFlat) where T : Owned
    {
        await using var scope = app.ScopeOf(_ann);
        var db = scope.ServiceProvider.GetRequiredService<AppDb>();
        var commands = app.CommandsOf(typeof(T));

        db.Add(row);
        Assert.Equal(1, await db.SaveChangesAsync(Cancellation));
        await IsStoredAsync(db, row, revision: 1, isFlat);

        var tracked = await db.WriteAsync(
            async () =>
            {
                var found = (await db.Set<T>().ReadForUpdateAsync(row.UserId, row.Id, Cancellation))!;
                change(found);
                Assert.Equal(1, await db.SaveChangesAsync(Cancellation));

                return found;
            },
            Cancellation);
        await IsStoredAsync(db, tracked, revision: 2, isFlat);

        db.Remove(tracked);
        Assert.Equal(1, await db.SaveChangesAsync(Cancellation));
        Assert.Null(await db.Set<T>().ReadAsync(row.UserId, row.Id, Cancellation));
        if (isFlat)
            Assert.Empty(await NewestAsync<T>(db, row.UserId));
        Assert.Equal(isFlat, app.CommandsOf(typeof(T)) == commands);
    }

    private async Task IsStoredAsync<T>(AppDb db, T row, long revision, bool isFlat) where T : Owned
    {
        var expected = Text(row);
        db.ChangeTracker.Clear();

        Assert.Equal(revision, row.Revision);
        Assert.Equal(expected, Text(await db.Set<T>().TagWith(ShapesApp.Ignored).AsNoTracking().SingleAsync(r => r.UserId == row.UserId, Cancellation)));
        Assert.Equal(expected, Text(await db.Set<T>().ReadAsync(row.UserId, row.Id, Cancellation)));
        Assert.Equal(expected, Text(await db.Set<T>().ReadForUpdateAsync(row.UserId, row.Id, Cancellation)));
        db.ChangeTracker.Clear();
        if (!isFlat)
            return;

        Assert.Equal(expected, Text(Assert.Single(await NewestAsync<T>(db, row.UserId))));
        Assert.Equal(expected, Text(Assert.Single(await NewestAsync<T>(db, row.UserId, before: Guid.AllBitsSet))));
        Assert.Empty(await NewestAsync<T>(db, row.UserId, before: row.Id));
    }

    private Task<List<T>> NewestAsync<T>(AppDb db, string userId, Guid? before = null) where T : Owned =>
        db.Set<T>().ReadPageAsync(userId, new RowPage(new(), 10, before is { } id ? new(id) : null), Cancellation);

    private static string Text(object? row) => JsonSerializer.Serialize(row, row?.GetType() ?? typeof(object));

    public abstract class Owned : IOwned
    {
        public required string UserId { get; init; }
        public Guid Id { get; init; } = Guid.CreateVersion7();
        public long Revision { get; private set; }
    }

    public sealed class Flat : Owned
    {
        public required string Text { get; set; }
        public string Trimmed { get; set => field = value.Trim(); } = "";
        public string Born { get; init; } = "";
        public byte[] Bytes { get; set; } = [];
        public double Size { get; set; }
        public int Count { get; set; }
        public bool Done { get; set; }
        public DateTimeOffset At { get; set; } = Noon;
        public Colour Colour { get; set; }
        public string? MaybeText { get; set; }
        public byte[]? MaybeBytes { get; set; }
        public double? MaybeSize { get; set; }
        public int? MaybeCount { get; set; }
        public bool? MaybeDone { get; set; }
        public DateTimeOffset? MaybeAt { get; set; }
        public Colour? MaybeColour { get; set; }
        public Guid? Other { get; set; }
    }

    public sealed class Parted : Owned
    {
        public required Place Place { get; set; }
    }

    public sealed class Place
    {
        public required string Town { get; set; }
    }

    public sealed class Priced : Owned
    {
        public decimal Price { get; set; }
    }

    public sealed class Constructed(string name) : Owned
    {
        public string Name { get; } = name;
        public string? Note { get; set; }
    }

    public sealed class Generated : Owned
    {
        public long Number { get; set; }
        public string? Note { get; set; }
    }

    public sealed class Tidy : Owned
    {
        public string Name { get; init => field = value.Trim(); } = "";
        public string? Note { get; set; }
    }

    public class Parent : Owned;

    public sealed class Heir : Parent
    {
        public int Wealth { get; set; }
    }

    public sealed class Filtered : Owned
    {
        public bool IsHidden { get; set; }
    }

    [DisableWafCache]
    public sealed class ShapesApp : App
    {
        public const string Ignored = "the comparison's own";

        private readonly List<string> _commands = [];

        /// <summary>How many queries EF Core has made of the table of the type.</summary>
        public int CommandsOf(Type type)
        {
            lock (_commands)
                return _commands.Count(text => text.Contains($"FROM \"{type.Name}\"", StringComparison.Ordinal) && !text.StartsWith("DELETE", StringComparison.Ordinal) && !text.Contains(Ignored, StringComparison.Ordinal));
        }

        protected override void ConfigureServices(IServiceCollection s) =>
            s.ConfigureDbContext<AppDb>(options => options.ReplaceService<IModelCustomizer, Shapes>().AddInterceptors(new Recorder(_commands)));

        protected override async ValueTask PreSetupAsync()
        {
            using var database = OpenDatabase();
            var settings = new ConfigurationBuilder().AddInMemoryCollection([new("Data:Directory", DataDirectory)]).Build();
            var services = new ServiceCollection().AddLogging().AddSingleton<IConfiguration>(settings);
            services.AddDatabase();
            await using var provider = services.BuildServiceProvider();
            using var model = new AppDb(new DbContextOptionsBuilder<AppDb>()
                .UseSqlite().UseApplicationServiceProvider(provider).ReplaceService<IModelCustomizer, Shapes>().Options);

            foreach (var table in model.Database.GenerateCreateScript().Split(";")
                .Where(sql => Shapes.Types.Any(type => sql.Contains($"CREATE TABLE \"{type.Name}\"", StringComparison.Ordinal))))
                database.Execute(table.Replace(" NOT NULL", "", StringComparison.Ordinal));
        }
    }

    private sealed class Shapes(ModelCustomizerDependencies dependencies) : RelationalModelCustomizer(dependencies)
    {
        public static Type[] Types { get; } = [typeof(Flat), typeof(Parted), typeof(Priced), typeof(Constructed), typeof(Generated), typeof(Tidy), typeof(Parent), typeof(Filtered)];

        public override void Customize(ModelBuilder modelBuilder, DbContext context)
        {
            foreach (var type in Types)
                modelBuilder.Entity(type).ToTable(type.Name).HasKey(nameof(IOwned.UserId), nameof(IOwned.Id));

            modelBuilder.Entity<Parted>().ComplexProperty(row => row.Place);
            modelBuilder.Entity<Constructed>().Property(row => row.Name);
            modelBuilder.Entity<Heir>();
            modelBuilder.Entity<Generated>().Property(row => row.Number).HasDefaultValueSql("40 + 2");
            modelBuilder.Entity<Filtered>().HasQueryFilter(row => !row.IsHidden);
            base.Customize(modelBuilder, context);
        }
    }

    private sealed class Recorder(List<string> commands) : DbCommandInterceptor
    {
        public override DbCommand CommandInitialized(CommandEndEventData eventData, DbCommand result)
        {
            lock (commands)
                commands.Add(result.CommandText);

            return result;
        }
    }
}
