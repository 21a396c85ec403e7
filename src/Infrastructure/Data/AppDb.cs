using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;
using TaskSlices.Infrastructure.Data.Sqlite;

namespace TaskSlices.Infrastructure.Data;

/// <summary>
/// The database. It names no feature: an entity joins by its <see cref="IEntityTypeConfiguration{TEntity}"/>, its table by its
/// <see cref="ISchema"/>, both found in the assembly.
/// </summary>
public sealed class AppDb : DbContext
{
    private WriteConnection? _writer;

    // All that is written is written in a transaction of the writer's.
    public AppDb(DbContextOptions<AppDb> options) : base(options) => Database.AutoTransactionBehavior = AutoTransactionBehavior.Never;

    /// <summary>The connection that this context reads from, or, in its turn to write, the writer's.</summary>
    internal IRelationalConnection Connection => field ??= this.GetService<IRelationalConnection>();

    /// <summary>Refuses a second thread: two of them would share a connection, its statements and their values.</summary>
    internal IConcurrencyDetector Detector => field ??= this.GetService<IConcurrencyDetector>();

    /// <summary>
    /// Runs a change as one unit: what it reads is what it writes over, and nobody writes in between. It is on disk when the task completes;
    /// if the change throws, or is cancelled before its turn ends, nothing of it happened, and this context has forgotten it. Everybody who
    /// writes waits for it: do nothing in it but read and save.
    /// </summary>
    public async Task<T> WriteAsync<T>(Func<Task<T>> change, CancellationToken ct)
    {
        if (_writer is not null)
            return await change();

        try
        {
            return await this.GetService<GroupCommit>().RunAsync(this, change, ct);
        }
        catch
        {
            ChangeTracker.Clear();
            throw;
        }
    }

    /// <summary>Runs a change that can be left for another time: false if the database can't be written now.</summary>
    public async Task<bool> TryWriteAsync<T>(Func<Task<T>> change, CancellationToken ct)
    {
        try
        {
            await WriteAsync(change, ct);

            return true;
        }
        catch (Exception e) when (SqliteDatabase.IsUnavailable(e))
        {
            return false;
        }
    }

    /// <summary>Saves as a unit of its own, or as part of the one under way.</summary>
    public override async Task<int> SaveChangesAsync(bool acceptAllChangesOnSuccess, CancellationToken cancellationToken = default)
    {
        if (_writer is not null)
            return await SaveAsync(acceptAllChangesOnSuccess, cancellationToken);

        // Accepted when it is on disk: whoever catches the failure can save again.
        var saved = await this.GetService<GroupCommit>().RunAsync(this, () => SaveAsync(acceptAllChangesOnSuccess: false, cancellationToken), cancellationToken);

        if (acceptAllChangesOnSuccess)
            ChangeTracker.AcceptAllChanges();

        return saved;
    }

    /// <exception cref="NotSupportedException">Always: a thread that waits for its turn to write serves nobody.</exception>
    public override int SaveChanges(bool acceptAllChangesOnSuccess) => throw new NotSupportedException("Use SaveChangesAsync.");

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
    {
        // Times in milliseconds and ids in 16 bytes that sort as the id does: see docs/decisions/0004-owner-in-the-key.md.
        configurationBuilder.Properties<DateTimeOffset>().HaveConversion<UnixMilliseconds>();
        configurationBuilder.Properties<Guid>().HaveConversion<BigEndianBytes>();
    }

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.ApplyConfigurationsFromAssembly(typeof(AppDb).Assembly);

        foreach (var entity in modelBuilder.Model.GetEntityTypes())
        {
            foreach (var property in entity.GetProperties())
                property.SetColumnName(JsonNamingPolicy.SnakeCaseLower.ConvertName(property.Name));

            if (entity.ClrType.IsAssignableTo(typeof(IOwned)))
                entity.FindProperty(nameof(IOwned.Revision))!.IsConcurrencyToken = true;
        }
    }

    /// <summary>Runs a change on the connection that writes, in the transaction that is open there.</summary>
    internal async Task<T> RunOnAsync<T>(WriteConnection writer, Func<Task<T>> change)
    {
        var reading = Connection.DbConnection;
        Connection.SetDbConnection(writer.Connection, contextOwnsConnection: false);
        _writer = writer;
        try
        {
            return await change();
        }
        finally
        {
            _writer = null;
            Connection.SetDbConnection(reading, contextOwnsConnection: false);
        }
    }

    private async Task<int> SaveAsync(bool acceptAllChangesOnSuccess, CancellationToken ct)
    {
        NumberChanges(_writer!);

        // To number the changes was to look for them. Interceptors of saving that change a row more would have to say so.
        var looksForChanges = ChangeTracker.AutoDetectChangesEnabled;
        ChangeTracker.AutoDetectChangesEnabled = false;
        try
        {
            return await base.SaveChangesAsync(acceptAllChangesOnSuccess, ct);
        }
        finally
        {
            ChangeTracker.AutoDetectChangesEnabled = looksForChanges;
        }
    }

    private void NumberChanges(WriteConnection writer)
    {
        foreach (var change in ChangeTracker.Entries<IOwned>())
        {
            if (change.State is not (EntityState.Added or EntityState.Modified or EntityState.Deleted))
                continue;

            var revision = writer.NextRevision(change.Entity.UserId);
            if (change.State is not EntityState.Deleted)
                change.Property(nameof(IOwned.Revision)).CurrentValue = revision;
        }
    }

    private sealed class UnixMilliseconds() : ValueConverter<DateTimeOffset, long>(
        time => time.ToUnixTimeMilliseconds(), milliseconds => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds));

    private sealed class BigEndianBytes() : ValueConverter<Guid, byte[]>(id => id.ToByteArray(true), bytes => new Guid(bytes, true));
}
