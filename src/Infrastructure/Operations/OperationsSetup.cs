namespace TaskSlices.Infrastructure.Operations;

/// <summary>What is for the person who runs the server: health, commands, backups, mail.</summary>
public static class OperationsSetup
{
    public static void AddOperations(this IServiceCollection services)
    {
        services.AddHealth();
        services.AddMail();
        services.AddHostedService<ControlSocket>();
        services.AddHostedService<ScheduledBackups>();
    }
}
