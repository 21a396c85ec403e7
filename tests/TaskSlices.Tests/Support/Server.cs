using System.Net.Http.Headers;

namespace TaskSlices.Tests.Support;

/// <summary>One <see cref="ServerProcess"/> for a class of tests: Kestrel's own reading of URLs, bodies and limits.</summary>
public sealed class Server : IAsyncLifetime
{
    private readonly string _directory = Directory.CreateTempSubdirectory("taskslices-").FullName;

    public ServerProcess Process { get; private set; } = null!;

    public Uri Address => Process.Client.BaseAddress!;

    public async ValueTask InitializeAsync() =>
        Process = await ServerProcess.StartAsync(_directory, new() { ["BETTER_AUTH_SECRET"] = Token.Secret });

    public HttpClient Anonymous() => new() { BaseAddress = Address };

    public HttpClient As(string user)
    {
        var client = Anonymous();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token.For(user));

        return client;
    }

    public async ValueTask DisposeAsync()
    {
        await Process.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }
}
