using System.Reflection;
using FastEndpoints;
using Microsoft.AspNetCore.Http.Metadata;
using TaskSlices.Infrastructure.Auth;

namespace TaskSlices.Features.UserData;

public sealed record ExportUserRequest : OwnedRequest;

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
    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder) =>
        builder.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status200OK, typeof(void)));

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.ContentType = "application/x-ndjson";
        httpContext.Response.Headers.CacheControl = "no-store";
        var json = httpContext.RequestServices.GetRequiredService<RowJson>();

        await foreach (var (table, row) in rows)
        {
            await httpContext.Response.BodyWriter.WriteAsync(json.Line(table, row), httpContext.RequestAborted);
        }
    }
}
