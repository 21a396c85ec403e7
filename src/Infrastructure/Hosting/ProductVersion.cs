using System.Reflection;

namespace TaskSlices.Infrastructure.Hosting;

public static class ProductVersion
{
    /// <summary>The version of this build: SemVer 2.0.0, without the build metadata (section 10), which names the commit.</summary>
    public static string Text { get; } =
        typeof(ProductVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];
}
