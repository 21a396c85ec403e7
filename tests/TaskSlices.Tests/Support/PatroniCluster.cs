using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Npgsql;

namespace TaskSlices.Tests.Support;

/// <summary>Three PostgreSQL servers that Patroni replicates, watches and promotes, with synchronous mode on and one etcd.</summary>
public sealed class PatroniCluster : IAsyncDisposable
{
    /// <summary>How long the lock of a leader lasts that does not renew it; the least that Patroni takes.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly string _directory = PostgresServer.NewDirectory();
    private readonly List<Process> _processes = [];
    private readonly List<Node> _nodes = [];

    /// <summary>For DATABASE_URL: whichever is the leader is used.</summary>
    public string Url => $"postgres://postgres@{string.Join(',', _nodes.Select(node => $"127.0.0.1:{node.Port}"))}/postgres";

    public static async Task<PatroniCluster> StartAsync()
    {
        Assert.SkipUnless(
            File.Exists("/usr/bin/patroni") && File.Exists("/usr/bin/etcd"), "Patroni and etcd are not here: apt-get install patroni etcd-server.");
        var cluster = new PatroniCluster();
        try
        {
            await cluster.BeginAsync();

            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Kills the leader, PostgreSQL and Patroni both: nobody gives its lock back.</summary>
    public async Task KillLeaderAsync()
    {
        var leader = await WaitForLeaderAsync();
        leader.Patroni.Kill();
        Process.GetProcessById(int.Parse((await File.ReadAllLinesAsync(Path.Combine(leader.Data, "postmaster.pid")))[0], null)).Kill();
        _nodes.Remove(leader);
    }

    /// <summary>A connection to the leader.</summary>
    public async Task<NpgsqlConnection> OpenAsync() => PostgresServer.Open((await WaitForLeaderAsync()).Port);

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes.Where(process => !process.HasExited))
            process.Kill();
        foreach (var node in _nodes.Where(node => File.Exists(Path.Combine(node.Data, "postmaster.pid"))))
            await PostgresServer.RunAsync("pg_ctl", "-D", node.Data, "-m", "immediate", "-w", "stop");

        // Patroni's servers have its output: it ends when they do.
        foreach (var process in _processes)
        {
            await process.WaitForExitAsync();
            process.Dispose();
        }

        Directory.Delete(_directory, recursive: true);
    }

    private async Task BeginAsync()
    {
        var (etcd, peer) = (PostgresServer.FreePort(), PostgresServer.FreePort());
        Run(
            "/usr/bin/etcd", "--data-dir", Path.Combine(_directory, "etcd"), "--unsafe-no-fsync",
            "--listen-client-urls", $"http://127.0.0.1:{etcd}", "--advertise-client-urls", $"http://127.0.0.1:{etcd}",
            "--listen-peer-urls", $"http://127.0.0.1:{peer}", "--initial-advertise-peer-urls", $"http://127.0.0.1:{peer}",
            "--initial-cluster", $"default=http://127.0.0.1:{peer}");
        for (var i = 1; i <= 3; i++)
            await AddAsync($"node{i}", etcd);

        await Wait.Until(
            "one leads, one is its synchronous standby, and one follows",
            async () => await LeaderAsync() is not null && await CountAsync("sync_standby") == 1 && await CountAsync("replica") == 1, Patience);
    }

    private async Task AddAsync(string name, int etcd)
    {
        var node = new Node(PostgresServer.FreePort(), PostgresServer.FreePort(), Path.Combine(_directory, name));
        var file = $"{node.Data}.yml";
        await File.WriteAllTextAsync(file, $$"""
            scope: tasks
            name: {{name}}
            restapi: {listen: "127.0.0.1:{{node.Api}}", connect_address: "127.0.0.1:{{node.Api}}"}
            etcd3: {host: "127.0.0.1:{{etcd}}"}
            bootstrap:
              dcs:
                ttl: {{Lifetime.TotalSeconds}}
                loop_wait: 1
                retry_timeout: 3
                synchronous_mode: true
              initdb: [{encoding: UTF8}, {locale: C}]
              pg_hba: ["host all all 127.0.0.1/32 trust", "host replication all 127.0.0.1/32 trust"]
            postgresql:
              listen: 127.0.0.1:{{node.Port}}
              connect_address: 127.0.0.1:{{node.Port}}
              data_dir: {{node.Data}}
              pgpass: {{node.Data}}.pgpass
              bin_dir: {{PostgresServer.Programs}}
              authentication: {superuser: {username: postgres}, replication: {username: postgres} }
              parameters: {unix_socket_directories: "", fsync: "off"}
            """);
        node.Patroni = Run("/usr/bin/patroni", file);
        _nodes.Add(node);
    }

    private Process Run(params string[] command)
    {
        command = [.. PostgresServer.AsPostgres, .. command];
        var start = new ProcessStartInfo(command[0], command[1..]) { WorkingDirectory = _directory, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["LC_ALL"] = "C";
        foreach (var proxy in start.Environment.Keys.Where(key => key.EndsWith("_proxy", StringComparison.OrdinalIgnoreCase)).ToList())
            start.Environment.Remove(proxy);
        var process = Process.Start(start)!;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        _processes.Add(process);

        return process;
    }

    private async Task<Node> WaitForLeaderAsync()
    {
        Node? leader = null;
        await Wait.Until("there is a leader", async () => (leader = await LeaderAsync()) is not null);

        return leader!;
    }

    private async Task<Node?> LeaderAsync() => (await MembersAsync()).FirstOrDefault(member => member.Role == "leader").Node;

    private async Task<int> CountAsync(string role) =>
        (await MembersAsync()).Count(member => member.Role == role && member.State is "running" or "streaming");

    private async Task<List<(Node? Node, string Role, string State)>> MembersAsync()
    {
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(2) };
        foreach (var node in _nodes)
        {
            try
            {
                var cluster = await client.GetFromJsonAsync<JsonObject>($"http://127.0.0.1:{node.Api}/cluster");

                return
                [
                    .. cluster!["members"]!.AsArray().Select(member => (
                        _nodes.Find(known => known.Port == (int?)member!["port"]), (string)member!["role"]!, (string)member["state"]!)),
                ];
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
            {
                // It has not started yet.
            }
        }

        return [];
    }

    private sealed class Node(int port, int api, string data)
    {
        public int Port => port;

        public int Api => api;

        public string Data => data;

        public Process Patroni { get; set; } = null!;
    }
}
