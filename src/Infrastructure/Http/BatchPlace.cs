namespace TaskSlices.Infrastructure.Http;

/// <summary>
/// The feature of a request that is, or is carrying out, an operation of a batch: problems name the operation.
/// </summary>
/// <param name="Index">From 0.</param>
public sealed record BatchPlace(int Index);
