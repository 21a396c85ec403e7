namespace TaskSlices.Infrastructure.Operations;

/// <summary>What is for the person who runs the server: health, commands, backups.</summary>
public static class OperationsSetup
{
    public static void AddOperations(this IServiceCollection services)
    {
        services.AddHealth();
        services.AddHostedService<ControlSocket>();
        services.AddHostedService<ScheduledBackups>();
    }
}
