using System.Net.Http.Headers;
using Microsoft.Data.Sqlite;

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
        using var connection = new SqliteConnection($"Data Source={Path.Combine(_directory, "taskslices.db")};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
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
        Directory.Delete(_directory, recursive: true);
    }
}

/// <summary>The classes that share one server, and run one after the other: a start takes longer than most of them.</summary>
[CollectionDefinition(Name)]
public sealed class OneServer : ICollectionFixture<Server>
{
    public const string Name = nameof(OneServer);
}
