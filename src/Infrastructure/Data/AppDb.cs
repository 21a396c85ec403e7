using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Storage;

namespace TaskSlices.Infrastructure.Data;

/// <summary>
/// The database. It names no feature: an entity joins by its <see cref="IEntityTypeConfiguration{TEntity}"/>, its table by its
/// <see cref="ISchema"/>, both found in the assembly.
/// </summary>
public sealed class AppDb : DbContext
{
    private IWriter? _writer;
    private RowOwner? _owner;

    /// <summary>The user of whom the unit under way took a number; null if it took none.</summary>
    private string? _changed;

    /// <summary>How many numbers the unit under way took.</summary>
    private int _numbers;

    /// <summary>What the unit under way has counted, for the quotas.</summary>
    private RowCount? _counted;

    // The store opens the transactions.
    public AppDb(DbContextOptions<AppDb> options) : base(options) => Database.AutoTransactionBehavior = AutoTransactionBehavior.Never;

    /// <summary>The user whose rows the queries of this context find; null finds none.</summary>
    internal string? Owner => _owner?.UserId;

    /// <summary>When the request came that this context serves.</summary>
    internal DateTimeOffset Since => _owner?.Since ?? DateTimeOffset.MinValue;

    /// <summary>The connection that this context reads from, or, in its turn to write, the writer's.</summary>
    internal IRelationalConnection Connection => field ??= this.GetService<IRelationalConnection>();

    /// <summary>The transaction of the unit under way; null outside of one.</summary>
    internal IWriter? Writer => _writer;

    /// <summary>Whether the user was not erased, and the session did not end, since the request came.</summary>
    internal bool IsActive => _owner is not { MayWrite: false };

    /// <summary>Which state of a row the change under way is for; null: any.</summary>
    internal Precondition? Precondition => _owner?.Precondition;

    internal IStore Store => field ??= this.GetService<IStore>();

    internal RowQuotas Quotas => field ??= this.GetService<RowQuotas>();

    private ChangeSignals Signals => field ??= this.GetService<ChangeSignals>();

    /// <summary>Refuses a second thread: two of them would share a connection, its statements and their values.</summary>
    internal IConcurrencyDetector Detector => field ??= this.GetService<IConcurrencyDetector>();

    /// <summary>
    /// Runs a change as one unit: what it reads is what it writes over, and nobody writes in between. It is on disk when the task
    /// completes; if the change throws, or is cancelled before its turn ends, nothing of it happened, and this context has forgotten it.
    /// Others wait for it, and a store may run it again: do nothing in it but read and save.
    /// </summary>
    /// <exception cref="OwnerGoneException">The user was erased, or the session ended, since the request came.</exception>
    public async Task<T> WriteAsync<T>(Func<Task<T>> change, CancellationToken ct)
    {
        if (_writer is not null)
            return await change();

        return await RunUnitAsync(
            async () =>
            {
                if (Owner is not null)
                    await LockAsync(Owner);

                return await change();
            },
            ct);
    }

    /// <summary>
    /// To be called in a unit that changes rows of a user who is not its caller, before it reads any: no other unit changes them meanwhile.
    /// </summary>
    public async Task LockAsync(string userId)
    {
        await _writer!.LockAsync(userId);
        DemandActive();
    }

    /// <summary>
    /// To be called in the unit that erases the user: a change that was asked for before is refused, by whichever process.
    /// </summary>
    public async Task MarkErasedAsync(string userId)
    {
        _changed = userId;
        this.GetService<ErasedUsers>().Mark(userId);
        Quotas.Forget(userId);
        await _writer!.MarkErasedAsync(userId);
    }

    /// <summary>The user's counter of changes; zeros if nothing of the user's was ever changed.</summary>
    /// <exception cref="System.Data.Common.DbException">The database can't be read.</exception>
    public ValueTask<UserRevision> ReadRevisionAsync(string userId) => userId == Owner ? Store.ReadRevisionAsync(this, userId) : default;

    /// <summary>Runs a change that can be left for another time: false if the database can't be written now.</summary>
    public async Task<bool> TryWriteAsync<T>(Func<Task<T>> change, CancellationToken ct)
    {
        try
        {
            await WriteAsync(change, ct);

            return true;
        }
        catch (Exception e) when (Store.IsUnavailable(e))
        {
            return false;
        }
    }

    /// <summary>Reads what can be left for another time: null if the database can't be read now.</summary>
    public async Task<T?> TryReadAsync<T>(Func<Task<T>> read) where T : class
    {
        try
        {
            return await read();
        }
        catch (Exception e) when (Store.IsUnavailable(e))
        {
            return null;
        }
    }

    /// <summary>Saves as a unit of its own, or as part of the one under way.</summary>
    public override async Task<int> SaveChangesAsync(bool acceptAllChangesOnSuccess, CancellationToken cancellationToken = default)
    {
        if (_writer is not null)
            return await SaveAsync(acceptAllChangesOnSuccess, cancellationToken);

        try
        {
            if (await TryAddAsync(cancellationToken))
                return 1;

            // Accepted when it is on disk: a caller that catches the failure can save again.
            var saved = await Store.WriteAsync(
                this, () => SaveAsync(acceptAllChangesOnSuccess: false, cancellationToken), cancellationToken);

            KeepCount();
            if (acceptAllChangesOnSuccess)
                ChangeTracker.AcceptAllChanges();

            return saved;
        }
        finally
        {
            AnnounceChange();
        }
    }

    /// <exception cref="NotSupportedException">Always: a thread that waits for its turn to write serves nobody.</exception>
    public override int SaveChanges(bool acceptAllChangesOnSuccess) => throw new NotSupportedException("Use SaveChangesAsync.");

    /// <summary>The value as the column has it.</summary>
    internal static object Stored(IReadOnlyProperty property, object value) =>
        property.FindTypeMapping()?.Converter?.ConvertToProvider(value) ?? value;

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
    {
        Store.Configure(configurationBuilder);
        configurationBuilder.Conventions.Add(_ => new OwnedModel.Convention(this));
    }

    protected override void OnModelCreating(ModelBuilder modelBuilder) =>
        modelBuilder.ApplyConfigurationsFromAssembly(typeof(AppDb).Assembly);

    /// <summary>Binds the context to the scope that uses it; a pooled context comes from another.</summary>
    internal void Bind(RowOwner owner) => _owner = owner;

    /// <summary>Runs a change on the connection that writes, in the transaction that is open there.</summary>
    /// <exception cref="OwnerGoneException">The user was erased, or the session ended, since the request came.</exception>
    internal async Task<T> RunOnAsync<T>(IWriter writer, Func<Task<T>> change)
    {
        DemandActive();
        Precondition?.IsChecked = false;
        (_numbers, _counted) = (0, null);

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

    /// <summary>Runs a change that takes the lock itself, or changes no rows of a user; in the unit under way, if any.</summary>
    internal async Task<T> RunUnitAsync<T>(Func<Task<T>> change, CancellationToken ct)
    {
        if (_writer is not null)
            return await change();

        var again = false;
        try
        {
            var result = await Store.WriteAsync(
                this,
                () =>
                {
                    if (again)
                        ChangeTracker.Clear();

                    again = true;

                    return change();
                },
                ct);
            KeepCount();

            return result;
        }
        catch
        {
            ChangeTracker.Clear();
            throw;
        }
        finally
        {
            AnnounceChange();
        }
    }

    /// <summary>To be called once the user's lock is taken: who erases the user, or ends the session, takes it too.</summary>
    /// <exception cref="OwnerGoneException">The user was erased, or the session ended, since the request came.</exception>
    internal void DemandActive()
    {
        if (!IsActive)
            throw new OwnerGoneException();
    }

    /// <summary>To be called in a unit, behind a row that was added.</summary>
    /// <exception cref="QuotaExceededException">The user has too many of that kind now.</exception>
    internal async ValueTask DemandQuotaAsync(IEntityType kind, long revision, bool isAlone) =>
        _counted = await Quotas.DemandAsync(this, kind, revision, isAlone, _counted);

    /// <summary>To be called once the unit is on disk.</summary>
    private void KeepCount()
    {
        if (_counted is not null)
            Quotas.Keep(_counted);

        _counted = null;
    }

    /// <summary>Also after a failure: the change may be on disk nevertheless.</summary>
    private void AnnounceChange()
    {
        if (_changed is null)
            return;

        Signals.Announce(_changed);
        _changed = null;
    }

    private async Task<bool> TryAddAsync(CancellationToken ct)
    {
        EntityEntry? added = null;
        foreach (var entry in ChangeTracker.Entries())
        {
            if (entry.State is EntityState.Unchanged)
                continue;
            if (added is not null || entry.State is not EntityState.Added)
                return false;

            added = entry;
        }

        if (added is not { Entity: IOwned row } || !added.Metadata.IsFilteredByOwner())
            return false;

        DemandOwner(added);
        DemandActive();
        _changed = row.UserId;
        if (await Store.TryAddAsync(this, (IEntityType)added.Metadata, row, ct) is not { } revision)
            return false;

        KeepCount();
        added.Property(nameof(IOwned.Revision)).CurrentValue = revision;
        added.State = EntityState.Unchanged;

        return true;
    }

    private async Task<int> SaveAsync(bool acceptAllChangesOnSuccess, CancellationToken ct)
    {
        var (added, revision) = await NumberChangesAsync(_writer!);

        // DetectChanges has run already. An interceptor that changes a row while it is saved must call it again.
        var detectsChanges = ChangeTracker.AutoDetectChangesEnabled;
        ChangeTracker.AutoDetectChangesEnabled = false;
        try
        {
            var saved = await base.SaveChangesAsync(acceptAllChangesOnSuccess, ct);
            foreach (var kind in added)
                await DemandQuotaAsync(kind, revision, isAlone: _numbers == 1);

            return saved;
        }
        finally
        {
            ChangeTracker.AutoDetectChangesEnabled = detectsChanges;
        }
    }

    /// <returns>The kinds with a quota that rows are added of, and the last number.</returns>
    private async ValueTask<(IReadOnlyCollection<IEntityType> Added, long Last)> NumberChangesAsync(IWriter writer)
    {
        HashSet<IEntityType>? added = null;
        List<DeletedRow>? deleted = null;
        var last = 0L;
        foreach (var change in ChangeTracker.Entries())
        {
            // From a save that failed, or that is run again.
            if (change is { Entity: DeletedRow, State: EntityState.Added })
                change.State = EntityState.Detached;
            if (change.State is not (EntityState.Added or EntityState.Modified or EntityState.Deleted))
                continue;

            if (change.Metadata.IsFilteredByOwner())
                DemandOwner(change);

            if (change.Entity is not IOwned owned)
                continue;

            // It was read by a query of the slice's own.
            if (change.State is not EntityState.Added && Precondition is { IsChecked: false } precondition)
                precondition.Check((IOwned)change.OriginalValues.ToObject());

            var revision = last = await writer.NextRevisionAsync(owned.UserId);
            _numbers++;
            _changed = owned.UserId;
            DemandActive();
            if (change.State is EntityState.Added && Quotas.LimitOf(change.Metadata) > 0)
                (added ??= []).Add((IEntityType)change.Metadata);
            if (change.State is not EntityState.Deleted)
                change.Property(nameof(IOwned.Revision)).CurrentValue = revision;
            else if (RowKind.Of((IEntityType)change.Metadata) is { } kind)
                (deleted ??= []).Add(DeletedRow.Of(kind, owned, revision, this.GetService<TimeProvider>().GetUtcNow()));
        }

        if (deleted is not null)
            AddRange(deleted);

        return (added ?? (IReadOnlyCollection<IEntityType>)[], last);
    }

    private void DemandOwner(EntityEntry change)
    {
        var userId = change.Entity is IOwned owned ? owned.UserId : change.Property(nameof(IOwned.UserId)).CurrentValue as string;

        if (userId is null || userId != Owner)
        {
            throw new InvalidOperationException(
                $"A {change.Metadata.ClrType.Name} of another user can't be saved. "
                + "Set its UserId to that of the request (OwnedRequest.UserId).");
        }
    }
}
