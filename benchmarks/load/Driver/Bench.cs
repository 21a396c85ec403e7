using System.Globalization;
using System.Security.Cryptography;

namespace TaskSlices.Load.Driver;

/// <summary>What all runs share: the two contenders, the secret of this run, fresh copies of a database, files for wrk.</summary>
public sealed class Bench(string temporary, string product, string? alternative, LoadOptions options)
{
    /// <summary>One CPU for the server and another one for wrk: neither takes the other's time.</summary>
    public const string ServerCpu = "0";
    public const string WrkCpu = "1";

    private int _directories;
    private bool _isMoved;

    public string ProductAssembly { get; } = product;
    public Contender Product { get; } = Contender.Product(product, "product");
    public Contender Ceiling { get; } = options switch
    {
        { Postgres: { } database } => Contender.Postgres(product, database),
        { Beside: { } other } => Contender.Product(other, "other build"),
        { Against: { } name } => Contender.Alternative(alternative!, name),
        _ => Contender.Ceiling(product),
    };
    public string Secret { get; } = Convert.ToHexString(RandomNumberGenerator.GetBytes(32));

    /// <summary>A database with the product's schema, and nobody in it yet.</summary>
    public async Task<Seed> SeedAsync()
    {
        var directory = await SchemaAsync(Product);

        return new Seed(new Dictionary<Contender, string>
        {
            [Product] = directory,
            [Ceiling] = options is { Beside: null, Against: null } ? directory : await SchemaAsync(Ceiling),
        });
    }

    /// <summary>Starts a contender over a copy of its own, and waits until it answers.</summary>
    public async Task<Server> StartAsync(Contender contender, Seed seed, User user, string cpus = ServerCpu)
    {
        var directory = NewDirectory();
        seed.CopyTo(contender, directory);
        if (contender == Ceiling && options.Postgres is { } database && !_isMoved)
            await MoveAsync(directory, database);

        var server = contender.Start(directory, Secret, cpus);
        await server.FirstAnswerAsync($"/api/{user.Name}/tasks/{user.Tasks[0]}", user.Token(Secret));

        return server;
    }

    /// <summary>The machine, and the SQLite of each of the two servers.</summary>
    /// <exception cref="LoadException">The ceiling loaded another SQLite than the product: then they do not do the same work.</exception>
    public string Describe(Server product, Server ceiling)
    {
        string[] versions = [Machine.SqliteOf(product), Machine.SqliteOf(ceiling)];
        if (options is { Beside: null, Postgres: null, Against: null } && versions[0] != versions[1])
            throw new LoadException($"The servers loaded different versions of SQLite: {string.Join(", ", versions)}.");

        return Machine.Describe(ProductAssembly, string.Join(" and ", versions.Where(version => version.Length > 0).Distinct()));
    }

    public string NewDirectory() => Directory.CreateDirectory(Path.Combine(temporary, $"{++_directories}")).FullName;

    /// <summary>A file of callers for wrk: each user with a token and the tasks.</summary>
    public string Callers(IEnumerable<User> users) => Callers(users.Select(user => (user, user.Token(Secret), user.Tasks.AsEnumerable())));

    /// <summary>Tokens that are well-formed and signed with another secret, each a different one and with one task.</summary>
    public string Strangers(IEnumerable<User> users) =>
        Callers(users.Select(user => (user, user.Token("a secret that neither of the two servers has"), user.Tasks.Take(1))));

    public static string Number(double value) =>
        value.ToString(value >= 100 ? "#,0" : value >= 10 ? "0.0" : "0.00", CultureInfo.InvariantCulture);

    /// <summary>Once: what the loads add stays.</summary>
    private async Task MoveAsync(string directory, string database)
    {
        var (exitCode, output) = await Tools.RunAsync("env", $"DATA_DIR={directory}", Tools.Dotnet, ProductAssembly, "move", "--to", database);
        _isMoved = exitCode == 0 ? true : throw new LoadException(output);
    }

    private async Task<string> SchemaAsync(Contender contender)
    {
        var directory = NewDirectory();
        var somebody = new User();
        await using var server = contender.Start(directory, Secret, $"{ServerCpu},{WrkCpu}");
        await server.FirstAnswerAsync($"/api/{somebody.Name}/tasks", somebody.Token(Secret));

        return directory;
    }

    private string Callers(IEnumerable<(User User, string Token, IEnumerable<Guid> Tasks)> callers)
    {
        var file = Path.Combine(temporary, $"callers-{++_directories}.tsv");
        File.WriteAllLines(file, callers.Select(caller => string.Join('\t', [caller.User.Name, caller.Token, .. caller.Tasks.Select(id => $"{id}")])));

        return file;
    }
}
