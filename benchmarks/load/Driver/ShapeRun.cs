using System.Diagnostics;
using System.Net.Http.Headers;
using Npgsql;

namespace TaskSlices.Load.Driver;

/// <summary>
/// How long the newest page of 50 takes a user who has 100 tasks, while the table grows. The tasks of each user are spread over the whole
/// table, as they are when all users write at the same time.
/// </summary>
public sealed class ShapeRun(Bench bench, LoadOptions options)
{
    private const int TasksPerUser = 100;
    private const int Pages = 2000;

    public async Task RunAsync()
    {
        await using var server = bench.Ceiling.Start(bench.NewDirectory(), bench.Secret, Bench.ServerCpu);
        var first = UserOf(0);
        await server.FirstAnswerAsync($"/api/{first.Name}/tasks", first.Token(bench.Secret));
        await using var database = NpgsqlDataSource.Create(options.Postgres!);
        using var client = new HttpClient { BaseAddress = server.Address };

        Console.WriteLine("| tasks | users | p50 ms | p99 ms |");
        Console.WriteLine("|---|---|---|---|");
        foreach (var users in new[] { 1_000, 10_000, 100_000 })
        {
            await FillAsync(database, users);
            await TimeAsync(client, users);
            var times = await TimeAsync(client, users);

            Console.WriteLine($"| {users * TasksPerUser:#,0} | {users:#,0} | {Bench.Number(times[Pages / 2])} | {Bench.Number(times[Pages * 99 / 100])} |");
        }
    }

    private static User UserOf(int number) => new() { Name = $"user{number}" };

    private static async Task FillAsync(NpgsqlDataSource database, int users)
    {
        foreach (var sql in new[]
        {
            "TRUNCATE tasks",
            $"""
            INSERT INTO tasks (user_id, id, title, completed, created_at, updated_at, revision)
            SELECT 'user' || i % {users}, (lpad(to_hex(1700000000000 + i), 12, '0') || '70008000' || lpad(to_hex(i), 12, '0'))::uuid,
                'A task of about forty characters, no. ' || i, false, now(), now(), i / {users} + 1
            FROM generate_series(1, {users * TasksPerUser}) AS i
            """,
            "VACUUM ANALYZE tasks",
        })
        {
            await using var command = database.CreateCommand(sql);
            command.CommandTimeout = 0;
            await command.ExecuteNonQueryAsync();
        }
    }

    /// <summary>In milliseconds, sorted.</summary>
    private async Task<List<double>> TimeAsync(HttpClient client, int users)
    {
        var times = new List<double>();
        for (var i = 0; i < Pages; i++)
        {
            var user = UserOf(Random.Shared.Next(users));
            using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/{user.Name}/tasks?limit=50");
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", user.Token(bench.Secret));
            var started = Stopwatch.GetTimestamp();
            using var answer = await client.SendAsync(request);
            times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            if (!answer.IsSuccessStatusCode)
                throw new LoadException($"A page was answered with {answer.StatusCode}.");
        }

        times.Sort();

        return times;
    }
}
