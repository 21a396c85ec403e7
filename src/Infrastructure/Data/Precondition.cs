namespace TaskSlices.Infrastructure.Data;

/// <summary>Which states of the row with that id a change is for (RFC 9110, section 13.1); it applies to no other row.</summary>
/// <param name="Id">The row that the request's address names.</param>
/// <param name="Allows">Whether the change may be made to the row of that revision.</param>
public sealed record Precondition(Guid Id, Func<long, bool> Allows)
{
    /// <summary>Whether the row was looked at in this run of the unit.</summary>
    internal bool IsChecked { get; set; }

    /// <summary>Looks at a row as it is, before it is changed.</summary>
    /// <exception cref="PreconditionFailedException">The request is for another state of it.</exception>
    internal void Check(IOwned row)
    {
        if (row.Id != Id)
            return;

        IsChecked = true;
        if (!Allows(row.Revision))
            throw new PreconditionFailedException(row);
    }
}

/// <summary>The row is not in the state that the request is for, and was not changed.</summary>
public sealed class PreconditionFailedException(IOwned current) : Exception("The row was changed since the caller has read it.")
{
    public IOwned Current { get; } = current;
}
