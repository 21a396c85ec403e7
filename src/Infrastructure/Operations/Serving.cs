using TaskSlices.Infrastructure.Auth;
using TaskSlices.Infrastructure.Data;

namespace TaskSlices.Infrastructure.Operations;

/// <summary>The life of the server, and what it says once it listens: where, where the data is, who may issue tokens, what to try first.</summary>
public static class Serving
{
    /// <summary>Brings the data up to date, listens, and returns when the process is told to end.</summary>
    public static async Task ServeAsync(this WebApplication app)
    {
        // Reads the secrets, or makes them, before anything is opened.
        _ = app.Services.GetServices<IKeySource>().ToArray();
        await app.OpenDatabaseAsync();
        app.GreetWhenStarted();
        await app.RunAsync();
    }

    private static void GreetWhenStarted(this WebApplication app) => app.Lifetime.ApplicationStarted.Register(() =>
    {
        var secret = app.Services.GetRequiredService<SharedSecret>();
        var address = app.Urls.FirstOrDefault() ?? "http://localhost";

        app.Logger.LogInformation("Listening on {Addresses}", string.Join(", ", app.Urls));
        app.Logger.LogInformation("Data in {Store}", app.Services.GetRequiredService<IStore>().Description);
        app.Logger.LogInformation("Tokens are issued by {Issuers}", string.Join(" and ", app.Services.GetServices<IKeySource>().Select(s => s.Issuer).OfType<string>()));

        if (secret.IsConfigured || secret.Value is null)
            app.Logger.LogInformation("Try {Address}/swagger", address);
        else
            app.Logger.LogInformation("Open {Address}, or try curl -H \"Authorization: Bearer $(dotnet run --project src -- token ann)\" {Api}/api/ann/tasks", address, address);
    });
}
