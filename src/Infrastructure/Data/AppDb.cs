using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace TaskSlices.Infrastructure.Data;

/// <summary>
/// The database. It names no feature: an entity joins by its <see cref="IEntityTypeConfiguration{TEntity}"/>, its table by its
/// <see cref="ISchema"/>, both found in the assembly.
/// </summary>
public sealed class AppDb(DbContextOptions<AppDb> options) : DbContext(options)
{
    /// <summary>
    /// Runs a change as one unit: what it reads is what it writes over, and nobody writes in between. It is on disk when the task completes;
    /// if the change throws, or is cancelled before that, nothing of it happened.
    /// </summary>
    public async Task<T> WriteAsync<T>(Func<Task<T>> change, CancellationToken ct)
    {
        if (Database.CurrentTransaction is not null)
            return await change();

        using var turn = await this.GetService<WriteGate>().TakeTurnAsync(ct);
        await using var transaction = await Database.BeginTransactionAsync(ct);
        var result = await change();
        await transaction.CommitAsync(CancellationToken.None);

        return result;
    }

    /// <summary>Saves as a unit of its own, or as part of the one under way.</summary>
    public override Task<int> SaveChangesAsync(bool acceptAllChangesOnSuccess, CancellationToken cancellationToken = default) =>
        WriteAsync(
            async () =>
            {
                await NumberChangesAsync(cancellationToken);
                return await base.SaveChangesAsync(acceptAllChangesOnSuccess, cancellationToken);
            },
            cancellationToken);

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

    private async Task NumberChangesAsync(CancellationToken ct)
    {
        var changes = ChangeTracker.Entries<IOwned>().Where(e => e.State is EntityState.Added or EntityState.Modified or EntityState.Deleted).ToList();

        foreach (var change in changes)
        {
            var revision = await NextRevisionAsync(change.Entity.UserId, ct);
            if (change.State is not EntityState.Deleted)
                change.Property(nameof(IOwned.Revision)).CurrentValue = revision;
        }
    }

    private async Task<long> NextRevisionAsync(string userId, CancellationToken ct)
    {
        var numbers = await Database.SqlQuery<long>(
            $"""
            INSERT INTO revisions (user_id, revision) VALUES ({userId}, 1)
            ON CONFLICT (user_id) DO UPDATE SET revision = revisions.revision + 1
            RETURNING revision AS "Value"
            """).ToListAsync(ct);

        return numbers.Single();
    }

    private sealed class UnixMilliseconds() : ValueConverter<DateTimeOffset, long>(
        time => time.ToUnixTimeMilliseconds(), milliseconds => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds));

    private sealed class BigEndianBytes() : ValueConverter<Guid, byte[]>(id => id.ToByteArray(true), bytes => new Guid(bytes, true));
}
