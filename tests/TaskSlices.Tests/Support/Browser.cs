using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Playwright;

namespace TaskSlices.Tests.Support;

/// <summary>One browser for the tests of the page, which run one after the other. Without a browser on the machine, they are skipped.</summary>
public sealed class Browser : IAsyncLifetime
{
    private const string Missing =
        "The tests of the page need Chromium or Chrome: apt-get install chromium, or say with CHROMIUM where it is. They are left out.";

    private static readonly string[] Names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

    /// <summary>The same engine without a browser's windows: less than half the processor time.</summary>
    private static readonly string[] Shells = ["chromium-headless-shell", "chrome-headless-shell"];

    // The machine may be a container without the rights that its sandbox needs, and without a way to Google's servers.
    private static readonly string[] Arguments =
    [
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
        "--disable-sync",
    ];

    private readonly string _directory = Directory.CreateTempSubdirectory("taskslices-").FullName;
    private IPlaywright? _playwright;
    private IBrowser? _browser;
    private ServerProcess? _server;

    /// <summary>The server that keeps accounts, for any number of tests, each with users of its own.</summary>
    public Uri Site => _server!.Client.BaseAddress!;

    public static Dictionary<string, string> Settings => new() { ["Accounts__AttemptsPerAddress"] = "100000" };

    public async ValueTask InitializeAsync()
    {
        if (Find([.. Shells, .. Names]) is not { } path)
            return;

        _playwright = await Playwright.CreateAsync();
        _browser = await LaunchAsync(path);
        var settings = Settings;
        QuickHashes.AddTo(settings);
        _server = await ServerProcess.StartAsync(_directory, settings);
    }

    /// <summary>Someone with a browser profile of their own.</summary>
    public Task<IBrowserContext> NewContextAsync(BrowserNewContextOptions options)
    {
        if (_browser is null)
            NodeProject.Skip(Missing);

        return _browser.NewContextAsync(options);
    }

    /// <summary>A whole browser, which the caller ends: only it knows what can be installed.</summary>
    public async Task<IBrowser> LaunchWholeAsync()
    {
        var path = Find(Names);
        if (path is null || _playwright is null)
            NodeProject.Skip(Missing);

        return await LaunchAsync(path);
    }

    /// <summary>The same token with an end an hour ago, signed with the server's own key.</summary>
    public string Expire(string token)
    {
        var parts = token.Split('.');
        var claims = JsonNode.Parse(Base64Url.DecodeFromChars(parts[1]))!;
        claims["exp"] = DateTimeOffset.UtcNow.AddHours(-1).ToUnixTimeSeconds();
        var text = $"{parts[0]}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(claims.ToJsonString()))}";

        using var key = RSA.Create();
        key.ImportFromPem(Key());

        return $"{text}.{Base64Url.EncodeToString(key.SignData(Encoding.UTF8.GetBytes(text), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))}";
    }

    private string Key()
    {
        if (!Engine.IsPostgres)
            return File.ReadAllText(Assert.Single(Directory.GetFiles(Path.Combine(_directory, "keys"))));

        using var database = Engine.Open(_directory);
        using var command = database.CreateCommand();
        command.CommandText = "SELECT value FROM secrets WHERE name LIKE 'keys/%'";

        return (string)command.ExecuteScalar()!;
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
            await _browser.DisposeAsync();
        _playwright?.Dispose();
        if (_server is not null)
            await _server.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    private Task<IBrowser> LaunchAsync(string path) => _playwright!.Chromium.LaunchAsync(new() { ExecutablePath = path, Args = Arguments });

    private static string? Find(string[] names)
    {
        if (Environment.GetEnvironmentVariable("CHROMIUM") is { Length: > 0 } path)
            return path;

        return (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .SelectMany(folder => names.Select(name => Path.Combine(folder, name)))
            .FirstOrDefault(File.Exists);
    }
}

[CollectionDefinition(Name)]
public sealed class OneBrowser : ICollectionFixture<Browser>
{
    public const string Name = "Page";
}
