namespace TaskSlices.Infrastructure.Data;

/// <summary>What the API shows of a row.</summary>
public interface IRowResponse
{
    /// <summary>The user's number for the last change of the row: its entity tag.</summary>
    long Revision { get; }
}

/// <summary>
/// Makes the rows of an entity one kind of the API: they have entity tags, can be restored when they are deleted, and are in the user's
/// changes. The response implements it: <c>record TaskResponse(...) : IRowResponse&lt;TaskItem, TaskResponse></c>. The table needs an index
/// on (user_id, revision, id); the start says so if it is missing.
/// </summary>
public interface IRowResponse<in TRow, out TSelf> : IRowResponse where TRow : class, IOwned where TSelf : IRowResponse<TRow, TSelf>
{
    static abstract TSelf From(TRow row);
}
