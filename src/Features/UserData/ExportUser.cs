using System.Reflection;
using FastEndpoints;
using Microsoft.AspNetCore.Http.Metadata;
using TaskSlices.Infrastructure.Auth;
using TaskSlices.Infrastructure.Slices;

namespace TaskSlices.Features.UserData;

public sealed record ExportUserRequest : OwnedRequest;

[Example("""
    {"kind":"tasks","id":"01a1fcfc-495c-7277-9560-46348793c9ea","title":"Buy milk"}

    """)]
public sealed class ExportUser(UserRows data) : Endpoint<ExportUserRequest, UserExport>
{
    public override void Configure()
    {
        Get("/api/{user_id}/export");
        Description(endpoint => endpoint.OpenToService());
        Summary(s =>
        {
            s.Summary = "Everything that is kept about the user";
            s.Description = "NDJSON (application/x-ndjson): a JSON object on each line, whose member kind names the table. "
                + "Also for callers with the service key.";
        });
    }

    public override Task<UserExport> ExecuteAsync(ExportUserRequest req, CancellationToken ct) =>
        Task.FromResult(new UserExport(data.ReadAsync(req.UserId, ct)));
}

/// <summary>Rows as they come: a line each, so that no export has to fit into memory.</summary>
public sealed class UserExport(IAsyncEnumerable<(string Table, object Row)> rows) : IResult, IEndpointMetadataProvider
{
    private const string MediaType = "application/x-ndjson";

    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder) =>
        builder.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status200OK, typeof(string), [MediaType]));

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.ContentType = MediaType;
        httpContext.Response.Headers.CacheControl = "no-store";
        var json = httpContext.RequestServices.GetRequiredService<RowJson>();

        await foreach (var (table, row) in rows)
        {
            await httpContext.Response.BodyWriter.WriteAsync(json.Line(table, row), httpContext.RequestAborted);
        }
    }
}
