namespace TaskSlices.Infrastructure.Hosting;

/// <summary>What the process needs before the first service is added.</summary>
public static class HostSetup
{
    /// <exception cref="StartupException">A port is no port number, or a secret can't be read.</exception>
    public static WebApplicationBuilder CreateBuilder(string[] settings)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions
        {
            Args = settings,
            ContentRootPath = AppContext.BaseDirectory,
        });
        builder.Configuration.AddDefaults();
        builder.Configuration.AddShortNames(settings);
        LogSettings.Apply(builder.Configuration);
        builder.Services.AddUnixSockets();

        return builder;
    }
}
