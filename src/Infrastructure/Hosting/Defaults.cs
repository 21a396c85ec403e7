using Microsoft.Extensions.Configuration.Json;
using Microsoft.Extensions.FileProviders;

namespace TaskSlices.Infrastructure.Hosting;

/// <summary>The defaults of all settings: those of appsettings.json as this program was built.</summary>
public static class Defaults
{
    /// <summary>Where the file would be, and below it: one beside the program may have any part of it, or be missing.</summary>
    public static void AddDefaults(this ConfigurationManager configuration)
    {
        var sources = ((IConfigurationBuilder)configuration).Sources;
        var file = sources.TakeWhile(source => source is not JsonConfigurationSource).Count();

        sources.Insert(file, new JsonConfigurationSource
        {
            FileProvider = new ManifestEmbeddedFileProvider(typeof(Defaults).Assembly),
            Path = "appsettings.json",
        });
    }
}
