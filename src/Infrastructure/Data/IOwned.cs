namespace TaskSlices.Infrastructure.Data;

/// <summary>
/// A row that belongs to a user. Its primary key is <see cref="UserId"/> and <see cref="Id"/>, so that there is no way to ask for it
/// without saying whose it is.
/// </summary>
public interface IOwned
{
    string UserId { get; }

    /// <summary>From <see cref="IdSource"/>: newer rows have larger ids.</summary>
    Guid Id { get; }

    /// <summary>
    /// The user's number for the last change of this row. Each change of any of a user's rows takes that user's next number, without gaps;
    /// <see cref="AppDb"/> sets it, and refuses to save a row that someone else has changed since it was read.
    /// </summary>
    long Revision { get; }
}
