namespace TaskSlices.Infrastructure.Slices;

/// <summary>
/// Metadata of an endpoint that can answer a problem with this code, for the document. Those of a <see cref="Http.NotFoundProblem"/>, and
/// what the pipeline answers, are known.
/// </summary>
public sealed record ProblemCode(int Status, string Code);
