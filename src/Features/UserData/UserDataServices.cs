namespace TaskSlices.Features.UserData;

public static class UserDataServices
{
    public static void AddUserData(this IServiceCollection services)
    {
        services.AddScoped<UserRows>();
        services.AddScoped<Erasure>();
        services.AddSingleton<RowJson>();
    }
}
