using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.Mvc.ApiExplorer;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.OpenApi;

namespace FastEndpoints.Swagger;

/// <summary>What the document is like (surface section 14).</summary>
public sealed class DocumentOptions
{
    internal DocumentOptions() { }

    public Action<DocumentSettings>? DocumentSettings { internal get; set; }

    /// <summary>Names a schema by its type alone; here it is always so, and has to be said.</summary>
    public bool ShortSchemaNames { internal get; set; }

    /// <summary>Puts inherited properties into the schema itself; here it is always so, and has to be said.</summary>
    public bool FlattenSchema { internal get; set; }

    /// <summary>Leaves out the schema of a request that has no body; here it is always so, and has to be said.</summary>
    public bool RemoveEmptyRequestSchema { internal get; set; }

    /// <summary>Must be given: the real package names properties by it, this one by the application's JSON options.</summary>
    public Action<JsonSerializerOptions>? SerializerSettings { internal get; set; }

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
        Required.True(
            document is { ShortSchemaNames: true, FlattenSchema: true, RemoveEmptyRequestSchema: true, SerializerSettings: not null },
            "A document without ShortSchemaNames, FlattenSchema, RemoveEmptyRequestSchema and SerializerSettings");
        Required.True(services.All(service => service.ServiceType != typeof(DocumentOptions)), "A second document");

        var settings = new DocumentSettings();
        document.DocumentSettings?.Invoke(settings);

        services.AddSingleton(document).AddSingleton(settings).AddSingleton<IApiDescriptionProvider, EndpointDescriptions>();

        return services.AddOpenApi(DocumentName, openApi =>
        {
            openApi.ShouldInclude = static description => EndpointDescriptions.Definition(description) is not null;

            var transformers = new Transformers(settings);
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
        var given = new JsonSerializerOptions();
        services.GetRequiredService<DocumentOptions>().SerializerSettings!(given);
        Required.True(
            given.PropertyNamingPolicy == services.GetRequiredService<IOptions<JsonOptions>>().Value.SerializerOptions.PropertyNamingPolicy,
            "A document with other names than those of JsonOptions");

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
