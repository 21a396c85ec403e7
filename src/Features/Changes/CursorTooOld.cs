using System.Reflection;
using Microsoft.AspNetCore.Http.Metadata;
using TaskSlices.Infrastructure.Http;
using TaskSlices.Infrastructure.Slices;

namespace TaskSlices.Features.Changes;

public sealed class CursorTooOld : IResult, IEndpointMetadataProvider
{
    private const string Code = "CURSOR_TOO_OLD";

    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder)
    {
        builder.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status410Gone, typeof(Problem), [Problem.MediaType]));
        builder.Metadata.Add(new ProblemCode(StatusCodes.Status410Gone, Code));
    }

    public Task ExecuteAsync(HttpContext httpContext) => Problem.For(
        httpContext, StatusCodes.Status410Gone, Code,
        "What was deleted since then is not known any more. Read the lists anew: the ETag of a list is the revision to go on from.")
        .ExecuteAsync(httpContext);
}
