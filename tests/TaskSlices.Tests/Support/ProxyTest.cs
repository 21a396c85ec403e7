using System.Diagnostics;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace TaskSlices.Tests.Support;

/// <summary>
/// A real proxy with a committed configuration, and the real server behind it. A client reaches both at <see cref="Site"/>, by TLS, as a browser
/// does; only the port is another.
/// </summary>
public abstract class ProxyTest : IAsyncLifetime
{
    protected const string Site = "https://tasks.example.com";

    private readonly StringBuilder _log = new();
    private ServerProcess? _server;
    private Process? _proxy;

    /// <summary>For the configuration and whatever the proxy writes.</summary>
    protected string Folder { get; } = Directory.CreateTempSubdirectory("taskslices-proxy-").FullName;

    /// <summary>Where it takes connections with TLS.</summary>
    protected int Port { get; } = PostgresServer.FreePort();

    protected int PlainPort { get; } = PostgresServer.FreePort();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_proxy is not null)
        {
            // Its children end with it, as they would not with SIGKILL.
            using (var kill = Process.Start("kill", [$"{_proxy.Id}"]))
                await kill.WaitForExitAsync();
            await _proxy.WaitForExitAsync();
            _proxy.Dispose();
        }

        if (_server is not null)
            await _server.DisposeAsync();

        Directory.Delete(Folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>A committed file with other words in it; each must be there.</summary>
    protected static string Adapt(string file, params (string Old, string New)[] changes)
    {
        var text = File.ReadAllText(Path.Combine(DropIn.Root, "deploy", file));
        foreach (var (old, @new) in changes)
        {
            Assert.Contains(old, text, StringComparison.Ordinal);
            text = text.Replace(old, @new, StringComparison.Ordinal);
        }

        return text;
    }

    /// <returns>Its port.</returns>
    protected async Task<int> StartServerAsync(string subPath)
    {
        _server = await ServerProcess.StartAsync(Directory.CreateDirectory(Path.Combine(Folder, "data")).FullName, new()
        {
            ["PathBase"] = subPath,
            ["Accounts__Url"] = Site,
            ["ASPNETCORE_FORWARDEDHEADERS_ENABLED"] = "true",
        });

        return _server.Client.BaseAddress!.Port;
    }

    protected async Task StartProxyAsync(string program, string[] arguments, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = Folder, RedirectStandardError = true };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;

        _proxy = Process.Start(start)!;
        _proxy.ErrorDataReceived += (_, line) =>
        {
            lock (_log)
                _log.AppendLine(line.Data);
        };
        _proxy.BeginErrorReadLine();
        using var client = Client();
        await Wait.Until("the proxy answers", async () =>
        {
            Assert.False(_proxy.HasExited, $"{_log}");
            try
            {
                return (await client.GetAsync("/", TestContext.Current.CancellationToken)).StatusCode < HttpStatusCode.InternalServerError;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        });
    }

    /// <summary>What a proxy can spoil: addresses, cookies, streams, large bodies.</summary>
    protected async Task ServesAsync(string subPath)
    {
        using var client = Client();

        // The page, and the address without its slash.
        var page = await client.Get(subPath);
        Assert.Equal((HttpStatusCode.OK, "text/html"), (page.StatusCode, page.Content.Headers.ContentType?.MediaType));
        Assert.Equal($"{subPath}/", page.RequestMessage!.RequestUri!.AbsolutePath);

        // From the page, by a caller who would have the server believe in another sub-path.
        client.DefaultRequestHeaders.Add("Origin", Site);
        client.DefaultRequestHeaders.Add("X-Forwarded-Prefix", "/evil");
        var signedUp = await client.Post($"{subPath}/api/auth/sign-up/email", """{"name": "Ada", "email": "ada@example.com", "password": "correct horse"}""");
        var user = (await signedUp.Is(HttpStatusCode.OK))["user"]!["id"]!.GetValue<string>();
        var attributes = new HashSet<string> { "Secure", $"Path={(subPath.Length > 0 ? subPath : "/")}" };
        Assert.NotEmpty(signedUp.SetCookies());
        Assert.All(signedUp.SetCookies(), cookie => Assert.Superset(attributes, cookie.Attributes.ToHashSet()));
        var token = (await client.Get($"{subPath}/api/auth/token").Is(HttpStatusCode.OK))["token"]!.GetValue<string>();
        Assert.Equal(Site, Visitor.Claims(token)["iss"]!.GetValue<string>());
        client.DefaultRequestHeaders.Add("Authorization", $"Bearer {token}");

        var tasks = $"{subPath}/api/{user}/tasks";
        var created = await client.Post(tasks, """{"title": "Buy milk"}""");
        var task = await created.Is(HttpStatusCode.Created);
        Assert.Equal(task.Id(), (await client.Get(Address(created, created.Headers.Location!.OriginalString)).Is(HttpStatusCode.OK)).Id());
        await client.Post(tasks, """{"title": "Bake bread"}""").Is(HttpStatusCode.Created);
        var list = await client.Get($"{tasks}?limit=1");
        Assert.StartsWith($"{Site}{tasks}?", Address(list, list.Next()!), StringComparison.Ordinal);
        Assert.Equal(task.Id(), Assert.Single(await client.Get(Address(list, list.Next()!)).IsList())!.AsObject().Id());

        // What the server refuses, in its own words: more than it takes, and more than proxies take by themselves.
        foreach (var length in new[] { 100_000, 2_000_000 })
            await client.Post(tasks, $$"""{"title": "{{new string('a', length)}}"}""").IsProblem(HttpStatusCode.RequestEntityTooLarge, "BODY_TOO_LARGE");
        var forbidden = await client.Get($"{subPath}/api/bob/tasks").IsProblem(HttpStatusCode.Forbidden);
        Assert.Equal($"{subPath}/api/bob/tasks", forbidden["instance"]!.GetValue<string>());

        using var events = await EventReader.OpenAsync(client, $"{subPath}/api/{user}/events");
        var watch = Stopwatch.StartNew();
        var last = await client.Post(tasks, """{"title": "Call Bob"}""").Is(HttpStatusCode.Created);
        var next = await events.NextAsync();
        while (next is { Kind: null })
            next = await events.NextAsync();
        Assert.Equal(last.Id(), next?.Data?["id"]?.GetValue<string>());
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(5), $"The event took {watch.Elapsed.TotalSeconds:0.0} s.");
    }

    /// <summary>Whoever comes by http is sent to https.</summary>
    protected async Task LeadsToTlsAsync(string path)
    {
        using var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false, ConnectCallback = (_, ct) => ConnectAsync(PlainPort, ct) });

        var response = await client.Get($"http://tasks.example.com{path}");

        Assert.True((int)response.StatusCode is 301 or 308, $"{response.StatusCode}");
        Assert.Equal($"{Site}{path}", response.Headers.Location!.OriginalString);
    }

    /// <summary>Self-made, as files that a proxy reads.</summary>
    protected (string Certificate, string Key) MakeCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={new Uri(Site).Host}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(new Uri(Site).Host);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        var files = (Path.Combine(Folder, "site.pem"), Path.Combine(Folder, "site.key"));
        File.WriteAllText(files.Item1, certificate.ExportCertificatePem());
        File.WriteAllText(files.Item2, key.ExportPkcs8PrivateKeyPem());

        return files;
    }

    private static string Address(HttpResponseMessage response, string reference) =>
        new Uri(response.RequestMessage!.RequestUri!, reference).AbsoluteUri;

    private static async ValueTask<Stream> ConnectAsync(int port, CancellationToken ct)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, port, ct);

        return new NetworkStream(socket, ownsSocket: true);
    }

    /// <summary>It trusts who signed the certificate, but not another name in it.</summary>
    private HttpClient Client() => new(new SocketsHttpHandler
    {
        UseProxy = false,
        ConnectCallback = (_, ct) => ConnectAsync(Port, ct),
        SslOptions = { RemoteCertificateValidationCallback = (_, _, _, errors) => (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) == 0 },
    })
    { BaseAddress = new Uri(Site) };
}
