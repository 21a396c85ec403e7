using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.EntityFrameworkCore.Update;

namespace TaskSlices.Infrastructure.Data.Sqlite;

/// <summary>EF Core's last step of saving, shortened for what is saved most: one row that is nothing but its columns.</summary>
internal sealed class FlatWrites(DatabaseDependencies dependencies, RelationalDatabaseDependencies relationalDependencies)
    : RelationalDatabase(dependencies, relationalDependencies)
{
    public override Task<int> SaveChangesAsync(IList<IUpdateEntry> entries, CancellationToken cancellationToken = default)
    {
        if (entries is not [var entry] || FlatTable.Of(entry.EntityType) is not { } table)
            return base.SaveChangesAsync(entries, cancellationToken);

        cancellationToken.ThrowIfCancellationRequested();
        table.Write((SqliteConnection)RelationalDependencies.Connection.DbConnection, entry);

        return Task.FromResult(1);
    }
}
