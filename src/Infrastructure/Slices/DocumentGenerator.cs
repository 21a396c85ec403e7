using System.Text.Json;
using FastEndpoints;
using FastEndpoints.Swagger;
using TaskSlices.Infrastructure.Hosting;

namespace TaskSlices.Infrastructure.Slices;

/// <summary>
/// The generator of the API's document, and the page that shows documents. It has a container of its own, made when somebody asks for
/// /swagger: a start does not load it, which saves 7 MB.
/// </summary>
internal static class DocumentGenerator
{
    /// <summary>/api/{user_id}/tasks: the third segment names the feature.</summary>
    internal const int FeatureSegment = 3;

    /// <summary>What it asks of the program.</summary>
    private static readonly Type[] Needed =
    [
        typeof(EndpointDataSource), typeof(IHostEnvironment), typeof(ILoggerFactory), typeof(IServiceProviderIsService),
        typeof(IServiceResolver), typeof(IWebHostEnvironment), typeof(ParameterPolicyFactory),
    ];

    /// <param name="program">The services of the program.</param>
    /// <param name="documents">Name and path of each document that the page offers.</param>
    /// <param name="next">Answers what is neither a document nor the page.</param>
    public static RequestDelegate Make(
        IServiceProvider program, IEnumerable<(string Name, string Path)> documents, RequestDelegate next)
    {
        var services = new ServiceCollection().AddLogging();
        foreach (var needed in Needed)
            services.AddSingleton(needed, _ => program.GetRequiredService(needed));
        services.SwaggerDocument(options =>
        {
            options.ShortSchemaNames = true;
            options.FlattenSchema = true;
            options.RemoveEmptyRequestSchema = true;
            options.AutoTagPathSegmentIndex = FeatureSegment;
            options.SerializerSettings = json => json.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;
            options.DocumentSettings = settings =>
            {
                settings.Title = "TaskSlices";
                settings.Version = ProductVersion.Text;
            };
        });

        var branch = new ApplicationBuilder(services.BuildServiceProvider());
        branch.UseSwaggerGen(uiConfig: page =>
        {
            foreach (var (name, path) in documents)
                page.SwaggerRoutes.Add(new(name, path));
        });

        branch.Run(next);

        return branch.Build();
    }
}
