using System.Reflection;
using Microsoft.AspNetCore.Http.Metadata;
using TaskSlices.Infrastructure.Data;
using TaskSlices.Infrastructure.Http;

namespace TaskSlices.Infrastructure.Slices;

/// <summary>The answers with one row: each has the row's entity tag.</summary>
public static class Row
{
    public static RowOk<T> Ok<T>(T row) where T : IRowResponse => new(row);

    /// <param name="address">Of the new row, for the header Location.</param>
    /// <param name="row">The row.</param>
    public static RowCreated<T> Created<T>(string address, T row) where T : IRowResponse => new(address, row);
}

/// <summary>200 with a row, or 304 if a GET names the state that it is in (RFC 9110, section 13.1.2).</summary>
public sealed class RowOk<T>(T row) : IResult, IEndpointMetadataProvider where T : IRowResponse
{
    static void IEndpointMetadataProvider.PopulateMetadata(MethodInfo method, EndpointBuilder builder)
    {
        builder.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status200OK, typeof(T), ["application/json"]));
        builder.Metadata.Add(new EntityTagged());
    }

    public Task ExecuteAsync(HttpContext httpContext) =>
        httpContext.TryAnswerUnchanged(row.Revision) ? Task.CompletedTask : TypedResults.Ok(row).ExecuteAsync(httpContext);
}

/// <summary>201 with the new row.</summary>
public sealed class RowCreated<T>(string address, T row) : IResult, IEndpointMetadataProvider where T : IRowResponse
{
    static void IEndpointMetadataProvider.PopulateMetadata(MethodInfo method, EndpointBuilder builder)
    {
        builder.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status201Created, typeof(T), ["application/json"]));
        builder.Metadata.Add(new EntityTagged());
    }

    public Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.SetEntityTag(row.Revision);

        return TypedResults.Created(address, row).ExecuteAsync(httpContext);
    }
}

/// <summary>Metadata of an endpoint whose successful answers have an entity tag, for the document.</summary>
internal sealed class EntityTagged;
