using Microsoft.EntityFrameworkCore;
using TaskSlices.Infrastructure.Auth;
using TaskSlices.Infrastructure.Data;

namespace TaskSlices.Infrastructure.Operations;

/// <summary>What the process says once it listens: where, where the data is, who may issue tokens, and what to try first.</summary>
public static class Greeting
{
    public static void GreetWhenStarted(this WebApplication app) => app.Lifetime.ApplicationStarted.Register(() =>
    {
        using var scope = app.Services.CreateScope();
        var database = scope.ServiceProvider.GetRequiredService<AppDb>().Database;
        var secret = app.Services.GetRequiredService<SharedSecret>();
        var address = app.Urls.FirstOrDefault() ?? "http://localhost";

        database.OpenConnection();
        app.Logger.LogInformation("Listening on {Addresses}", string.Join(", ", app.Urls));
        app.Logger.LogInformation("Data in {File} (SQLite {Version})", database.GetDbConnection().DataSource, database.GetDbConnection().ServerVersion);
        app.Logger.LogInformation("Tokens are issued by {Issuers}", string.Join(" and ", app.Services.GetServices<IKeySource>().Select(s => s.Issuer).OfType<string>()));

        if (secret.IsConfigured || secret.Value is null)
            app.Logger.LogInformation("Try {Address}/swagger", address);
        else
            app.Logger.LogInformation("Try curl -H \"Authorization: Bearer $(dotnet run --project src -- token ann)\" {Address}/api/ann/tasks", address);
    });
}
