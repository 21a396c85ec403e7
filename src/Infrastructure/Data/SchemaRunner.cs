using System.Reflection;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using TaskSlices.Infrastructure.Hosting;

namespace TaskSlices.Infrastructure.Data;

/// <summary>Brings the schema up to date when the process starts: all steps that are missing, in one transaction, or none.</summary>
public sealed class SchemaRunner(AppDb db, IStore store, TimeProvider clock)
{
    private static readonly SchemaStep StepsTable = new(
        "", "CREATE TABLE IF NOT EXISTS schema_steps (id TEXT NOT NULL PRIMARY KEY, applied_at INTEGER NOT NULL) WITHOUT ROWID")
    {
        Postgres = """CREATE TABLE IF NOT EXISTS schema_steps (id TEXT COLLATE "C" PRIMARY KEY, applied_at BIGINT NOT NULL)""",
    };

    /// <summary>Rows whose derived columns are computed at once.</summary>
    private const int Batch = 500;

    /// <exception cref="StartupException">The database was made by a newer version, or is not what the model asks for.</exception>
    public async Task RunAsync(CancellationToken ct = default)
    {
        await ApplyMissingAsync(ct);
        OwnedModel.Check(db.Model, store, await store.ReadColumnsAsync(db, ct), await store.ReadIndexesAsync(db, ct));
    }

    /// <summary>Looks whether the schema is that of this program; changes nothing.</summary>
    /// <exception cref="CommandException">It is older, or there is none.</exception>
    /// <exception cref="StartupException">It is newer.</exception>
    public async Task CheckAsync(CancellationToken ct)
    {
        var tables = await store.ReadColumnsAsync(db, ct);
        var applied = tables.Contains("schema_steps") ? await AppliedAsync(ct) : [];
        DemandKnown(applied);
        if (!applied.SetEquals(All(typeof(AppDb).Assembly.GetTypes()).Select(step => step.Id)))
            throw new CommandException(
                applied.Count == 0
                    ? $"There is nothing in {store.Description}. Start the server once first, or set Data:Directory (DATA_DIR)."
                    : $"The database {store.Description} has the schema of an older version. Start the server of this version first.");
    }

    /// <summary>The steps of every schema among the types, in the order they run.</summary>
    public static IReadOnlyList<SchemaStep> All(IEnumerable<Type> types) =>
    [
        .. types.Where(t => t is { IsClass: true, IsAbstract: false } && t.IsAssignableTo(typeof(ISchema)))
            .SelectMany(t => ((ISchema)Activator.CreateInstance(t)!).Steps)
            .OrderBy(s => s.Id, StringComparer.Ordinal),
    ];

    private async Task ApplyMissingAsync(CancellationToken ct)
    {
        await db.WriteAsync(() => MakeStepsTableAsync(ct), ct);

        var applied = await AppliedAsync(ct);
        var steps = All(typeof(AppDb).Assembly.GetTypes());

        DemandKnown(applied);
        var missing = steps.Where(s => !applied.Contains(s.Id)).ToList();
        if (missing.Count == 0)
            return;

        if (applied.Count > 0)
            await store.KeepCopyAsync(db, clock.GetUtcNow(), ct);

        await db.WriteAsync(() => ApplyAsync(missing, ct), ct);
    }

    private static void DemandKnown(HashSet<string> applied)
    {
        var known = All(typeof(AppDb).Assembly.GetTypes()).Select(step => step.Id);
        if (applied.Except(known).Order(StringComparer.Ordinal).LastOrDefault() is { } unknown)
            throw new StartupException(
                $"The database was made by a newer TaskSlices (its schema has the step {unknown}). "
                + "Start that version, or restore an older copy of the data.");
    }

    private async Task<int> MakeStepsTableAsync(CancellationToken ct)
    {
        await LockAsync(ct);

        return await ExecuteAsync(store.TextOf(StepsTable), ct);
    }

    // Without a query of EF Core: translating the first one takes longer than all the rest of this.
    private async Task<HashSet<string>> AppliedAsync(CancellationToken ct)
    {
        await db.Connection.OpenAsync(ct);
        await using var command = db.Connection.DbConnection.CreateCommand();
        command.CommandText = "SELECT id FROM schema_steps";
        await using var steps = await command.ExecuteReaderAsync(ct);
        var applied = new HashSet<string>();

        while (await steps.ReadAsync(ct))
            applied.Add(steps.GetString(0));

        return applied;
    }

    private async Task<int> ApplyAsync(List<SchemaStep> steps, CancellationToken ct)
    {
        await LockAsync(ct);
        var applied = await AppliedAsync(ct);

        // Another process may have been first.
        foreach (var step in steps.Where(s => !applied.Contains(s.Id)))
        {
            if (store.TextOf(step) is { Length: > 0 } text)
                await ExecuteAsync(text, ct);

            var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
            await db.Database.ExecuteSqlAsync($"INSERT INTO schema_steps VALUES ({step.Id}, {now})", ct);
        }

        // A new database has no rows.
        if (applied.Count > 0)
        {
            foreach (var table in steps.Where(s => !applied.Contains(s.Id)).Select(s => s.Derives).OfType<string>().Distinct())
                await DeriveAsync(table, ct);
        }

        return steps.Count;
    }

    /// <summary>Stores the derived columns of every row. Rows keep their revisions: nothing that is shown changes.</summary>
    private Task DeriveAsync(string table, CancellationToken ct)
    {
        var entity = db.Model.GetEntityTypes().Single(entity => entity.GetTableName() == table);
        var derive = GetType().GetMethod(nameof(DeriveEveryAsync), BindingFlags.NonPublic | BindingFlags.Instance)!;

        return (Task)derive.MakeGenericMethod(entity.ClrType).Invoke(this, [entity, ct])!;
    }

    private async Task DeriveEveryAsync<T>(IEntityType entity, CancellationToken ct) where T : class, IOwned
    {
        var derived = entity.GetProperties().Where(DerivedAttribute.Is).ToArray();
        var sets = derived.Select((property, i) => $"{FlatModel.Column(property)} = {{{i}}}");
        var (user, id) = (FlatModel.Column(entity, nameof(IOwned.UserId)), FlatModel.Column(entity, nameof(IOwned.Id)));
        var sql = $"UPDATE {FlatModel.Table(entity)} SET {string.Join(", ", sets)} "
            + $"WHERE {user} = {{{derived.Length}}} AND {id} = {{{derived.Length + 1}}}";
        var (lastUser, lastId) = ("", Guid.Empty);

        while (true)
        {
            var rows = await db.Set<T>().IgnoreQueryFilters().AsNoTracking()
                .Where(row => row.UserId.CompareTo(lastUser) > 0 || (row.UserId == lastUser && row.Id > lastId))
                .OrderBy(row => row.UserId).ThenBy(row => row.Id).Take(Batch).ToListAsync(ct);

            foreach (var row in rows)
            {
                var values = derived.Select(property => property.GetGetter().GetClrValue(row))
                    .Append(row.UserId).Append(AppDb.Stored(entity.FindProperty(nameof(IOwned.Id))!, row.Id)).ToArray();
                await db.Database.ExecuteSqlRawAsync(sql, values!, ct);
            }

            if (rows.Count < Batch)
                return;

            (lastUser, lastId) = (rows[^1].UserId, rows[^1].Id);
        }
    }

    private async Task LockAsync(CancellationToken ct)
    {
        if (store.SchemaLock is { } text)
            await ExecuteAsync(text, ct);
    }

    /// <summary>ExecuteSqlRaw would take braces in the text for parameters.</summary>
    private async Task<int> ExecuteAsync(string sql, CancellationToken ct)
    {
        await using var command = db.Connection.DbConnection.CreateCommand();
        command.CommandText = sql;
        command.CommandTimeout = 0;

        return await command.ExecuteNonQueryAsync(ct);
    }
}
