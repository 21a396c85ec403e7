using Npgsql;

namespace TaskSlices.Tests.Support;

/// <summary>
/// A Citus cluster to run the tests on: <c>TEST_CITUS_URL</c> is its coordinator's, with a database that knows the workers. Each new table is
/// distributed as soon as it is made, as decision 11 says.
/// </summary>
public static class Citus
{
    public static readonly string? Coordinator = Environment.GetEnvironmentVariable("TEST_CITUS_URL");

    private const string Distribute = """
        CREATE FUNCTION distribute() RETURNS event_trigger LANGUAGE plpgsql AS $$
        DECLARE made regclass; name text;
        BEGIN
            FOR made, name IN SELECT oid, relname FROM pg_event_trigger_ddl_commands() JOIN pg_class ON oid = objid WHERE object_type = 'table' LOOP
                IF name = 'erased_users' THEN
                    PERFORM create_reference_table(made);
                ELSIF name NOT IN ('accounts', 'sessions', 'ended_sessions', 'password_resets')
                    AND EXISTS (SELECT FROM pg_attribute WHERE attrelid = made AND attname = 'user_id') THEN
                    PERFORM create_distributed_table(made, 'user_id', shard_count => 4);
                END IF;
            END LOOP;
        END $$;
        CREATE EVENT TRIGGER distribute ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION distribute();
        """;

    /// <summary>Makes the database at all nodes.</summary>
    public static void Create(string name)
    {
        var workers = Workers();
        foreach (var node in workers.Append(Coordinator!))
        {
            Execute(node, $"CREATE DATABASE \"{name}\" TEMPLATE template0");
            Execute(In(node, name), "CREATE EXTENSION citus");
        }

        var coordinator = In(Coordinator!, name);
        Execute(coordinator, $"SELECT citus_set_coordinator_host('{Host(coordinator)}', {new NpgsqlConnectionStringBuilder(coordinator).Port})");
        foreach (var worker in workers)
            Execute(coordinator, $"SELECT citus_add_node('{Host(worker)}', {new NpgsqlConnectionStringBuilder(worker).Port})");
        Execute(coordinator, Distribute);
        Execute(coordinator, $"ALTER DATABASE \"{name}\" SET lock_timeout = '1250ms'");
        Execute(coordinator, $"ALTER DATABASE \"{name}\" SET citus.multi_shard_modify_mode = 'sequential'");
    }

    public static void Drop(string name)
    {
        foreach (var node in Workers().Prepend(Coordinator!))
            Execute(node, $"DROP DATABASE IF EXISTS \"{name}\" WITH (FORCE)");
    }

    private static List<string> Workers()
    {
        using var connection = Open(Coordinator!);

        return
        [
            .. connection.Query("SELECT nodename AS host, nodeport AS port FROM pg_dist_node WHERE groupid <> 0", ["host", "port"])
                .Select(row => new NpgsqlConnectionStringBuilder(Coordinator) { Host = (string)row[0], Port = (int)row[1] }.ToString()),
        ];
    }

    private static string In(string node, string database) => new NpgsqlConnectionStringBuilder(node) { Database = database }.ToString();

    private static string Host(string node) => new NpgsqlConnectionStringBuilder(node).Host!;

    private static NpgsqlConnection Open(string node)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(node) { Pooling = false }.ToString());
        connection.Open();

        return connection;
    }

    private static void Execute(string node, string sql)
    {
        using var connection = Open(node);
        connection.Execute(sql);
    }
}
