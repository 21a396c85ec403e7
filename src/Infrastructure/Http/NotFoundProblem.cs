using System.Reflection;
using Microsoft.AspNetCore.Http.Metadata;

namespace TaskSlices.Infrastructure.Http;

/// <summary>
/// The 404 of one kind of thing, for the union that a slice returns. It is the same, word for word, for what never was and for what is
/// someone else's.
/// </summary>
/// <param name="code">A stable word: <c>TASK_NOT_FOUND</c>.</param>
/// <param name="detail">One sentence.</param>
public abstract class NotFoundProblem(string code, string detail) : IResult, IEndpointMetadataProvider
{
    public string Code => code;

    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder) =>
        builder.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status404NotFound, typeof(Problem), [Problem.MediaType]));

    public Task ExecuteAsync(HttpContext httpContext) =>
        Problem.For(httpContext, StatusCodes.Status404NotFound, code, detail).ExecuteAsync(httpContext);
}
