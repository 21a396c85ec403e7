using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore.Metadata;

namespace TaskSlices.Infrastructure.Data;

/// <summary>Which of a user's rows a list has, and in which order: the newest first, unless it says otherwise.</summary>
public sealed record RowQuery
{
    /// <summary>All of them hold.</summary>
    public IReadOnlyList<RowCondition> Conditions { get; init; } = [];

    /// <summary>Rows without a value come last, in both directions; equal ones by id, in the same direction. Null: by id alone.</summary>
    public IReadOnlyProperty? SortBy { get; init; }

    public bool Ascending { get; init; }

    /// <summary>Whether a condition leaves no row without a value in the sort column.</summary>
    internal bool DemandsKey => Conditions.Any(condition =>
        condition is RowCondition.AtLeast { Column: var lower } && lower == SortBy
        || condition is RowCondition.AtMost { Column: var upper } && upper == SortBy);
}

/// <summary>What a row of a list fulfils.</summary>
public abstract record RowCondition
{
    /// <summary>The column has the value.</summary>
    public sealed record Equal(IReadOnlyProperty Column, object Value) : RowCondition;

    /// <summary>The column has the value or a larger one.</summary>
    public sealed record AtLeast(IReadOnlyProperty Column, object Value) : RowCondition;

    /// <summary>The column has the value or a smaller one.</summary>
    public sealed record AtMost(IReadOnlyProperty Column, object Value) : RowCondition;

    /// <summary>One of the columns contains the text, byte for byte.</summary>
    public sealed record Contains(IReadOnlyList<IReadOnlyProperty> Columns, string Text) : RowCondition;
}

/// <summary>A place in a list: behind the row of that id, whose sort column had that value.</summary>
/// <param name="Id">The id of the row, which may be gone.</param>
/// <param name="Key">Null if the row had no value there, or if rows are sorted by id alone.</param>
public sealed record RowPlace(Guid Id, object? Key = null);

/// <summary>The rows of a list behind a place.</summary>
/// <param name="Query">The list.</param>
/// <param name="Count">At most so many.</param>
/// <param name="After">Null: from the first on.</param>
/// <param name="Skip">Without so many at the beginning, each of which is read all the same.</param>
public sealed record RowPage(RowQuery Query, int Count, RowPlace? After = null, int Skip = 0)
{
    /// <summary>
    /// Gets what each row that is found has in a derived sort column, as it is stored: an older process, or older Unicode data, may have
    /// computed another value, and a list would then go in circles. Null if that column is read with the row.
    /// </summary>
    internal List<string?>? Keys { get; init; }

    /// <summary>
    /// Gets the user's last revision, read before the rows: what is changed meanwhile has a larger one. Null if nobody asks.
    /// </summary>
    internal StrongBox<long>? Revision { get; init; }

    /// <summary>Whether rows with a value in a sort column that may be null are asked for, or those without one; null: both.</summary>
    internal bool? HasKey { get; init; }
}
