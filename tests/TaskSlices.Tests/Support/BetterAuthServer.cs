using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace TaskSlices.Tests.Support;

/// <summary>A user of a Better Auth server, with the JWT for this API and the session token that is none.</summary>
public sealed record BetterAuthUser(string UserId, string Token, string SessionToken);

/// <summary>A real Better Auth server in a process of its own, and its own client; tests/better-auth says which version. Without Node.js the test is skipped.</summary>
public sealed class BetterAuthServer : IAsyncDisposable
{
    public const string Secret = "a-secret-made-up-for-the-tests-with-better-auth";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan PatienceToProbe = TimeSpan.FromMinutes(5);
    private static readonly NodeProject Project = new("tests", "better-auth");

    private readonly Process _process;
    private readonly string? _tokenRoute;

    private BetterAuthServer(Process process, string url, string? tokenRoute)
    {
        _process = process;
        _tokenRoute = tokenRoute;
        Url = url;
    }

    /// <summary>Its baseURL, and so the issuer and the audience of its tokens.</summary>
    public string Url { get; }

    public int Port => new Uri(Url).Port;

    /// <param name="algorithm">As tests/better-auth/server.mjs has them.</param>
    /// <param name="port">0 for a free one.</param>
    /// <param name="rotation">In seconds; how old a key gets. Null: as old as it likes.</param>
    /// <param name="userId">Of each user that signs up there. Null: a new one each.</param>
    /// <param name="mailbox">A file that gets the link which sets a new password. Null: there is no such link.</param>
    /// <param name="origin">Of pages that may call it from a browser. Null: there are none.</param>
    public static async Task<BetterAuthServer> StartAsync(
        string algorithm, int port = 0, int? rotation = null, string? userId = null, string? mailbox = null, string? origin = null)
    {
        await DemandAsync();
        var process = Project.Start("node", ["server.mjs"], new()
        {
            ["ALG"] = algorithm,
            ["SECRET"] = Secret,
            ["PORT"] = port.ToString(CultureInfo.InvariantCulture),
            ["USER_ID"] = userId ?? "",
            ["MAILBOX"] = mailbox ?? "",
            ["ORIGIN"] = origin ?? "",
            ["ROTATION"] = rotation?.ToString(CultureInfo.InvariantCulture) ?? "",
        });
        using var patience = new CancellationTokenSource(Patience);
        var line = await process.StandardOutput.ReadLineAsync(patience.Token);
        if (line is null)
            Assert.Fail($"Better Auth did not start:\n{await process.StandardError.ReadToEndAsync(patience.Token)}");

        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();

        return new BetterAuthServer(process, JsonNode.Parse(line)!["url"]!.GetValue<string>(), algorithm == "HS256-A" ? "/api/token" : null);
    }

    /// <summary>By Better Auth's own client, as a frontend does it.</summary>
    public Task<BetterAuthUser> SignUpAsync() => SignUpAtAsync(_tokenRoute is null ? [Url] : [Url, _tokenRoute]);

    /// <summary>The same, unmodified, at any server that speaks its language.</summary>
    /// <param name="arguments">As tests/better-auth/client.mjs has them.</param>
    public static async Task<BetterAuthUser> SignUpAtAsync(params string[] arguments)
    {
        await DemandAsync();

        return JsonSerializer.Deserialize<BetterAuthUser>(await Project.RunAsync("node", ["client.mjs", .. arguments], Patience), JsonSerializerOptions.Web)!;
    }

    /// <summary>The life of an account, by that client: what it sent, and what it got. See tests/better-auth/probe.mjs.</summary>
    public static async Task<JsonObject> ProbeAsync(string url, string mailbox)
    {
        await DemandAsync();

        return JsonNode.Parse(await Project.RunAsync("node", ["probe.mjs", url, mailbox], PatienceToProbe))!.AsObject();
    }

    /// <summary>The code of docs/better-auth.md, in the place of a frontend of this server. See tests/better-auth/readme.mjs.</summary>
    public async Task<JsonObject> RunReadmeAsync(Uri api, string file) =>
        JsonNode.Parse(await Project.RunAsync("node", ["readme.mjs", Url, api.AbsoluteUri, file], Patience))!.AsObject();

    /// <summary>As in an outage: no handler of the process runs.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            await KillAsync();
        _process.Dispose();
    }

    /// <summary>Skips the test where there is no Better Auth.</summary>
    public static Task DemandAsync() => Project.DemandAsync();
}
