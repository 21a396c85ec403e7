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

    /// <summary>Changes the database behind the server's back.</summary>
    public void Execute(string sql)
    {
        using var database = Engine.Open(_directory);
        database.Execute(sql);
    }

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
        Engine.Drop(_directory);
        Directory.Delete(_directory, recursive: true);
    }
}

/// <summary>The classes that share one server, and run one after the other: a start takes longer than most of them.</summary>
[CollectionDefinition(Name)]
public sealed class OneServer : ICollectionFixture<Server>
{
    public const string Name = nameof(OneServer);
}
