using System.Globalization;
using System.Linq.Expressions;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using TaskSlices.Infrastructure.Data;
using TaskSlices.Infrastructure.Http;

namespace TaskSlices.Infrastructure.Slices;

/// <summary>What a list takes from the query string.</summary>
public interface IListOf
{
    /// <summary>For the document. What is not among them does not reach the slice.</summary>
    IReadOnlyList<ListParameter> Parameters { get; }

    /// <summary>What keeps the list from being read, in a sentence with the mend; null if nothing does.</summary>
    string? FindMistake(IModel model, IStore store);
}

/// <summary>A key of the query string.</summary>
/// <param name="Name">As it is in the document; any case is taken.</param>
/// <param name="Schema">OpenAPI 3.0.</param>
/// <param name="Description">Null if the name says it.</param>
public sealed record ListParameter(string Name, JsonObject Schema, string? Description = null);

/// <summary>
/// The lists of a user's rows of one kind: by which columns they are filtered, sorted and searched. A slice has it as a static property of
/// its request, which is where the document finds it. From here come the parameters, their validation, pages by key, and whole lists as a
/// stream.
/// </summary>
/// <typeparam name="T">The entity: one table, nothing but its columns.</typeparam>
public sealed class ListOf<T> : IListOf where T : class, IOwned
{
    private readonly List<ListFilter> _filters = [];
    private readonly Dictionary<string, Order> _orders = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<string> _searched = [];

    public IReadOnlyList<ListParameter> Parameters =>
    [
        .. _filters.SelectMany(filter => filter.Parameters),
        .. _searched.Count > 0 ? ListPage.Search : [],
        .. _orders.Count > 0 ? ListPage.Sort(_orders.Keys, _orders.FirstOrDefault(order => order.Value.IsById).Key) : [],
        .. ListPage.Parameters,
        .. RowKind.IsShown(typeof(T)) ? [ListPage.Deleted] : Array.Empty<ListParameter>(),
    ];

    /// <summary>Rows whose column has the value that a word stands for, in any case; a word that stands for null leaves all.</summary>
    /// <param name="column">The column: <c>t => t.Completed</c>.</param>
    /// <param name="words">What may be asked for. Those of one meaning are all in the document.</param>
    /// <param name="names">The parameter, and its other names.</param>
    public ListOf<T> Filter<TValue>(
        Expression<Func<T, TValue>> column, IEnumerable<KeyValuePair<string, TValue>> words, params string[] names) where TValue : struct =>
        Filter(column, words.Select(word => KeyValuePair.Create(word.Key, (TValue?)word.Value)), names);

    /// <inheritdoc cref="Filter{TValue}(Expression{Func{T, TValue}}, IEnumerable{KeyValuePair{string, TValue}}, string[])"/>
    public ListOf<T> Filter<TValue>(
        Expression<Func<T, TValue>> column, IEnumerable<KeyValuePair<string, TValue?>> words, params string[] names) where TValue : struct
    {
        var values = words.ToDictionary(word => word.Key, word => (object?)word.Value, StringComparer.OrdinalIgnoreCase);

        return Add(ListFilter.ByWord(NameOf(column), values, names));
    }

    /// <summary>Rows whose column is true, or false.</summary>
    public ListOf<T> Filter(Expression<Func<T, bool>> column, params string[] names) => Filter(column, ListFilter.Flags, names);

    /// <summary>Rows whose column has the text, byte for byte.</summary>
    public ListOf<T> Filter(Expression<Func<T, string?>> column, params string[] names) =>
        Add(ListFilter.ByText(NameOf(column), value => value, names));

    /// <summary>
    /// Rows whose column, a text of keys with a line break before and behind each, has all keys that are asked for. Several are separated
    /// by commas, or given one by one.
    /// </summary>
    /// <param name="column">The column.</param>
    /// <param name="keyOf">What stands in the column for what is asked for.</param>
    /// <param name="names">The parameter, and its other names.</param>
    public ListOf<T> FilterAll(Expression<Func<T, string>> column, Func<string, string> keyOf, params string[] names) =>
        Add(ListFilter.ByAll(NameOf(column), keyOf, names));

    /// <summary>Rows whose column has the value or a larger one.</summary>
    /// <param name="column">A column that sorts byte by byte.</param>
    /// <param name="value">How a value that is asked for stands in the column.</param>
    /// <param name="names">The parameter, and its other names.</param>
    public ListOf<T> From(Expression<Func<T, string?>> column, ListValue value, params string[] names) =>
        Add(ListFilter.ByLimit(NameOf(column), value, isLower: true, names));

    /// <summary>Rows whose column has the value or a smaller one.</summary>
    /// <inheritdoc cref="From"/>
    public ListOf<T> To(Expression<Func<T, string?>> column, ListValue value, params string[] names) =>
        Add(ListFilter.ByLimit(NameOf(column), value, isLower: false, names));

    /// <summary>Rows that have each word of <c>search</c> in one of the columns, which are derived by <see cref="SearchText"/>.</summary>
    public ListOf<T> Search(params Expression<Func<T, string?>>[] columns)
    {
        _searched.AddRange(columns.Select(NameOf));

        return this;
    }

    /// <summary>
    /// Rows in the order of a column, by <c>sort_by</c>; those without a value are last. Without an index on (user, column, id), each page
    /// costs a look at all rows of the user.
    /// </summary>
    /// <param name="name">What is asked for.</param>
    /// <param name="column">The column. That of the id is the order of creation.</param>
    /// <param name="descending">The direction, unless <c>order</c> says it.</param>
    public ListOf<T> Sort<TValue>(string name, Expression<Func<T, TValue>> column, bool descending = false)
    {
        var keyOf = column.Compile();
        _orders.Add(name, new Order(NameOf(column), row => keyOf(row), descending));

        return this;
    }

    /// <summary>Reads what the request asks for.</summary>
    /// <param name="rows">The table.</param>
    /// <param name="userId">Whose rows.</param>
    /// <param name="context">The request, for its query string, and for the headers of the answer.</param>
    /// <param name="show">A row as the API shows it.</param>
    /// <param name="ct">Ends the reading.</param>
    public async Task<RowList<TResponse>> ReadAsync<TResponse>(
        DbSet<T> rows, string userId, HttpContext context, Func<T, TResponse> show, CancellationToken ct)
    {
        var asked = new ListQuery(context.Request.Query);
        if (asked.WantsDeleted)
            return await ReadDeletedAsync(rows, userId, asked, context, show, ct);

        var order = AskedOrder(asked);
        var conditions = new List<RowCondition>();
        foreach (var filter in _filters)
            conditions.AddRange(filter.Read(asked, name => rows.EntityType.FindProperty(name)!));

        conditions.AddRange(asked.Words(_searched.Count > 0).Select(
            word => new RowCondition.Contains([.. _searched.Select(name => rows.EntityType.FindProperty(name)!)], word)));
        asked.DemandAgreement(conditions);

        var sortBy = order.Column == nameof(IOwned.Id) ? null : rows.EntityType.FindProperty(order.Column)!;
        var query = new RowQuery { Conditions = conditions, SortBy = sortBy, Ascending = !order.Descending };
        var page = asked.ReadPage(query) with { Keys = sortBy is not null && DerivedAttribute.Is(sortBy) ? [] : null };
        if (asked.Failures.Count > 0)
            return new RowList<TResponse>([]) { Failures = asked.Failures };

        // The tag is never newer than what it is for.
        var revision = new StrongBox<long>();
        if (asked.WantsCount || context.Request.Headers.IfNoneMatch.Count > 0)
        {
            if (context.TryAnswerUnchanged((await rows.ReadRevisionAsync(userId, ct)).Last))
                return new RowList<TResponse>([]) { IsUnchanged = true };
        }
        else
            page = page with { Revision = revision };

        // One row more than the page has tells whether there is a next page.
        if (asked.Limit is { } limit)
            page = page with { Count = limit + 1 };

        if (asked.WantsCount)
        {
            var count = await rows.CountAsync(userId, query, ct);
            context.Response.Headers["X-Total-Count"] = count.ToString(CultureInfo.InvariantCulture);
        }

        var found = await rows.ReadPageAsync(userId, page, ct);
        if (page.Revision is not null)
            context.SetEntityTag(revision.Value);

        var isFull = found.Count == page.Count;
        if (asked.Limit is null)
        {
            var rest = isFull ? rows.ReadRestAsync(userId, page, found, ListPage.Batch, ct) : null;

            return new RowList<TResponse>(Shown(found), rest?.Select(Shown));
        }

        if (isFull)
        {
            found.RemoveAt(found.Count - 1);
            var key = page.Keys is { } keys ? keys[found.Count - 1] : sortBy is null ? null : order.KeyOf(found[^1]);
            var next = asked.Next(new RowPlace(found[^1].Id, key));
            context.Response.Headers.Link = $"<{context.Request.OwnAddress()}{next}>; rel=\"next\"";
        }

        return new RowList<TResponse>(Shown(found));

        IReadOnlyList<TResponse> Shown(List<T> batch) => batch.ConvertAll(row => show(row));
    }

    /// <summary>A list of its own: nothing is filtered, and the last deleted comes first.</summary>
    private static async Task<RowList<TResponse>> ReadDeletedAsync<TResponse>(
        DbSet<T> rows, string userId, ListQuery asked, HttpContext context, Func<T, TResponse> show, CancellationToken ct)
    {
        var after = asked.ReadPlace();
        if (asked.Failures.Count > 0)
            return new RowList<TResponse>([]) { Failures = asked.Failures };

        var count = asked.Limit ?? ListPage.Batch;
        var found = await rows.ReadDeletedAsync(userId, after, count + 1, ct);
        var hasNext = found.Count > count;
        if (hasNext)
            found.RemoveAt(count);
        if (asked.Limit is null)
            return new RowList<TResponse>(Shown(), hasNext ? ReadRestAsync() : null);

        if (hasNext)
        {
            var place = new RowPlace(found[^1].Row.Id, found[^1].Deletion);
            context.Response.Headers.Link = $"<{context.Request.OwnAddress()}{asked.Next(place)}>; rel=\"next\"";
        }

        return new RowList<TResponse>(Shown());

        IReadOnlyList<TResponse> Shown() => found.ConvertAll(row => show(row.Row));

        async IAsyncEnumerable<IReadOnlyList<TResponse>> ReadRestAsync()
        {
            while (found.Count > 0)
            {
                found = await rows.ReadDeletedAsync(userId, found[^1].Deletion, count, ct);
                yield return Shown();
            }
        }
    }

    public string? FindMistake(IModel model, IStore store)
    {
        if (model.FindEntityType(typeof(T)) is not { } entity)
            return $"{typeof(T).Name} is no entity, and can't be listed. Write an IEntityTypeConfiguration<{typeof(T).Name}>.";
        if (store.ReaderOf(entity) is null)
            return $"{typeof(T).Name} is more than the columns of one table, and can't be listed. Leave out parts, heirs and filters.";

        var unknown = _filters.Select(filter => filter.Column).Concat(_searched).Concat(_orders.Values.Select(order => order.Column))
            .FirstOrDefault(column => entity.FindProperty(column) is null);

        return unknown is null ? null
            : $"{unknown} of {typeof(T).Name} is no column, and can't be listed by. Give it a setter, or take another property.";
    }

    private static string NameOf<TValue>(Expression<Func<T, TValue>> column) =>
        column.Body is MemberExpression { Member: PropertyInfo property }
            ? property.Name : throw new ArgumentException($"{column} is no property.", nameof(column));

    private ListOf<T> Add(ListFilter filter)
    {
        _filters.Add(filter);

        return this;
    }

    private Order AskedOrder(ListQuery asked)
    {
        var name = asked.Word(_orders.Keys, ListPage.SortNames);
        var order = name is null ? new Order(nameof(IOwned.Id), row => row.Id, Descending: true) : _orders[name];

        return asked.Word(ListPage.Directions, ListPage.OrderNames) is { } direction
            ? order with { Descending = direction == "desc" } : order;
    }

    private sealed record Order(string Column, Func<T, object?> KeyOf, bool Descending)
    {
        public bool IsById => Column == nameof(IOwned.Id);
    }
}
