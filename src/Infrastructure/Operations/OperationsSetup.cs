namespace TaskSlices.Infrastructure.Operations;

/// <summary>What is for the person who runs the server: health, telemetry, the log of requests, commands, backups, mail.</summary>
public static class OperationsSetup
{
    /// <exception cref="Hosting.StartupException">A setting of the telemetry is wrong.</exception>
    public static void AddOperations(this WebApplicationBuilder builder)
    {
        builder.Services.AddHealth();
        builder.Services.AddRequestLog();
        builder.AddTelemetry();
        builder.Services.AddSystemdService();
        builder.Services.AddMail();
        builder.Services.AddHostedService<ControlSocket>();
        builder.Services.AddHostedService<ScheduledBackups>();
    }
}
