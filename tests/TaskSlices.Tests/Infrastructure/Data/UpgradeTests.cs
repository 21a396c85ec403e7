using System.Data.Common;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using TaskSlices.Infrastructure.Data;

namespace TaskSlices.Tests.Infrastructure.Data;

/// <summary>What each earlier version kept, this one keeps too.</summary>
public sealed class UpgradeTests : IDisposable
{
    /// <summary>While the sessions last, and before what was deleted is forgotten.</summary>
    private static readonly DateTimeOffset Then = new(2026, 11, 30, 0, 0, 0, TimeSpan.Zero);

    private static readonly List<string> Steps = [.. SchemaRunner.All(typeof(AppDb).Assembly.GetTypes()).Select(step => step.Id)];

    private readonly string _directory = Directory.CreateTempSubdirectory("taskslices-").FullName;

    public static TheoryData<string> Versions => [.. OlderData.Versions];

    public void Dispose()
    {
        Engine.Drop(_directory);
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public void There_are_data_of_earlier_versions()
    {
        Assert.True(OlderData.Versions.Length >= 3);
        Assert.All(OlderData.Versions, version => Assert.Contains(version, Steps));
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Every_row_of_an_earlier_version_answers_as_before(string version)
    {
        var before = OlderData.Restore(version, _directory);
        await using var server = Start();

        foreach (var (user, rows) in before["users"]!.AsObject())
        {
            using var client = As(server, user, Text(before, "token_secret"));
            var address = $"/api/{Uri.EscapeDataString(user)}";
            AnswersAsBefore(rows!["tasks"]!, await client.Get($"{address}/tasks").IsList(), "tasks");
            if (rows["changes"] is { } changes)
                AnswersAsBefore(changes, (await client.Get($"{address}/changes?since=0").Is(HttpStatusCode.OK))["changes"]!, "changes");
        }

        using var database = Engine.Open(_directory);
        Assert.Equal(Steps, StepsIn(database));
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Accounts_and_sessions_of_an_earlier_version_are_as_before(string version)
    {
        var before = OlderData.Restore(version, _directory);
        await using var server = Start();
        using var client = server.Server.CreateClient();

        foreach (var account in before["accounts"]!.AsArray().Select(account => account!.AsObject()))
        {
            var (id, email) = (Text(account, "id"), Text(account, "email"));
            var credentials = JsonSerializer.Serialize(new { email, password = Text(account, "password") });
            var signedIn = await client.SendWith("POST", "/api/auth/sign-in/email", credentials, ("Origin", "http://localhost")).Is(HttpStatusCode.OK);
            Assert.Equal((id, Text(account, "name")), (Text(signedIn["user"]!, "id"), Text(signedIn["user"]!, "name")));

            var session = await client.GetWith("/api/auth/get-session", ("Cookie", Text(account, "session"))).Is(HttpStatusCode.OK);
            Assert.Equal(id, Text(session["user"]!, "id"));
            Assert.Equal("null", await client.GetWith("/api/auth/get-session", ("Cookie", Text(account, "ended_session"))).Text());
        }
    }

    [Trait("Engine", "SQLite")]
    [Theory]
    [MemberData(nameof(Versions))]
    public async Task The_file_of_an_earlier_version_is_kept_as_it_was(string version)
    {
        var before = OlderData.Restore(version, _directory);
        await using (var server = Start())
            Assert.NotNull(server.Server);

        var copies = Path.Combine(_directory, "backups");
        if (!Directory.Exists(copies))
        {
            // It has every step that there is.
            Assert.Equal(OlderData.Versions[^1], version);
            return;
        }

        using var copy = OpenFile(Assert.Single(Directory.GetFiles(copies, "*.db")));
        Assert.Contains(version, StepsIn(copy));
        Assert.True(StepsIn(copy).Count < Steps.Count);
        Assert.Equal("ok", copy.Scalar("PRAGMA integrity_check"));
        var tasks = before["users"]!.AsObject().Sum(user => user.Value!["tasks"]!.AsArray().Count);
        Assert.Equal((long)tasks, copy.Scalar("SELECT count(*) FROM tasks"));
    }

    [Trait("Engine", "SQLite")]
    [Trait("Speed", "slow")]
    [Fact]
    public async Task Kills_in_the_middle_of_an_upgrade_lose_nothing()
    {
        OlderData.Restore("2026-11-25-heartbeat-room", _directory);
        var file = Path.Combine(_directory, "taskslices.db");
        var log = new FileInfo($"{file}-wal");
        var copies = Directory.CreateDirectory(Path.Combine(_directory, "backups"));
        const int more = 60_000;
        const string content = "SELECT count(*) || ' ' || sum(revision) || ' ' || sum(length(title)) || ' ' || sum(updated_at) FROM tasks";
        string before;
        List<string> steps;
        using (var database = OpenFile(file))
        {
            database.Execute($"""
                WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {more})
                INSERT INTO tasks (user_id, id, title, description, completed, created_at, updated_at, revision)
                    SELECT 'user' || i % 3, randomblob(16), 'Straße ' || i, hex(randomblob(50)), i % 2, i, i, i FROM n
                """);
            (before, steps) = ((string)database.Scalar(content)!, StepsIn(database));
        }

        await KillWhenAsync("it copies the file", () => copies.EnumerateFiles().Any());
        foreach (var megabytes in (int[])[1, 6])
        {
            await KillWhenAsync("it changes rows", () =>
            {
                log.Refresh();
                return log is { Exists: true, Length: var length } && length > megabytes * 1_000_000;
            });

            using var database = OpenFile(file);
            Assert.Equal(steps, StepsIn(database));
            Assert.Equal(before, database.Scalar(content));
        }

        await using (var server = await ServerProcess.StartAsync(_directory))
            Assert.Equal(0, (await server.StopAsync()).ExitCode);

        using var after = OpenFile(file);
        Assert.Equal(Steps, StepsIn(after));
        Assert.Equal(before, after.Scalar(content));
        Assert.Equal((long)more, after.Scalar("SELECT count(*) FROM tasks WHERE title_key LIKE 'strasse %'"));
        Assert.Equal("ok", after.Scalar("PRAGMA integrity_check"));
        Assert.NotEmpty(copies.GetFiles("*.db"));
        Assert.All(copies.GetFiles("*.db"), path =>
        {
            using var copy = OpenFile(path.FullName);
            Assert.Equal("ok", copy.Scalar("PRAGMA integrity_check"));
            Assert.Equal(before, copy.Scalar(content));
        });
    }

    private async Task KillWhenAsync(string what, Func<bool> isSo)
    {
        await using var server = ServerProcess.Begin(["--urls", "http://127.0.0.1:0"], _directory, []);
        await Task.Run(
            () => Assert.True(SpinWait.SpinUntil(() => server.Process.HasExited || isSo(), TimeSpan.FromMinutes(1)), what),
            TestContext.Current.CancellationToken);
        Assert.False(server.Process.HasExited, server.Log);
        await server.KillAsync();
        Assert.DoesNotContain("Listening", server.Log, StringComparison.Ordinal);
    }

    private WebApplicationFactory<Program> Start() => InProcess.Start(_directory)
        .WithWebHostBuilder(host => host.ConfigureTestServices(services => services.AddSingleton<TimeProvider>(new StoppedClock(Then))));

    private static HttpClient As(WebApplicationFactory<Program> server, string user, string secret)
    {
        var client = server.Server.CreateClient();
        var claims = JsonSerializer.Serialize(new { sub = user, exp = Then.AddHours(1).ToUnixTimeSeconds() });
        client.DefaultRequestHeaders.Add("Authorization", $"Bearer {Token.Of(Token.Header, claims, secret)}");

        return client;
    }

    /// <summary>Every member that was there is there as it was; there may be new ones.</summary>
    private static void AnswersAsBefore(JsonNode? before, JsonNode? now, string at)
    {
        if (before is JsonArray rows)
        {
            Assert.Equal(rows.Count, now!.AsArray().Count);
            for (var i = 0; i < rows.Count; i++)
                AnswersAsBefore(rows[i], now[i], $"{at}[{i}]");
        }
        else if (before is JsonObject members)
        {
            Assert.NotEmpty(members);
            foreach (var (name, value) in members)
                AnswersAsBefore(value, now![name], $"{at}.{name}");
        }
        else
        {
            Assert.True(JsonNode.DeepEquals(before, now), $"{at} was {before?.ToJsonString() ?? "null"}, and is {now?.ToJsonString() ?? "null"}.");
        }
    }

    private static string Text(JsonNode node, string member) => node[member]!.GetValue<string>();

    private static List<string> StepsIn(DbConnection database) =>
        [.. database.Query("SELECT id FROM schema_steps ORDER BY id", ["id"]).Select(row => (string)row[0])];

    private static SqliteConnection OpenFile(string file)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Pooling = false }.ToString());
        connection.Open();

        return connection;
    }
}
