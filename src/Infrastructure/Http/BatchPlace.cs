namespace TaskSlices.Infrastructure.Http;

/// <summary>
/// The feature of a request that is an operation of a batch, and of the one that carries it out: problems name the operation.
/// </summary>
/// <param name="Index">From 0.</param>
/// <param name="Address">Of the operation, as <see cref="Addresses.OwnAddress"/>.</param>
public sealed record BatchPlace(int Index, string Address);
