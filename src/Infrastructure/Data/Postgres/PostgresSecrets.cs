using Npgsql;
using TaskSlices.Infrastructure.Hosting;

namespace TaskSlices.Infrastructure.Data.Postgres;

/// <summary>
/// Secrets in the table <c>secrets</c>, as text, so that all instances have the same. What a data directory had before is taken over once.
/// </summary>
public sealed class PostgresSecrets(PostgresStore store, DataDirectory directory) : ISecretStore
{
    /// <summary>Before the schema's steps: the secrets are read before anything else is opened.</summary>
    private const string MakeTable = """CREATE TABLE IF NOT EXISTS secrets (name TEXT COLLATE "C" PRIMARY KEY, value TEXT NOT NULL)""";

    private readonly Lazy<NpgsqlDataSource> _source = new(() =>
    {
        Run(store, $"{store.SchemaLock}; {MakeTable}", (source, sql) => Execute(source, sql));

        return store.Source;
    });

    public string Keep(string name, Func<string> make)
    {
        if (Find(name) is { } kept)
            return kept;

        Add(name, directory.Has(name) ? directory.Keep(name, make) : make());

        return Find(name) ?? throw new StartupException($"The secret {PlaceOf(name)} was removed while it was made. Start again.");
    }

    public bool Has(string name) => Find(name) is not null;

    public IReadOnlyList<(string Place, string Text)> InFolder(string folder)
    {
        var found = Read(folder);
        if (found.Count > 0 || !directory.Has(folder))
            return found;

        foreach (var (path, text) in directory.InFolder(folder))
            Add($"{folder}/{Path.GetFileName(path)}", text);

        return Read(folder);
    }

    /// <summary>Takes over all that the data directory has.</summary>
    public void TakeOver()
    {
        foreach (var name in directory.Names())
            Keep(name, () => "");
    }

    public string PlaceOf(string name) => $"'{name}' in the table secrets";

    private static int Execute(NpgsqlDataSource source, string sql, params string[] values)
    {
        using var command = source.CreateCommand(sql);
        foreach (var value in values)
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = value });

        return command.ExecuteNonQuery();
    }

    private static T Run<T>(PostgresStore store, string sql, Func<NpgsqlDataSource, string, T> run)
    {
        try
        {
            return run(store.Source, sql);
        }
        catch (NpgsqlException e)
        {
            throw store.Unusable(e);
        }
    }

    private void Add(string name, string text) => Run(
        store,
        "INSERT INTO secrets (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING",
        (_, sql) => Execute(_source.Value, sql, name, text));

    private string? Find(string name) => Run(store, "SELECT value FROM secrets WHERE name = $1", (_, sql) =>
    {
        using var command = _source.Value.CreateCommand(sql);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name });

        return (string?)command.ExecuteScalar();
    });

    private List<(string Place, string Text)> Read(string folder) =>
        Run(store, "SELECT name, value FROM secrets WHERE starts_with(name, $1) AND name LIKE '%.pem' ORDER BY name", (_, sql) =>
        {
            using var command = _source.Value.CreateCommand(sql);
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = $"{folder}/" });
            using var reader = command.ExecuteReader();
            var found = new List<(string, string)>();

            while (reader.Read())
                found.Add((PlaceOf(reader.GetString(0)), reader.GetString(1)));

            return found;
        });
}
