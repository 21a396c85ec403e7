using System.Data.Common;

namespace TaskSlices.Tests.Support;

/// <summary>
/// A server that keeps the accounts itself, in a process of its own: FastEndpoints makes tokens with the services of the host that was mapped
/// last in the process, and in this one there are many.
/// </summary>
public class AccountServer : IAsyncLifetime
{
    public const string ServiceKey = "a-service-key-made-up-for-these-tests-only";

    private readonly string _directory = Directory.CreateTempSubdirectory("taskslices-").FullName;

    public ServerProcess Process { get; private set; } = null!;

    public Uri Address => Process.Client.BaseAddress!;

    public string Origin => Address.GetLeftPart(UriPartial.Authority);

    public string DataDirectory => Path.Combine(_directory, "data");

    /// <summary>Beside those that keep one test's tries from being another's.</summary>
    protected virtual Dictionary<string, string> Settings => [];

    /// <summary>Whether passwords are hashed with fewer iterations than the product's.</summary>
    protected virtual bool HashesQuickly => true;

    /// <summary>Where it listens; 0: at a free port.</summary>
    protected virtual int Port => 0;

    public async ValueTask InitializeAsync() => Process = await StartAsync();

    /// <summary>Ends the process, as an operator does, and starts it on the same data.</summary>
    public async Task RestartAsync(params (string Name, string Value)[] settings)
    {
        await Process.StopAsync();
        await Process.DisposeAsync();
        Process = await StartAsync(settings);
    }

    public HttpClient Anonymous() => new() { BaseAddress = Address };

    /// <summary>Someone with a browser, whom no other test knows, and without an account.</summary>
    public Visitor NewVisitor() => new(Address);

    /// <summary>Someone who has just signed up.</summary>
    public async Task<Visitor> SignUpAsync()
    {
        var visitor = NewVisitor();
        await visitor.SignUpAsync();

        return visitor;
    }

    public DbConnection OpenDatabase() => Engine.Open(DataDirectory);

    /// <summary>Changes the database behind the server's back: time that has passed, for example.</summary>
    public void Execute(string sql, params (string Name, object Value)[] parameters)
    {
        using var database = OpenDatabase();
        database.Execute(sql, parameters);
    }

    public virtual async ValueTask DisposeAsync()
    {
        await Process.DisposeAsync();
        Engine.Drop(DataDirectory);
        Directory.Delete(_directory, recursive: true);
        GC.SuppressFinalize(this);
    }

    private Task<ServerProcess> StartAsync(params (string Name, string Value)[] settings)
    {
        Directory.CreateDirectory(DataDirectory);
        var environment = new Dictionary<string, string>
        {
            ["DATA_DIR"] = DataDirectory,
            ["Accounts__AttemptsPerAddress"] = "1000000",
            ["Accounts__FailuresPerAccount"] = "1000000",
            ["Accounts__ServiceKey"] = ServiceKey,
        };
        if (HashesQuickly)
            QuickHashes.AddTo(environment);
        foreach (var (name, value) in Settings.Select(setting => (setting.Key, setting.Value)).Concat(settings))
            environment[name] = value;

        return ServerProcess.StartAsync(_directory, environment, port: Port);
    }
}

/// <summary>The classes that share one server, and run one after the other: a start takes longer than most of them.</summary>
[CollectionDefinition(Name)]
public sealed class OneAccountServer : ICollectionFixture<AccountServer>
{
    public const string Name = nameof(OneAccountServer);
}
