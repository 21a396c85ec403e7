using System.Diagnostics;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Mvc.Testing;
using Npgsql;

namespace TaskSlices.Tests.Infrastructure.Data.Postgres;

/// <summary>What is particular to a server that several processes share, and that can be away.</summary>
[Trait("Speed", "slow")]
public sealed class PostgresTests(PostgresTests.Database database) : IClassFixture<PostgresTests.Database>, IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("taskslices-").FullName;

    /// <summary>Begin and commit included.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Needs_few_round_trips_and_prepares_nothing_behind_a_pooler(bool isPooled)
    {
        await using var pooler = isPooled ? await Pooler.StartAsync(database.Server.Port, connections: 4) : null;
        await using var counter = new WireCounter(pooler?.Port ?? database.Server.Port);
        await using var api = Start($"postgres://postgres@127.0.0.1:{counter.Port}/{database.New()}?sslmode=disable&gssencmode=disable");
        using var client = api.CreateClient();
        var tasks = "/api/ann/tasks";
        for (var i = 0; i < 10; i++)
        {
            await Send("POST", tasks, """{"title":"First"}""").Is(HttpStatusCode.Created);
            await Send("GET", tasks).IsList();
        }

        Assert.Equal(1, await CountAsync(_ => Send("POST", tasks, """{"title":"Buy milk"}""")));
        Assert.Equal(1, await CountAsync(_ => Send("GET", tasks)));
        var ids = (await Send("GET", tasks).IsList()).Ids().ToList();
        Assert.Equal(1, await CountAsync(i => Send("GET", $"{tasks}/{ids[i]}")));
        Assert.InRange(await CountAsync(i => Send("PUT", $"{tasks}/{ids[i]}", """{"title":"Buy bread"}""")), 1, 3);
        Assert.InRange(await CountAsync(i => Send("PATCH", $"{tasks}/{ids[i]}/complete")), 1, 3);
        Assert.InRange(await CountAsync(i => Send("DELETE", $"{tasks}/{ids[i]}")), 1, 3);
        Assert.InRange(await CountAsync(i => Send("DELETE", $"{tasks}/{ids[i]}"), HttpStatusCode.NotFound), 1, 3);
        Assert.Equal(isPooled, counter.Named == 0);

        Task<HttpResponseMessage> Send(string method, string url, string? json = null) =>
            client.SendWith(method, url, json, ("Authorization", $"Bearer {Token.For("ann")}"));

        // The fewest of three: the housekeeping of the process, 20 in a minute, goes through the counter, too.
        async Task<int> CountAsync(Func<int, Task<HttpResponseMessage>> send, HttpStatusCode? status = null)
        {
            var fewest = int.MaxValue;
            for (var i = 0; i < 3; i++)
            {
                var before = counter.RoundTrips;
                using var answer = await send(i);
                Assert.True(status is null ? answer.IsSuccessStatusCode : answer.StatusCode == status, $"{answer.StatusCode}");
                fewest = Math.Min(fewest, counter.RoundTrips - before);
            }

            return fewest;
        }
    }

    [Theory]
    [InlineData("postgres://nobody:pass-word@127.0.0.1:{0}/{1}", "nobody")]
    [InlineData("postgres://postgres:pass-word@127.0.0.1:{0}/not-there", "not-there")]
    [InlineData("postgres://postgres:pass-word@127.0.0.1:{0}/{1}?sslmode=require", "SSL")]
    [InlineData("postgres://postgres:pass-word@127.0.0.1:1/{1}", "127.0.0.1:1")]
    [InlineData("postgres://postgres:pass-word@no-such-host.invalid/{1}", "no-such-host.invalid")]
    public void Does_not_start_on_what_it_can_not_use(string url, string words)
    {
        var sentence = InProcess.Refuses(
            _directory, [("DATABASE_URL", string.Format(null, url, database.Server.Port, database.New())), ("BETTER_AUTH_SECRET", Token.Secret)], words, "DATABASE_URL");

        Assert.DoesNotContain("pass-word", sentence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_request_with_an_idempotency_key_is_carried_out_once_by_all_instances()
    {
        var url = $"postgres://postgres@127.0.0.1:{database.Server.Port}/{database.New()}";
        await using var one = Start(url);
        await using var other = Start(url);
        HttpClient[] clients = [one.CreateClient(), other.CreateClient()];

        var first = await SendAsync(0, "retried").Is(HttpStatusCode.Created);
        var again = await SendAsync(1, "retried");
        var atOnce = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() => SendAsync(i % 2, "at once").Is(HttpStatusCode.Created))));

        Assert.True(again.Headers.Contains("Idempotency-Replayed"));
        Assert.Equal(first.ToJsonString(), (await again.Is(HttpStatusCode.Created)).ToJsonString());
        Assert.Single(atOnce.Select(task => task.ToJsonString()).Distinct());

        Task<HttpResponseMessage> SendAsync(int client, string key) => clients[client].SendWith(
            "POST", "/api/ann/tasks", """{"title":"Buy milk"}""", ("Authorization", $"Bearer {Token.For("ann")}"), ("Idempotency-Key", key));
    }

    /// <summary>Whose clients share the sessions of the server, each for one transaction.</summary>
    [Fact]
    public async Task Works_behind_a_pooler_in_transaction_mode()
    {
        await using var pooler = await Pooler.StartAsync(database.Server.Port, connections: 4);
        await using var api = Start($"postgres://postgres@127.0.0.1:{pooler.Port}/{database.New()}");
        using var client = api.CreateClient();

        await Parallel.ForAsync(0, 64, new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = TestContext.Current.CancellationToken }, async (i, ct) =>
        {
            var tasks = $"/api/user{i % 32}/tasks";
            var task = $"{tasks}/{(await Send("POST", tasks, """{"title":"First"}""").Is(HttpStatusCode.Created)).Id()}";
            await Send("GET", tasks).IsList();
            await Send("GET", task).Is(HttpStatusCode.OK);
            Assert.Equal("Second", (await Send("PUT", task, """{"title":"Second"}""").Is(HttpStatusCode.OK)).Text("title"));
            await Send("PATCH", $"{task}/complete").Is(HttpStatusCode.OK);
            await Send("DELETE", task).Is(HttpStatusCode.OK);
            Assert.Equal(HttpStatusCode.NotFound, (await Send("GET", task)).StatusCode);

            Task<HttpResponseMessage> Send(string method, string url, string? json = null) =>
                client.SendWith(method, url, json, ("Authorization", $"Bearer {Token.For($"user{i % 32}")}"));
        });
    }

    [Theory]
    [InlineData("empty")]
    [InlineData("older")]
    [InlineData("without advisory locks")]
    public async Task Eight_instances_that_start_at_once_make_the_schema_once(string kind)
    {
        var name = database.New();
        using var connection = database.Open(name);
        if (kind == "older")
        {
            await using (var before = Start(database.Url(name)))
                Assert.NotNull(before.Server);
            connection.Execute("DROP TABLE heartbeat");
            connection.Execute("DELETE FROM schema_steps WHERE id LIKE '%heartbeat'");
        }

        if (kind == "without advisory locks")
        {
            connection.Execute(
                $"""
                CREATE FUNCTION pg_advisory_xact_lock(BIGINT) RETURNS void LANGUAGE plpgsql
                    AS 'BEGIN RAISE EXCEPTION ''no advisory locks'' USING ERRCODE = ''0A000''; END';
                ALTER DATABASE {name} SET search_path = public, pg_catalog;
                """);
        }

        var instances = Enumerable.Range(0, 8).Select(_ => Start($"{database.Url(name)}?Maximum%20Pool%20Size=5")).ToList();
        await Task.WhenAll(instances.Select(instance => Task.Run(() => instance.Server, TestContext.Current.CancellationToken)));

        var steps = connection.Query("SELECT id FROM schema_steps", ["id"]).Select(row => (string)row[0]).ToList();
        Assert.Equal(steps.Distinct().Count(), steps.Count);
        Assert.Contains(steps, step => step.EndsWith("heartbeat", StringComparison.Ordinal));
        Assert.Equal(kind == "without advisory locks" ? 1L : 0L, connection.Scalar("SELECT count(*) FROM pg_tables WHERE tablename = 'schema_lock'"));
        foreach (var instance in instances)
        {
            using var client = instance.CreateClient();
            await client.Get("/health/ready").Is(HttpStatusCode.OK);
            await instance.DisposeAsync();
        }
    }

    [Fact]
    public async Task Two_instances_are_one_server()
    {
        var name = database.New();
        await using var one = await StartAsync(database.Url(name), accounts: true);
        await using var two = await StartAsync(database.Url(name), accounts: true);
        using var connection = database.Open(name);
        var visitor = new Visitor(one.Client.BaseAddress!);
        await visitor.SignUpAsync();
        var token = await visitor.TokenAsync();

        // Token and cookie hold at the other.
        var elsewhere = At(two, visitor);
        await Tasks().IsList();
        Assert.NotEmpty(await elsewhere.TokenAsync());

        // The same keys sign.
        Assert.Equal(await one.Client.Get("/api/auth/jwks").Text(), await two.Client.Get("/api/auth/jwks").Text());

        // Whoever signs out at one is out at the other.
        await visitor.SignOutAsync();
        var ended = Stopwatch.GetTimestamp();
        await Wait.Until("the session has ended at the other", async () => (await Tasks()).StatusCode is HttpStatusCode.Unauthorized);
        Assert.InRange(Stopwatch.GetElapsedTime(ended), TimeSpan.Zero, TimeSpan.FromSeconds(1));

        // Failed attempts count together.
        var statuses = new List<HttpStatusCode>();
        for (var i = 0; i < 12; i++)
        {
            using var answer = await new Visitor((i % 2 == 0 ? one : two).Client.BaseAddress!)
                .Post("/api/auth/sign-in/email", Visitor.Json(new { email = "nobody@example.com", password = "wrong password" }));
            statuses.Add(answer.StatusCode);
        }

        Assert.Equal(Enumerable.Repeat(HttpStatusCode.Unauthorized, 10).Concat(Enumerable.Repeat(HttpStatusCode.TooManyRequests, 2)), statuses);

        // Nothing of an erased user comes later, by the other instance either.
        for (var i = 0; i < 4; i++)
        {
            var leaving = new Visitor(one.Client.BaseAddress!);
            await leaving.SignUpAsync();
            var bearer = ("Authorization", $"Bearer {await leaving.TokenAsync()}");
            var isErased = false;
            var writing = Enumerable.Range(0, 8).Select(async writer =>
            {
                // And some more, sent before the other instance knows that the session has ended.
                for (var refusals = 0; refusals < 20; refusals += Volatile.Read(ref isErased) ? 1 : 0)
                    await (writer % 2 == 0 ? one : two).Client.SendWith("POST", $"/api/{leaving.Id}/tasks", """{"title":"Written"}""", bearer);
            }).ToList();
            await Wait.Until("it writes", async () => (await two.Client.GetWith($"/api/{leaving.Id}/tasks", bearer).IsList()).Count > 8);
            await one.Client.SendWith("DELETE", $"/api/{leaving.Id}", Visitor.Json(new { password = leaving.Password }), bearer).Is(HttpStatusCode.OK);
            Volatile.Write(ref isErased, true);
            await Task.WhenAll(writing);
            Assert.Equal(0L, connection.Scalar($"SELECT (SELECT count(*) FROM tasks WHERE user_id = '{leaving.Id}') + (SELECT count(*) FROM revisions WHERE user_id = '{leaving.Id}')"));
        }

        Task<HttpResponseMessage> Tasks() => two.Client.GetWith($"/api/{visitor.Id}/tasks", ("Authorization", $"Bearer {token}"));
    }

    [Fact]
    public async Task Toggles_at_two_instances_lose_no_revision()
    {
        var name = database.New();
        await using var one = Start(database.Url(name));
        await using var two = Start(database.Url(name));
        HttpClient[] clients = [one.CreateClient(), two.CreateClient()];
        var bearer = ("Authorization", $"Bearer {Token.For("ann")}");
        var task = $"/api/ann/tasks/{(await clients[0].SendWith("POST", "/api/ann/tasks", """{"title":"Toggled"}""", bearer).Is(HttpStatusCode.Created)).Id()}/complete";

        var toggled = 0;
        await Parallel.ForAsync(0, 1000, new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = TestContext.Current.CancellationToken }, async (i, ct) =>
        {
            while (true)
            {
                using var answer = await clients[i % 2].SendWith("PATCH", task, null, bearer);
                if (answer.StatusCode is HttpStatusCode.ServiceUnavailable)
                    continue;

                Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
                Interlocked.Increment(ref toggled);
                return;
            }
        });

        using var connection = database.Open(name);
        Assert.Equal(1000, toggled);
        Assert.Equal(1001L, connection.Scalar("SELECT revision FROM revisions WHERE user_id = 'ann'"));
        Assert.Equal(1001L, connection.Scalar("SELECT revision FROM tasks WHERE user_id = 'ann'"));
        Assert.Equal(false, connection.Scalar("SELECT completed FROM tasks WHERE user_id = 'ann'"));
    }

    [Fact]
    public async Task A_lock_that_is_held_stops_its_user_and_nobody_else()
    {
        var name = database.New();
        await using var api = Start($"{database.Url(name)}?Maximum%20Pool%20Size=4");
        using var client = api.CreateClient();
        await Send("ann", "POST", """{"title":"Before"}""").Is(HttpStatusCode.Created);
        using var other = database.Open(name);
        other.Execute("BEGIN");
        other.Execute("SELECT * FROM revisions WHERE user_id = 'ann' FOR UPDATE");

        var asked = Stopwatch.GetTimestamp();
        var blocked = Enumerable.Range(0, 8).Select(_ => Send("ann", "POST", """{"title":"Blocked"}""")).ToList();
        for (var i = 0; i < 20; i++)
        {
            var read = Stopwatch.GetTimestamp();
            await Send("bob", "GET").IsList();
            Assert.InRange(Stopwatch.GetElapsedTime(read), TimeSpan.Zero, TimeSpan.FromSeconds(1));
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }

        foreach (var answer in blocked)
            await answer.IsProblem(HttpStatusCode.ServiceUnavailable, "UNAVAILABLE");
        Assert.InRange(Stopwatch.GetElapsedTime(asked), TimeSpan.Zero, TimeSpan.FromSeconds(4));

        other.Execute("ROLLBACK");
        await Send("ann", "POST", """{"title":"After"}""").Is(HttpStatusCode.Created);

        Task<HttpResponseMessage> Send(string user, string method, string? json = null) =>
            client.SendWith(method, $"/api/{user}/tasks", json, ("Authorization", $"Bearer {Token.For(user)}"));
    }

    [Fact]
    public async Task Says_503_when_all_connections_are_in_use()
    {
        var name = database.New();
        await using var api = Start($"{database.Url(name)}?Maximum%20Pool%20Size=2");
        using var client = api.CreateClient();
        var bearer = ("Authorization", $"Bearer {Token.For("ann")}");
        await client.GetWith("/api/ann/tasks", bearer).IsList();
        using var other = database.Open(name);
        other.Execute("BEGIN");
        other.Execute("LOCK TABLE tasks");
        var reading = Enumerable.Range(0, 2).Select(_ => client.GetWith("/api/ann/tasks", bearer)).ToList();
        await Wait.Until("both wait", () => database.Server.Scalar("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'") is 2L);

        var asked = Stopwatch.GetTimestamp();
        await client.GetWith("/api/ann/tasks", bearer).IsProblem(HttpStatusCode.ServiceUnavailable, "UNAVAILABLE");
        Assert.InRange(Stopwatch.GetElapsedTime(asked), TimeSpan.Zero, TimeSpan.FromSeconds(5));

        other.Execute("ROLLBACK");
        foreach (var read in reading)
            await read.IsList();
    }

    /// <summary>As on a standby.</summary>
    [Fact]
    public async Task A_database_that_is_read_only_is_read()
    {
        var name = database.New();
        await using var api = Start(database.Url(name));
        using var client = api.CreateClient();
        var bearer = ("Authorization", $"Bearer {Token.For("ann")}");
        await client.SendWith("POST", "/api/ann/tasks", """{"title":"Before"}""", bearer).Is(HttpStatusCode.Created);
        SetReadOnly("on");

        for (var i = 0; i < 5; i++)
            await client.SendWith("POST", "/api/ann/tasks", """{"title":"Refused"}""", bearer).IsProblem(HttpStatusCode.ServiceUnavailable, "UNAVAILABLE");
        Assert.Single(await client.GetWith("/api/ann/tasks", bearer).IsList());
        await client.Get("/health/ready").IsProblem(HttpStatusCode.ServiceUnavailable, "NOT_READY");

        SetReadOnly("off");
        await Wait.Until("it writes again", async () =>
            (await client.SendWith("POST", "/api/ann/tasks", """{"title":"After"}""", bearer)).StatusCode is HttpStatusCode.Created);

        void SetReadOnly(string value)
        {
            database.Server.Execute($"ALTER DATABASE {name} SET default_transaction_read_only = {value}");
            database.Server.Execute($"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
        }
    }

    [Fact]
    public async Task Backends_that_are_killed_cost_no_read_and_no_task()
    {
        var name = database.New();
        await using var api = Start(database.Url(name));
        using var client = api.CreateClient();
        var bearer = ("Authorization", $"Bearer {Token.For("ann")}");
        var created = 0;
        for (var i = 0; i < 20; i++)
        {
            using (var admin = database.Open("postgres"))
                admin.Execute($"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");

            await client.GetWith("/api/ann/tasks", bearer).IsList();
            using var answer = await client.SendWith("POST", "/api/ann/tasks", """{"title":"Written"}""", bearer);
            Assert.True(answer.StatusCode is HttpStatusCode.Created or HttpStatusCode.ServiceUnavailable, $"{answer.StatusCode}");
            created += answer.StatusCode is HttpStatusCode.Created ? 1 : 0;
        }

        Assert.InRange((await client.GetWith("/api/ann/tasks", bearer).IsList()).Count, created, 20);
        Assert.InRange(created, 1, 20);
    }

    [Theory]
    [InlineData("40001", 2, HttpStatusCode.OK)]
    [InlineData("40P01", 2, HttpStatusCode.OK)]
    [InlineData("40001", 3, HttpStatusCode.ServiceUnavailable)]
    [InlineData("53100", 1, HttpStatusCode.ServiceUnavailable)]
    [InlineData("25006", 1, HttpStatusCode.ServiceUnavailable)]
    public async Task Runs_again_what_the_server_asks_for_three_times_at_most(string error, int times, HttpStatusCode status)
    {
        var name = database.New();
        await using var api = Start(database.Url(name));
        using var client = api.CreateClient();
        var bearer = ("Authorization", $"Bearer {Token.For("ann")}");
        var task = (await client.SendWith("POST", "/api/ann/tasks", """{"title":"Before"}""", bearer).Is(HttpStatusCode.Created)).Id();
        using var connection = database.Open(name);
        connection.Execute(
            $"""
            CREATE SEQUENCE tries;
            CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN IF nextval(''tries'') <= {times} THEN RAISE EXCEPTION ''injected'' USING ERRCODE = ''{error}''; END IF; RETURN NEW; END';
            CREATE TRIGGER fail BEFORE UPDATE ON tasks FOR EACH ROW EXECUTE FUNCTION fail();
            """);

        using var answer = await client.SendWith("PUT", $"/api/ann/tasks/{task}", """{"title":"After"}""", bearer);

        Assert.Equal(status, answer.StatusCode);
        Assert.Equal(status is HttpStatusCode.ServiceUnavailable, answer.Headers.RetryAfter is not null);
        Assert.Equal(status is HttpStatusCode.OK ? 2L : 1L, connection.Scalar("SELECT revision FROM revisions WHERE user_id = 'ann'"));
        Assert.Equal(status is HttpStatusCode.OK ? "After" : "Before", connection.Scalar("SELECT title FROM tasks"));
    }

    [Trait("Engine", "SQLite")]
    [Fact]
    public async Task A_store_in_SQLite_is_moved_whole_into_an_empty_database_and_into_no_other()
    {
        var name = database.New();
        Visitor visitor;
        string token, tasks;
        await using (var sqlite = await ServerProcess.StartAsync(_directory))
        {
            visitor = new Visitor(sqlite.Client.BaseAddress!);
            await visitor.SignUpAsync();
            token = await visitor.TokenAsync();
            foreach (var title in new[] { "Buy milk", "\u00e9 \ud83d\ude00", "Third" })
                await visitor.Tasks(token, "POST", Visitor.Json(new { title })).Is(HttpStatusCode.Created);
            await visitor.Tasks(token, "POST", """{"title":"Done","completed":true,"description":""}""").Is(HttpStatusCode.Created);
            await KeyedAsync(sqlite).Is(HttpStatusCode.Created);
            tasks = await visitor.Tasks(token).Text();

            var refused = await MoveAsync();
            Assert.Contains("Another TaskSlices uses the data directory", refused.Error, StringComparison.Ordinal);
            await sqlite.StopAsync();
        }

        var moved = await MoveAsync();
        Assert.True(moved.ExitCode == 0, moved.Error);
        Assert.StartsWith("Moved 9 rows of 1 users to ", moved.Output, StringComparison.Ordinal);
        (await MoveAsync()).IsRefused("Move into an empty one");

        // From another directory: the secrets and keys have moved too.
        await using var api = await StartAsync(database.Url(name), accounts: true);
        Assert.Equal(tasks, await api.Client.GetWith($"/api/{visitor.Id}/tasks", ("Authorization", $"Bearer {token}")).Text());
        Assert.NotEmpty(await At(api, visitor).TokenAsync());
        Assert.True((await KeyedAsync(api)).Headers.Contains("Idempotency-Replayed"));

        Task<(int ExitCode, string Output, string Error)> MoveAsync() =>
            ServerProcess.RunAsync(["move", "--to", database.Url(name)], _directory, new() { ["DATABASE_URL"] = database.Url(name) });

        Task<HttpResponseMessage> KeyedAsync(ServerProcess server) => server.Client.SendWith(
            "POST", $"/api/{visitor.Id}/tasks", """{"title":"Once"}""", ("Authorization", $"Bearer {token}"), ("Idempotency-Key", "moved"));
    }

    [Fact]
    public async Task A_server_that_accepts_and_says_nothing_is_unavailable_soon()
    {
        var name = database.New();
        await using var counter = new WireCounter(database.Server.Port);
        await using var api = Start($"postgres://postgres@127.0.0.1:{counter.Port}/{name}?sslmode=disable&gssencmode=disable&connect_timeout=2");
        using var client = api.CreateClient();
        await counter.DisposeAsync();
        using var silent = new System.Net.Sockets.TcpListener(IPAddress.Loopback, counter.Port) { ExclusiveAddressUse = false };
        silent.Start();
        using (var admin = database.Open("postgres"))
            admin.Execute($"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");

        var asked = Stopwatch.GetTimestamp();
        await client.GetWith("/api/ann/tasks", ("Authorization", $"Bearer {Token.For("ann")}")).IsProblem(HttpStatusCode.ServiceUnavailable, "UNAVAILABLE");
        Assert.InRange(Stopwatch.GetElapsedTime(asked), TimeSpan.Zero, TimeSpan.FromSeconds(7));
    }

    [Fact]
    public async Task A_full_disk_is_told_to_those_who_write_and_needs_no_restart()
    {
        using var disk = SmallDisk.Mount("96m");
        await using var server = await PostgresServer.StartInAsync(disk.NewDirectory());
        await using var api = Start(server.Url);
        using var client = api.CreateClient();
        var bearer = ("Authorization", $"Bearer {Token.For("ann")}");
        var json = Visitor.Json(new { title = "Long", description = RandomNumberGenerator.GetHexString(1000) });
        List<string> acknowledged = [(await client.SendWith("POST", "/api/ann/tasks", json, bearer).Is(HttpStatusCode.Created)).Id()];

        disk.Fill();
        for (var refused = 0; refused < 3;)
        {
            using var answer = await client.SendWith("POST", "/api/ann/tasks", json, bearer);
            if (answer.StatusCode is HttpStatusCode.Created)
                acknowledged.Add((await answer.Is(HttpStatusCode.Created)).Id());
            else
            {
                await answer.IsProblem(HttpStatusCode.ServiceUnavailable, "UNAVAILABLE");
                Assert.NotNull(answer.Headers.RetryAfter);
                refused++;
            }
        }

        disk.Free();
        await Wait.Until("it writes again", async () =>
        {
            using var answer = await client.SendWith("POST", "/api/ann/tasks", """{"title":"After"}""", bearer);
            if (answer.StatusCode is HttpStatusCode.Created)
                acknowledged.Add((await answer.Is(HttpStatusCode.Created)).Id());

            return answer.StatusCode is HttpStatusCode.Created;
        });
        Assert.Equal(acknowledged, (await client.GetWith("/api/ann/tasks", bearer).IsList()).Ids().Reverse());
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private static Visitor At(ServerProcess server, Visitor visitor)
    {
        var moved = new Visitor(server.Client.BaseAddress!);
        foreach (var (name, value) in visitor.Cookies)
            moved.Cookies[name] = value;

        return moved;
    }

    private WebApplicationFactory<Program> Start(string url) =>
        InProcess.Start(Path.Combine(_directory, $"{Guid.NewGuid():N}"), ("DATABASE_URL", url), ("BETTER_AUTH_SECRET", Token.Secret));

    private Task<ServerProcess> StartAsync(string url, bool accounts = false)
    {
        var environment = new Dictionary<string, string> { ["DATABASE_URL"] = url };
        if (!accounts)
            environment["BETTER_AUTH_SECRET"] = Token.Secret;

        return ServerProcess.StartAsync(Directory.CreateDirectory(Path.Combine(_directory, $"{Guid.NewGuid():N}")).FullName, environment);
    }

    /// <summary>A server for the class, and a database for each that asks.</summary>
    public sealed class Database : IAsyncLifetime
    {
        private int _count;

        public PostgresServer Server { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Server = await PostgresServer.StartAsync();

        public ValueTask DisposeAsync() => Server.DisposeAsync();

        public string New()
        {
            var name = $"tasks{Interlocked.Increment(ref _count)}";
            Server.Execute($"CREATE DATABASE {name}");

            return name;
        }

        public string Url(string name) => $"postgres://postgres@127.0.0.1:{Server.Port}/{name}";

        public NpgsqlConnection Open(string name)
        {
            var connection = new NpgsqlConnection($"Host=127.0.0.1;Port={Server.Port};Username=postgres;Database={name};Pooling=false");
            connection.Open();

            return connection;
        }
    }
}
