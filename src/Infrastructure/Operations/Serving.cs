using Microsoft.Extensions.Options;
using TaskSlices.Infrastructure.Auth;
using TaskSlices.Infrastructure.Data;
using TaskSlices.Infrastructure.Hosting;
using TaskSlices.Infrastructure.Http;
using TaskSlices.Infrastructure.Slices;

namespace TaskSlices.Infrastructure.Operations;

/// <summary>
/// The life of the server, and what it logs once it listens: its addresses, where the data is, who may issue tokens, what to try first.
/// </summary>
public static class Serving
{
    /// <summary>Brings the data up to date, listens, and returns when the process is told to end.</summary>
    public static async Task ServeAsync(this WebApplication app)
    {
        // Reads the secrets, or makes them, before anything is opened.
        _ = app.Services.GetServices<IKeySource>().ToArray();
        await app.OpenDatabaseAsync();
        app.CheckLists();
        app.GreetWhenStarted();
        var stopping = app.Lifetime.ApplicationStopping;
        await using var end = app;
        try
        {
            await app.StartAsync();
        }
        catch (Exception e)
        {
            // Told to end before it listened?
            var isTold = e is OperationCanceledException && stopping.IsCancellationRequested;

            // Or the background services would log as an error that they were cancelled.
            await app.StopAsync();
            if (isTold)
                return;

            throw;
        }

        await app.WaitForShutdownAsync();
    }

    private static void GreetWhenStarted(this WebApplication app) => app.Lifetime.ApplicationStarted.Register(() =>
    {
        var secret = app.Services.GetRequiredService<SharedSecret>();
        var data = app.Services.GetRequiredService<IOptions<DataSettings>>().Value;
        var issuers = app.Services.GetServices<IKeySource>().Select(source => source.Issuer).OfType<string>();

        // Clients can't call the address of all interfaces.
        var address = (app.Urls.FirstOrDefault() ?? "http://localhost")
            .Replace("//[::]", "//localhost", StringComparison.Ordinal).Replace("//0.0.0.0", "//localhost", StringComparison.Ordinal);

        app.Logger.LogInformation("Listening on {Addresses}", string.Join(", ", app.Urls));
        app.Logger.LogInformation("Data in {Store}", app.Services.GetRequiredService<IStore>().Description);
        app.Logger.LogInformation("Tokens are issued by {Issuers}", string.Join(" and ", issuers));
        app.Logger.LogInformation(
            "Pages that may call from a browser (Cors:Origins): {Origins}",
            app.Services.GetRequiredService<IOptions<CorsSettings>>().Value.Origins);

        // For a unix socket, a client needs more than an address.
        if (address.Contains("//unix:", StringComparison.Ordinal))
            return;

        if (secret.IsConfigured || secret.Value is null)
            app.Logger.LogInformation("Try {Address}/swagger", address);
        else
            app.Logger.LogInformation(
                "Open {Address}, or try curl -H \"Authorization: Bearer $({Command})\" {Api}/api/ann/tasks",
                address, OwnCommand.For("token ann", data), address);
    });
}
