using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using Microsoft.Data.Sqlite;

namespace TaskSlices.Tests.Infrastructure.Data.Sqlite;

[Trait("Engine", "SQLite")]
[Trait("Speed", "slow")]
public sealed class DurabilityTests
{
    private const int Writers = 4;
    private static readonly Dictionary<string, string> Environment = new() { ["BETTER_AUTH_SECRET"] = Token.Secret };
    private readonly string _directory = Directory.CreateTempSubdirectory("taskslices-").FullName;

    [Fact]
    public async Task What_was_acknowledged_survives_a_kill()
    {
        var rounds = int.Parse(System.Environment.GetEnvironmentVariable("CRASH_ROUNDS") ?? "20", CultureInfo.InvariantCulture);
        var acknowledged = new ConcurrentDictionary<string, (string User, string Title)>();
        var users = Enumerable.Range(0, Writers).Select(_ => App.NewUser()).ToList();

        for (var round = 0; round <= rounds; round++)
        {
            await using var server = await ServerProcess.StartAsync(_directory, Environment);
            var stored = await ReadAllAsync(server, users);
            Assert.Empty(acknowledged.Except(stored));

            // Of each kill, one task per writer may have been stored and not yet acknowledged.
            Assert.InRange(stored.Count, acknowledged.Count, acknowledged.Count + (round * Writers));
            CheckFile();

            if (round < rounds)
                await WriteUntilKilledAsync(server, users, acknowledged);
        }

        Assert.True(acknowledged.Count >= rounds * 25);
    }

    [Fact]
    public async Task Told_to_end_it_answers_what_it_has_received_and_then_ends()
    {
        var acknowledged = new ConcurrentDictionary<string, (string User, string Title)>();
        var users = Enumerable.Range(0, Writers * 2).Select(_ => App.NewUser()).ToList();

        await using (var server = await ServerProcess.StartAsync(_directory, Environment))
        {
            var (writing, enough) = Write(server, users, acknowledged, 400);
            await await Task.WhenAny([enough, .. writing]);
            var asked = Stopwatch.GetTimestamp();
            var (exitCode, log) = await server.StopAsync();

            Assert.InRange(Stopwatch.GetElapsedTime(asked), TimeSpan.Zero, TimeSpan.FromSeconds(10));
            Assert.True(exitCode == 0, log);
            await Task.WhenAll(writing);
        }

        // Not one task more than its writer was told of: no request was carried out and left without an answer.
        await using var next = await ServerProcess.StartAsync(_directory, Environment);
        Assert.Equal(acknowledged.OrderBy(task => task.Key), (await ReadAllAsync(next, users)).OrderBy(task => task.Key));
        CheckFile();
    }

    [Fact]
    public async Task Told_to_end_it_waits_for_a_body_that_does_not_come_no_longer_than_its_time_to_stop()
    {
        await using var server = await ServerProcess.StartAsync(_directory, new(Environment) { ["shutdownTimeoutSeconds"] = "5" });
        var address = server.Client.BaseAddress!;
        using var slow = new System.Net.Sockets.TcpClient(address.Host, address.Port);
        await slow.GetStream().WriteAsync(
            System.Text.Encoding.ASCII.GetBytes($"POST /api/ann/tasks HTTP/1.1\r\nHost: {address.Authority}\r\nAuthorization: Bearer {Token.For("ann")}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{{"),
            TestContext.Current.CancellationToken);
        await server.Client.GetAsync("/health/live", TestContext.Current.CancellationToken);

        var asked = Stopwatch.GetTimestamp();
        var (exitCode, log) = await server.StopAsync();

        Assert.InRange(Stopwatch.GetElapsedTime(asked), TimeSpan.Zero, TimeSpan.FromSeconds(10));
        Assert.True(exitCode == 0, log);
    }

    [Fact]
    public async Task A_second_process_on_the_same_directory_is_refused_in_one_sentence()
    {
        await using var server = await ServerProcess.StartAsync(_directory, Environment);

        var (exitCode, _, error) = await ServerProcess.RunAsync(["--urls", "http://127.0.0.1:0"], _directory, Environment);

        Assert.Equal(1, exitCode);
        Assert.Contains(_directory, Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
        var user = App.NewUser();
        await As(server, user).CreateTask(user);
    }

    private static async Task WriteUntilKilledAsync(ServerProcess server, List<string> users, ConcurrentDictionary<string, (string User, string Title)> acknowledged)
    {
        var (writing, enough) = Write(server, users, acknowledged, acknowledged.Count + Random.Shared.Next(25, 400));

        // A writer that fails before would keep the others from ever being enough.
        await await Task.WhenAny([enough, .. writing]);
        Assert.True(enough.IsCompleted, $"A writer ended before the server was killed:\n{server.Log}");
        await server.KillAsync();
        await Task.WhenAll(writing);
    }

    /// <summary>Each user writes, one task after the other, until the server is no longer there.</summary>
    private static (List<Task> Writing, Task Enough) Write(
        ServerProcess server, List<string> users, ConcurrentDictionary<string, (string User, string Title)> acknowledged, int target)
    {
        var enough = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

        var writing = users.Select(user => Task.Run(
            async () =>
            {
                using var client = As(server, user);
                while (true)
                {
                    var title = $"Task {Guid.NewGuid()}";
                    try
                    {
                        var task = await client.CreateTask(user, title);
                        Assert.True(acknowledged.TryAdd(task.Id(), (user, title)));
                    }
                    catch (HttpRequestException)
                    {
                        return;
                    }

                    if (acknowledged.Count >= target)
                        enough.TrySetResult();
                }
            },
            TestContext.Current.CancellationToken)).ToList();

        return (writing, enough.Task);
    }

    private static async Task<Dictionary<string, (string User, string Title)>> ReadAllAsync(ServerProcess server, List<string> users)
    {
        var stored = new Dictionary<string, (string User, string Title)>();

        foreach (var user in users)
        {
            using var client = As(server, user);
            for (var url = $"/api/{user}/tasks"; url is not null;)
            {
                var response = await client.Get(url);
                foreach (var task in await response.IsList())
                    stored.Add(task!.AsObject().Id(), (task["user_id"]!.GetValue<string>(), task["title"]!.GetValue<string>()));
                url = response.Next();
            }
        }

        return stored;
    }

    private static HttpClient As(ServerProcess server, string user)
    {
        var client = new HttpClient { BaseAddress = server.Client.BaseAddress };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token.For(user));

        return client;
    }

    private void CheckFile()
    {
        using var database = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = Path.Combine(_directory, "taskslices.db"), Pooling = false }.ToString());
        database.Open();

        Assert.Equal("ok", database.Scalar("PRAGMA integrity_check"));
        Assert.Equal(0L, database.Scalar("SELECT count(*) FROM revisions r WHERE revision <> (SELECT count(*) FROM tasks t WHERE t.user_id = r.user_id)"));
    }
}
