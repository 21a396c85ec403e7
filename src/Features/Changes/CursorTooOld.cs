using System.Reflection;
using Microsoft.AspNetCore.Http.Metadata;
using TaskSlices.Infrastructure.Http;

namespace TaskSlices.Features.Changes;

public sealed class CursorTooOld : IResult, IEndpointMetadataProvider
{
    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder) =>
        builder.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status410Gone, typeof(Problem), [Problem.MediaType]));

    public Task ExecuteAsync(HttpContext httpContext) => Problem.For(
        httpContext, StatusCodes.Status410Gone, "CURSOR_TOO_OLD",
        "What was deleted since then is not known any more. Read the lists anew: the ETag of a list is the revision to go on from.")
        .ExecuteAsync(httpContext);
}
