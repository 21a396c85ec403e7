using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc.ApiExplorer;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;

namespace FastEndpoints.Swagger;

/// <summary>What the document is like (surface section 14).</summary>
public sealed class DocumentOptions
{
    internal DocumentOptions() { }

    public Action<DocumentSettings>? DocumentSettings { internal get; set; }

    /// <summary>Names a schema by its type alone; otherwise by namespace and type, without the dots.</summary>
    public bool ShortSchemaNames { internal get; set; }

    /// <summary>Puts inherited properties into the schema itself; here it is always so, and has to be said.</summary>
    public bool FlattenSchema { internal get; set; }

    /// <summary>Leaves out the schema of a request that has no body; here it is always so, and has to be said.</summary>
    public bool RemoveEmptyRequestSchema { internal get; set; }

    /// <summary>Must be given: the real package names properties by it, this one by the application's JSON options.</summary>
    public Action<JsonSerializerOptions>? SerializerSettings { internal get; set; }

    /// <summary>Says of every operation that is not anonymous that it takes a bearer token.</summary>
    public bool EnableJWTBearerAuth { internal get; set; } = true;

    /// <summary>Which segment of the route is the operation's tag, counted from 1; 0 for none.</summary>
    public int AutoTagPathSegmentIndex { internal get; set; } = 1;
}

/// <summary>The head of the document (surface section 14).</summary>
public sealed class DocumentSettings
{
    public string Title { internal get; set; } = "My Title";
    public string Version { internal get; set; } = "1.0.0";
}

/// <summary>The description of the API, OpenAPI 3.0, and the page that shows it (surface section 14).</summary>
public static class Extensions
{
    private const string DocumentName = "v1";
    private const string DocumentPath = $"/swagger/{DocumentName}/swagger.json";

    /// <summary>Registers the document of the endpoints; nothing is worked out before someone asks for it (surface section 14).</summary>
    public static IServiceCollection SwaggerDocument(this IServiceCollection services, Action<DocumentOptions>? options = null)
    {
        var document = new DocumentOptions();
        options?.Invoke(document);
        if (document is not { FlattenSchema: true, RemoveEmptyRequestSchema: true, SerializerSettings: not null })
            throw new NotSupportedException("A document without FlattenSchema, RemoveEmptyRequestSchema and SerializerSettings is not supported by the stand-in. See docs/decisions/0002-stand-ins.md.");

        var settings = new DocumentSettings();
        document.DocumentSettings?.Invoke(settings);

        services.AddSingleton(document).AddSingleton(settings).AddSingleton<IApiDescriptionProvider, EndpointDescriptions>();

        return services.AddOpenApi(DocumentName, openApi =>
        {
            openApi.ShouldInclude = static description => EndpointDescriptions.Definition(description) is not null;
            openApi.CreateSchemaReferenceId = type =>
                OpenApiOptions.CreateDefaultSchemaReferenceId(type) is { } name && !document.ShortSchemaNames
                    ? $"{type.Type.Namespace}{name}".Replace(".", "", StringComparison.Ordinal)
                    : OpenApiOptions.CreateDefaultSchemaReferenceId(type);

            var transformers = new Transformers(document, settings);
            openApi.AddSchemaTransformer(transformers).AddOperationTransformer(transformers).AddDocumentTransformer(transformers);
        });
    }

    /// <summary>
    /// Answers <c>/swagger/v1/swagger.json</c> with the document, made at the first request for it, and <c>/swagger</c> with the page.
    /// Both are middleware: what stands after this call, such as authentication, does not see these requests (surface section 14).
    /// </summary>
    /// <exception cref="InvalidOperationException">SwaggerDocument was not called.</exception>
    public static IApplicationBuilder UseSwaggerGen(this IApplicationBuilder app)
    {
        var services = app.ApplicationServices;
        var title = services.GetRequiredService<DocumentSettings>().Title;
        var document = default(byte[]);

        app.Use((context, next) =>
            HttpMethods.IsGet(context.Request.Method) && context.Request.Path.Equals(DocumentPath) ? AnswerAsync(context) : next(context));

        return app.UseSwaggerUI(page => page.SwaggerEndpoint(DocumentPath, title));

        async Task AnswerAsync(HttpContext context)
        {
            // Two first requests at once may both make it; they make the same.
            if (document is null)
            {
                var made = await services.GetRequiredKeyedService<IOpenApiDocumentProvider>(DocumentName).GetOpenApiDocumentAsync();
                document = Encoding.UTF8.GetBytes(await made.SerializeAsJsonAsync(OpenApiSpecVersion.OpenApi3_0));
            }

            await TypedResults.Bytes(document, "application/json; charset=utf-8").ExecuteAsync(context);
        }
    }
}
