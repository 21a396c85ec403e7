using System.Reflection;
using System.Text.Json;
using FluentValidation.Results;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Extensions.Options;
using TaskSlices.Infrastructure.Http;

namespace TaskSlices.Infrastructure.Slices;

/// <summary>
/// A list as a bare JSON array, or why there is none. Rows that are not here yet are read while others are sent; nothing is open in the
/// database meanwhile, so that a slow reader holds up nobody.
/// </summary>
/// <param name="rows">The first rows.</param>
/// <param name="rest">The other rows, which are read when they are asked for; null if there are none.</param>
public sealed class RowList<T>(IReadOnlyList<T> rows, IAsyncEnumerable<IReadOnlyList<T>>? rest = null) : IResult, IEndpointMetadataProvider
{
    /// <summary>In bytes, of what is sent at once.</summary>
    private const int Chunk = 16 * 1024;

    /// <summary>Why the list is refused; null if it is not.</summary>
    internal List<ValidationFailure>? Failures { get; init; }

    static void IEndpointMetadataProvider.PopulateMetadata(MethodInfo method, EndpointBuilder builder)
    {
        builder.Metadata.Add(new ProducesResponseTypeMetadata(200, typeof(IEnumerable<T>), ["application/json"]));
        builder.Metadata.Add(new ProducesResponseTypeMetadata(422, typeof(Problem), [Problem.MediaType]));
        builder.Metadata.Add(new EntityTagged());
    }

    /// <summary>Whether the caller has it already, and was told so.</summary>
    internal bool IsUnchanged { get; init; }

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        if (IsUnchanged)
            return;

        if (Failures is not null)
        {
            await SliceConventions.Refuse(Failures, httpContext).ExecuteAsync(httpContext);
            return;
        }

        var json = httpContext.RequestServices.GetRequiredService<IOptions<JsonOptions>>().Value.SerializerOptions;
        var body = httpContext.Response.BodyWriter;
        httpContext.Response.ContentType = "application/json; charset=utf-8";

        await using var writer = new Utf8JsonWriter(body, new JsonWriterOptions { Encoder = json.Encoder, SkipValidation = true });
        if (rest is null)
        {
            // In one piece, and sent at once.
            JsonSerializer.Serialize(writer, rows, json);
            return;
        }

        writer.WriteStartArray();
        await WriteAsync(rows);
        await foreach (var batch in rest)
            await WriteAsync(batch);

        writer.WriteEndArray();

        async Task WriteAsync(IReadOnlyList<T> batch)
        {
            foreach (var row in batch)
            {
                JsonSerializer.Serialize(writer, row, json);
                if (body.UnflushedBytes + writer.BytesPending > Chunk)
                    await FlushAsync();
            }

            // Sent before more is read: if that fails, the connection ends, and no problem stands behind half a list.
            await FlushAsync();
        }

        async Task FlushAsync()
        {
            await writer.FlushAsync();
            await body.FlushAsync(httpContext.RequestAborted);
        }
    }
}
