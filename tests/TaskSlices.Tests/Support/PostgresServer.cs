using System.Diagnostics;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Npgsql;

namespace TaskSlices.Tests.Support;

/// <summary>
/// A PostgreSQL server of a test's own, on a free port, as the user postgres where the tests run as root (it refuses root). <c>PG_BIN</c> says
/// where its programs are; without them the test is skipped, and in CI it fails.
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    /// <summary>The folder of its programs, if there is one.</summary>
    public static readonly string? Programs = Find();

    private readonly string _directory;
    private bool _isKilled;

    private PostgresServer(string directory, int port) => (_directory, Port) = (directory, port);

    public int Port { get; }

    /// <summary>The address of its database, for DATABASE_URL.</summary>
    public string Url => UrlOf(this);

    /// <summary>One address of all of them: whichever accepts writes is used.</summary>
    public static string UrlOf(params PostgresServer[] servers) =>
        $"postgres://postgres@{string.Join(',', servers.Select(server => $"127.0.0.1:{server.Port}"))}/postgres";

    /// <summary>What a command begins with to run as the user that PostgreSQL accepts.</summary>
    public static string[] AsPostgres => IsRoot ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"] : [];

    /// <summary>What it has logged.</summary>
    public string Log => File.ReadAllText(LogFile);

    /// <param name="settings">Of its configuration, as <c>name=value</c>.</param>
    public static Task<PostgresServer> StartAsync(params string[] settings) => StartInAsync(NewDirectory(), settings);

    /// <summary>Starts it in a directory that its user owns.</summary>
    public static async Task<PostgresServer> StartInAsync(string directory, params string[] settings)
    {
        var server = new PostgresServer(directory, FreePort());
        await RunAsync("initdb", "-D", server.Data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", "--wal-segsize=1");
        await server.BeginAsync(settings);

        return server;
    }

    /// <summary>A standby of this one, that follows it by the name it gets.</summary>
    public async Task<PostgresServer> AddStandbyAsync(string name)
    {
        var standby = new PostgresServer(NewDirectory(), FreePort());
        await RunAsync(
            "pg_basebackup", "-D", standby.Data, "-R", "-X", "stream", "-c", "fast", "--no-sync", "-d",
            $"host=127.0.0.1 port={Port} user=postgres application_name={name}");
        await standby.BeginAsync();

        return standby;
    }

    /// <summary>Starts it again.</summary>
    public async Task BeginAsync(params string[] settings)
    {
        var options = string.Join(
            ' ',
            new[] { $"port={Port}", "listen_addresses=127.0.0.1", "unix_socket_directories=", "max_connections=100", "fsync=off" }.Concat(settings)
                .Select(setting => $"-c {setting}"));
        await RunAsync("pg_ctl", "-D", Data, "-l", LogFile, "-w", "-o", options, "start");
    }

    /// <summary>As in a crash: no backend ends its work.</summary>
    public async Task KillAsync()
    {
        var postmaster = int.Parse((await File.ReadAllLinesAsync(Path.Combine(Data, "postmaster.pid")))[0], null);
        Process.GetProcessById(postmaster).Kill();
        _isKilled = true;

        // The backends see it within moments; the next start refuses until they have.
        await Wait.Until("nobody listens", async () => !await ListensAsync());
    }

    public Task StopAsync() => RunAsync("pg_ctl", "-D", Data, "-m", "fast", "-w", "stop");

    public Task PromoteAsync() => RunAsync("pg_ctl", "-D", Data, "-w", "promote");

    /// <summary>Changes its configuration.</summary>
    public void Set(string name, string value)
    {
        Execute($"ALTER SYSTEM SET {name} = '{value}'");
        Execute("SELECT pg_reload_conf()");
    }

    public void Execute(string sql)
    {
        using var connection = Open();
        using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 300 };
        command.ExecuteNonQuery();
    }

    public object? Scalar(string sql)
    {
        using var connection = Open();
        using var command = new NpgsqlCommand(sql, connection);

        return command.ExecuteScalar();
    }

    public NpgsqlConnection Open() => Open(Port);

    public static NpgsqlConnection Open(int port)
    {
        var connection = new NpgsqlConnection($"Host=127.0.0.1;Port={port};Username=postgres;Pooling=false");
        connection.Open();

        return connection;
    }

    /// <summary>A directory that the servers' user owns; skips the test if PostgreSQL is not here.</summary>
    public static string NewDirectory()
    {
        if (Programs is null)
        {
            const string missing = "The tests with servers of their own need PostgreSQL: apt-get install postgresql, or say with PG_BIN where its programs are.";
            Assert.True(Environment.GetEnvironmentVariable("CI") is null, missing);
            TestContext.Current.AddWarning(missing);
            Assert.Skip(missing);
        }

        var directory = Directory.CreateTempSubdirectory("taskslices-pg-").FullName;
        if (IsRoot)
            Process.Start("chown", ["postgres", directory]).WaitForExit();

        return directory;
    }

    public static int FreePort()
    {
        using var free = new TcpListener(IPAddress.Loopback, 0);
        free.Start();

        return ((IPEndPoint)free.LocalEndpoint).Port;
    }

    /// <summary>Runs one of its programs to its end.</summary>
    public static async Task RunAsync(string program, params string[] arguments)
    {
        string[] command = [.. AsPostgres, Path.Combine(Programs!, program), .. arguments];
        var start = new ProcessStartInfo(command[0], command[1..]) { WorkingDirectory = "/" };

        // Its output goes to no pipe: the server that pg_ctl starts would keep it open.
        start.Environment["LC_ALL"] = "C";
        using var process = Process.Start(start)!;
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{program} ended with {process.ExitCode}.");
    }

    public async ValueTask DisposeAsync()
    {
        if (!_isKilled && File.Exists(Path.Combine(Data, "postmaster.pid")))
            await RunAsync("pg_ctl", "-D", Data, "-m", "immediate", "-w", "stop");

        Directory.Delete(_directory, recursive: true);
    }

    private string Data => Path.Combine(_directory, "data");

    private string LogFile => Path.Combine(_directory, "log");

    private static bool IsRoot => !OperatingSystem.IsWindows() && GetEffectiveUserId() == 0;

    private static string? Find()
    {
        if (Environment.GetEnvironmentVariable("PG_BIN") is { Length: > 0 } given)
            return given;

        var debian = Directory.Exists("/usr/lib/postgresql") ? Directory.GetDirectories("/usr/lib/postgresql") : [];

        return debian.Order(StringComparer.Ordinal).Select(version => Path.Combine(version, "bin"))
            .Concat((Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator))
            .FirstOrDefault(folder => File.Exists(Path.Combine(folder, "initdb")));
    }

    [DllImport("libc", EntryPoint = "geteuid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern uint GetEffectiveUserId();

    private async Task<bool> ListensAsync()
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, Port);

            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
