using TaskSlices.Infrastructure.Data;

namespace TaskSlices.Infrastructure.Slices;

/// <summary>A row as it is now, or that it was deleted: in the list of changes, and as the data of an event.</summary>
/// <param name="Kind">The name of the table.</param>
/// <param name="Id">Of the row.</param>
/// <param name="Revision">The number of the change.</param>
/// <param name="Deleted">Whether it was deleted.</param>
/// <param name="Row">As its own address answers it; null if it was deleted.</param>
public sealed record Change(string Kind, Guid Id, long Revision, bool Deleted, object? Row)
{
    public static Change Of(ChangedRow row) => new(row.Kind, row.Id, row.Revision, row.Shown is null, row.Shown);
}
