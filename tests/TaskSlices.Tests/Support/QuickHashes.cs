using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;

[assembly: HostingStartup(typeof(TaskSlices.Tests.Support.QuickHashes))]

namespace TaskSlices.Tests.Support;

/// <summary>
/// Hashes passwords with few iterations, for the servers where hundreds of users sign up: one takes a tenth of a second. ASP.NET Core runs it
/// in a process whose settings name this assembly.
/// </summary>
public sealed class QuickHashes : IHostingStartup
{
    private const string Setting = "ASPNETCORE_HOSTINGSTARTUPASSEMBLIES";

    private static string OwnName => typeof(QuickHashes).Assembly.GetName().Name!;

    public static void AddTo(Dictionary<string, string> settings) => settings[Setting] = OwnName;

    /// <summary>The arguments of dotnet exec that let such a process find this assembly.</summary>
    public static string[] Arguments(Dictionary<string, string> settings) =>
        settings.ContainsKey(Setting) ? ["--depsfile", Path.Combine(AppContext.BaseDirectory, $"{OwnName}.deps.json")] : [];

    public void Configure(IWebHostBuilder builder) =>
        builder.ConfigureServices(services => services.PostConfigure<PasswordHasherOptions>(options => options.IterationCount = 1000));
}
