using System.Linq.Expressions;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Microsoft.EntityFrameworkCore.Metadata.Conventions;
using Microsoft.EntityFrameworkCore.Query;
using TaskSlices.Infrastructure.Hosting;

namespace TaskSlices.Infrastructure.Data;

/// <summary>
/// What holds for every entity: columns are named in snake_case, and a row that has a UserId is found by its owner alone. EF Core adds the
/// filter to every query, bulk update and bulk delete; a query that forgets to say whose rows it wants gets its caller's.
/// </summary>
public static class OwnedModel
{
    private const string UserId = nameof(IOwned.UserId);
    private const string FilterName = "owner";
    private const string RevisionIndex = "user_id, revision, id";
    private const string FilteredAnnotation = "TaskSlices:OwnerFilter";
    private const string CrossesUsersAnnotation = "TaskSlices:CrossesUsers";

    /// <summary>
    /// The tables whose rows are found without an owner, each with the reason. A new one is a decision for the whole team.
    /// </summary>
    private static readonly Dictionary<string, string> CrossingUsers = new(StringComparer.Ordinal)
    {
        ["accounts"] = "found by the e-mail address, before anybody is signed in",
        ["ended_sessions"] = "names no user; asked by every request whose token names a session",
        ["invitations"] = "names no user: whoever is invited has no account yet",
        ["password_resets"] = "found by the digest of a link's token: whoever forgot the password can't sign in",
        ["sessions"] = "found by the digest of a cookie, before anybody is signed in",
    };

    /// <summary>
    /// Leaves out the filter by owner: every query of this entity sees the rows of all users. The start refuses a table that is not on the
    /// list.
    /// </summary>
    public static void CrossesUsers<T>(this EntityTypeBuilder<T> entity) where T : class =>
        entity.HasAnnotation(CrossesUsersAnnotation, true);

    /// <summary>Whether the filter by owner holds for the entity.</summary>
    internal static bool IsFilteredByOwner(this IReadOnlyEntityType entity) =>
        entity.GetRootType().FindAnnotation(FilteredAnnotation) is not null;

    /// <summary>Whether nothing but the owner limits which rows of the entity a query finds.</summary>
    internal static bool HasOnlyOwnerFilter(this IReadOnlyEntityType entity) =>
        entity.GetRootType().GetDeclaredQueryFilters() is { Count: 1 } filters && filters.Single().Key == FilterName;

    /// <summary>Compares the model with the schema that the steps have made.</summary>
    /// <exception cref="StartupException">A table, column or index is missing, or an entity has no owner; the message names
    /// each.</exception>
    internal static void Check(IModel model, IStore store, ILookup<string, string> columns, ILookup<string, string> indexes)
    {
        var mistakes = model.GetEntityTypes().SelectMany(entity => FindMistakes(entity, columns))
            .Concat(RowKind.All(model).Select(kind => FindMistake(kind, store, indexes)).OfType<string>()).Distinct().ToArray();

        if (mistakes.Length > 0)
            throw new StartupException(string.Join(Environment.NewLine, mistakes));
    }

    private static IEnumerable<string> FindMistakes(IEntityType entity, ILookup<string, string> columns)
    {
        if (entity.GetTableName() is not { } table)
            yield break;

        var name = entity.ClrType.Name;
        if (!columns.Contains(table))
            yield return $"{name} has no table: no schema step makes '{table}'. "
                + $"Add a SchemaStep with CREATE TABLE {table} to the feature's ISchema.";
        else
        {
            foreach (var column in entity.GetProperties().Select(p => p.GetColumnName()).Where(column => !columns[table].Contains(column)))
            {
                yield return $"{name} has a property without a column: no schema step makes '{column}' of the table '{table}'. " +
                    $"Add a SchemaStep with ALTER TABLE {table} ADD COLUMN {column} to the feature's ISchema.";
            }
        }

        if (!entity.IsOwned() && !entity.IsFilteredByOwner() && !CrossingUsers.ContainsKey(table))
        {
            yield return $"{name} has no owner: every query of it sees the rows of all users. Make it an IOwned, " +
                "or add its table to OwnedModel.CrossingUsers with the reason.";
        }
    }

    private static string? FindMistake(RowKind kind, IStore store, ILookup<string, string> indexes)
    {
        var name = kind.Entity.ClrType.Name;
        if (kind.OtherResponse is { } other)
            return $"{name} has two responses, {kind.Response.Name} and {other.Name}. Take IRowResponse from one of them.";
        if (store.ReaderOf(kind.Entity) is null)
            return $"{name} is more than the columns of one table, and can't be a kind of row. "
                + "Leave out parts, heirs, filters, shadow properties and constructors with parameters.";

        return indexes[kind.Name].Contains(RevisionIndex) ? null
            : $"{name} has no index for the changes of a user: no schema step makes one on ({RevisionIndex}). "
                + $"Add CREATE INDEX {kind.Name}_revision ON {kind.Name} ({RevisionIndex}) to the feature's ISchema.";
    }

    /// <summary>Runs when the model is complete, so that it reaches every entity, whoever has added it.</summary>
    internal sealed class Convention(AppDb db) : IModelFinalizingConvention
    {
        public void ProcessModelFinalizing(IConventionModelBuilder modelBuilder, IConventionContext<IConventionModelBuilder> context)
        {
            foreach (var entity in modelBuilder.Metadata.GetEntityTypes())
            {
                foreach (var property in entity.GetDeclaredProperties().Where(p => p.GetColumnNameConfigurationSource() is null))
                    property.SetColumnName(JsonNamingPolicy.SnakeCaseLower.ConvertName(property.Name));

                if (entity.ClrType.IsAssignableTo(typeof(IOwned)))
                    entity.FindProperty(nameof(IOwned.Revision))!.SetIsConcurrencyToken(true);

                if (RowKind.IsShown(entity.ClrType))
                    entity.Builder.HasIndex([UserId, nameof(IOwned.Revision), nameof(IOwned.Id)]);

                if (entity.BaseType is null && entity.FindProperty(UserId)?.ClrType == typeof(string)
                    && entity.FindAnnotation(CrossesUsersAnnotation) is null)
                    AddFilter(entity);
            }
        }

        /// <summary>EF Core replaces the context in the expression by the one that runs the query.</summary>
        private void AddFilter(IConventionEntityType entity)
        {
            var row = Expression.Parameter(entity.ClrType, "row");
            var owner = Expression.Property(Expression.Constant(db), nameof(AppDb.Owner));
            var column = Expression.Call(typeof(EF), nameof(EF.Property), [typeof(string)], row, Expression.Constant(UserId));
            Expression isOwners = Expression.Equal(column, owner);

            // EF Core takes either one filter without a name or filters that all have one.
            if (entity.GetDeclaredQueryFilters().FirstOrDefault(filter => filter.Key is null)?.Expression is { } other)
            {
                var body = ReplacingExpressionVisitor.Replace(other.Parameters[0], row, other.Body);
                entity.SetQueryFilter(Expression.Lambda(Expression.AndAlso(isOwners, body), row));
            }
            else
                entity.SetQueryFilter(FilterName, Expression.Lambda(isOwners, row));

            entity.SetAnnotation(FilteredAnnotation, true);
        }
    }
}
