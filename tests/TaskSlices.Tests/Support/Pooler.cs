using System.Diagnostics;
using Npgsql;

namespace TaskSlices.Tests.Support;

/// <summary>pgbouncer in transaction mode before a server.</summary>
public sealed class Pooler : IAsyncDisposable
{
    private const string Program = "/usr/sbin/pgbouncer";

    private readonly string _directory = PostgresServer.NewDirectory();
    private Process? _process;

    public int Port { get; } = PostgresServer.FreePort();

    /// <param name="server">Its port.</param>
    /// <param name="connections">To each database, at most.</param>
    public static async Task<Pooler> StartAsync(int server, int connections)
    {
        Assert.SkipUnless(File.Exists(Program), "There is no pgbouncer: apt-get install pgbouncer.");
        var pooler = new Pooler();
        var (settings, users) = (Path.Combine(pooler._directory, "ini"), Path.Combine(pooler._directory, "users"));
        await File.WriteAllTextAsync(users, "\"postgres\" \"\"\n");
        await File.WriteAllTextAsync(settings, $"""
            [databases]
            * = host=127.0.0.1 port={server}
            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = {pooler.Port}
            unix_socket_dir =
            auth_type = trust
            auth_file = {users}
            pool_mode = transaction
            default_pool_size = {connections}
            """);
        string[] command = [.. PostgresServer.AsPostgres, Program, "--quiet", settings];
        pooler._process = Process.Start(command[0], command[1..]);
        await Wait.Until("pgbouncer listens", async () =>
        {
            try
            {
                await using var connection = new NpgsqlConnection($"Host=127.0.0.1;Port={pooler.Port};Username=postgres;Database=postgres;Pooling=false");
                await connection.OpenAsync();

                return true;
            }
            catch (NpgsqlException)
            {
                return false;
            }
        });

        return pooler;
    }

    public async ValueTask DisposeAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(_directory, recursive: true);
    }
}
