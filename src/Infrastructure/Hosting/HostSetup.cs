namespace TaskSlices.Infrastructure.Hosting;

/// <summary>What the process needs before the first service is added.</summary>
public static class HostSetup
{
    /// <exception cref="StartupException">A port is no port number, or a secret can't be read.</exception>
    public static void AddHosting(this WebApplicationBuilder builder, string[] args)
    {
        InvariantCulture.Use();
        builder.Configuration.AddShortNames(args);
        builder.Services.AddUnixSockets();
    }
}
