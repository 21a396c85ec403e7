using System.Globalization;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;

namespace TaskSlices.Infrastructure.Data;

/// <summary>
/// The statements of lists. Each starts from the owner, and goes on from a place by key, so that a page deep in a list costs what the first
/// one costs.
/// </summary>
/// <param name="entity">What is listed.</param>
/// <param name="parameter">What stands before the number of a parameter.</param>
/// <param name="position">The function (text, part) that gives zero if the part is not in the text.</param>
/// <param name="isAmong">The condition that an id is among those of a parameter.</param>
/// <param name="indexes">
/// By the name of a column, the name of the index on user, column and id: it has rows of one user, or of one value, in the order of a list.
/// Null if the engine knows best which one to use.
/// </param>
internal sealed class RowSql(
    IEntityType entity, string parameter, string position, Func<string, string> isAmong,
    IReadOnlyDictionary<string, string>? indexes = null)
{
    private readonly string _id = FlatModel.Column(entity, nameof(IOwned.Id));

    private readonly string _where = $" WHERE {FlatModel.Column(entity, nameof(IOwned.UserId))} = {parameter}1";

    private readonly string _columns = string.Join(", ", FlatModel.ReadColumns(entity).Select(FlatModel.Column));

    /// <summary>The start of a statement that reads rows of a user, who is the first parameter.</summary>
    public string All => $"SELECT {_columns} FROM {FlatModel.Table(entity)}{_where}";

    /// <summary>Where a statement has the sort column, if it has.</summary>
    public int KeyColumn { get; } = FlatModel.ReadColumns(entity).Count();

    public Statement Page(string userId, RowPage page)
    {
        var key = page is { Keys: not null, Query.SortBy: { } keyed } ? $", {Column(keyed)}" : "";

        return Select($"{_columns}{key}", userId, page);
    }

    /// <summary>The ids of the rows on that page.</summary>
    public Statement Ids(string userId, RowPage page) => Select(_id, userId, page);

    /// <summary>The rows with these ids that are on the list, in no order.</summary>
    public Statement Among(string userId, RowQuery query, IReadOnlyCollection<Guid> ids)
    {
        var statement = new Statement(parameter, All);
        statement.Add(entity.FindProperty(nameof(IOwned.UserId)), userId);

        // With this sign, SQLite uses no index of the column. It would take one for a range, although the key finds each row.
        AddConditions(statement, query, sign: indexes is null ? "" : "+");

        return statement.Append($" AND {_id} {isAmong(statement.Add(null, ids))}");
    }

    public Statement Count(string userId, RowQuery query)
    {
        var hint = IndexOf(query) is { } index ? $" INDEXED BY \"{index}\"" : "";
        var statement = new Statement(parameter, $"SELECT count(*) FROM {FlatModel.Table(entity)}{hint}{_where}");
        statement.Add(entity.FindProperty(nameof(IOwned.UserId)), userId);
        AddConditions(statement, query);

        return statement;
    }

    private Statement Select(string columns, string userId, RowPage page)
    {
        // The index on a column that may be null can be one of the rows that have a value.
        var index = page.Query.SortBy is not { } sorted ? IndexOf(page.Query)
            : page.HasKey is true || !sorted.IsNullable ? IndexOf(sorted) : null;
        var hint = index is null ? "" : $" INDEXED BY \"{index}\"";
        var statement = new Statement(parameter, $"SELECT {columns} FROM {FlatModel.Table(entity)}{hint}{_where}");
        statement.Add(entity.FindProperty(nameof(IOwned.UserId)), userId);
        AddConditions(statement, page.Query);
        AddPlace(statement, page);
        AddOrder(statement, page);
        statement.Append(" LIMIT ").Append(statement.Add(null, page.Count));
        if (page.Skip > 0)
            statement.Append(" OFFSET ").Append(statement.Add(null, page.Skip));

        return statement;
    }

    private static string Column(IReadOnlyProperty column) => FlatModel.Column((IProperty)column);

    private void AddConditions(Statement statement, RowQuery query, string sign = "")
    {
        foreach (var condition in query.Conditions)
        {
            statement.Append(" AND ");
            switch (condition)
            {
                case RowCondition.Equal { Column: var column, Value: var value }:
                    Compare(column, "=", value);
                    break;
                case RowCondition.AtLeast { Column: var column, Value: var value }:
                    Compare(column, ">=", value);
                    break;
                case RowCondition.AtMost { Column: var column, Value: var value }:
                    Compare(column, "<=", value);
                    break;
                case RowCondition.Contains { Columns: var columns, Text: var text }:
                    var part = statement.Add((IProperty)columns[0], text);
                    statement.Append($"({string.Join(" OR ", columns.Select(column => $"{position}({Column(column)}, {part}) > 0"))})");
                    break;
            }
        }

        void Compare(IReadOnlyProperty column, string comparison, object value) =>
            statement.Append($"{sign}{Column(column)} {comparison} ").Append(statement.Add((IProperty)column, value));
    }

    private string? IndexOf(IReadOnlyProperty column) => indexes?.GetValueOrDefault(((IProperty)column).GetColumnName());

    private string? IndexOf(RowQuery query) =>
        query.Conditions.OfType<RowCondition.Equal>().Select(equal => IndexOf(equal.Column)).FirstOrDefault(index => index is not null);

    private void AddPlace(Statement statement, RowPage page)
    {
        if (page is { Query.SortBy: { } sorted, HasKey: { } hasKey })
            statement.Append($" AND {Column(sorted)} IS {(hasKey ? "NOT NULL" : "NULL")}");
        if (page.After is not { } place)
            return;

        var comparison = page.Query.Ascending ? ">" : "<";
        var id = statement.Add(entity.FindProperty(nameof(IOwned.Id)), place.Id);
        if (page.Query.SortBy is { } column && page.HasKey is not false)
        {
            // Of rows with and without a value, those without are last.
            var isWithout = column.IsNullable && page.HasKey is null ? $"{Column(column)} IS NULL" : null;
            var behind = place.Key is null ? $"{isWithout} AND {_id} {comparison} {id}"
                : $"({Column(column)}, {_id}) {comparison} ({statement.Add((IProperty)column, place.Key)}, {id})";
            statement.Append(place.Key is null || isWithout is null ? $" AND {behind}" : $" AND ({behind} OR {isWithout})");
        }
        else
            statement.Append($" AND {_id} {comparison} {id}");
    }

    private void AddOrder(Statement statement, RowPage page)
    {
        var direction = page.Query.Ascending ? "ASC" : "DESC";
        statement.Append(" ORDER BY ");
        if (page.Query.SortBy is { } column && page.HasKey is not false)
        {
            if (column.IsNullable && page.HasKey is null)
                statement.Append($"{Column(column)} IS NULL, ");

            statement.Append($"{Column(column)} {direction}, ");
        }

        statement.Append($"{_id} {direction}");
    }

    /// <summary>A text and the values of its parameters, which are numbered from 1.</summary>
    public sealed class Statement(string parameter, string start)
    {
        private readonly StringBuilder _text = new(start);
        private readonly List<(IProperty? Column, object Value)> _values = [];

        public string Text => _text.ToString();

        /// <summary>Each with the column that it is compared with; without one, it is a number of rows, or ids.</summary>
        public IReadOnlyList<(IProperty? Column, object Value)> Values => _values;

        public Statement Append(string text)
        {
            _text.Append(text);

            return this;
        }

        /// <summary>How the text names the value.</summary>
        public string Add(IProperty? column, object value)
        {
            _values.Add((column, value));

            return parameter + _values.Count.ToString(CultureInfo.InvariantCulture);
        }
    }
}
