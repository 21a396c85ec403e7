using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;

namespace TaskSlices.Tests.Features.Tasks;

/// <summary>Due dates come back as they were sent, and sort as what they mean, wherever the server stands.</summary>
public sealed class DueDateTests : IDisposable
{
    private const int Count = 1000;
    private const string Time = "yyyy-MM-dd'T'HH:mm";

    private static readonly int[] Years = [1, 1600, 1900, 1970, 1999, 2000, 2024, 2025, 2026, 2027, 2028, 2038, 2100, 9998];
    private static readonly (int Month, int Day)[] Days = [(1, 1), (2, 28), (2, 29), (3, 1), (3, 29), (6, 30), (10, 25), (12, 31)];

    // In Berlin, the hour from two o'clock is missing on 29 March 2026, and is there twice on 25 October.
    private static readonly string[] Changes =
    [
        "2026-03-29T01:59:59", "2026-03-29T02:00", "2026-03-29T02:30", "2026-03-29T02:59:59.9999999", "2026-03-29T03:00", "2026-03-29T02:30:00+01:00",
        "2026-10-25T02:00", "2026-10-25T02:30", "2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00", "2026-10-25T02:59:59", "2026-10-25T03:00",
    ];

    private readonly string _directory = Directory.CreateTempSubdirectory("taskslices-").FullName;

    [Trait("Speed", "slow")]
    [Fact]
    public async Task Come_back_as_they_were_sent_and_sort_as_what_they_mean_in_every_zone()
    {
        var dates = Generate();
        var users = new List<string>();
        Assert.Equal(Count, dates.Length);
        Assert.All(["^.{10}$", "T[^+-]*[0-9]$", "Z$", @"[+]14:00$", "-12:00$", @"\.\d+", "-02-29", "-12-31"], kind => Assert.True(dates.Count(date => System.Text.RegularExpressions.Regex.IsMatch(date.Text, kind)) > 10));

        foreach (var zone in new[] { "Etc/GMT+12", "Etc/UTC", "Etc/GMT-14", "Europe/Berlin" })
        {
            Assert.True(TimeZoneInfo.TryFindSystemTimeZoneById(zone, out _), $"This machine has no {zone}.");
            await using var server = await ServerProcess.StartAsync(_directory, new() { ["TZ"] = zone, ["Auth__Secret"] = Token.Secret });
            users.Add(App.NewUser());
            var user = users[^1];
            server.Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token.For(user));

            var created = new Dictionary<string, (string Text, DateTime Meaning)>();
            await Parallel.ForEachAsync(dates, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (date, _) =>
            {
                var body = new JsonObject { ["title"] = date.Text, ["due_date"] = date.Text }.ToJsonString();
                var task = await server.Client.Post($"/api/{user}/tasks", body).Is(HttpStatusCode.Created);
                Assert.Equal(date.Text, task.Text("due_date"));
                lock (created)
                    created.Add(task.Id(), date);
            });

            var expected = created.OrderBy(task => task.Value.Meaning).ThenBy(task => task.Value.Text.Length != 10)
                .ThenBy(task => task.Key, StringComparer.Ordinal).Select(task => (task.Key, task.Value.Text)).ToArray();
            Assert.Equal(expected, await ListAsync(server.Client, user, "asc"));
            Assert.Equal(expected.Reverse(), await ListAsync(server.Client, user, "desc"));
            foreach (var (id, text) in expected.Take(20))
                Assert.Equal(text, (await server.Client.Get($"/api/{user}/tasks/{id}").Is(HttpStatusCode.OK)).Text("due_date"));

            // Those of the other zones, which a server elsewhere has written.
            foreach (var other in users)
            {
                server.Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token.For(other));
                var list = await ListAsync(server.Client, other, "asc");
                Assert.Equal(dates.Select(date => date.Text).Order(StringComparer.Ordinal), list.Select(task => task.DueDate).Order(StringComparer.Ordinal));
            }
        }
    }

    public void Dispose()
    {
        Engine.Drop(_directory);
        Directory.Delete(_directory, recursive: true);
    }

    private static async Task<(string Id, string DueDate)[]> ListAsync(HttpClient client, string user, string order)
    {
        var list = await client.Get($"/api/{user}/tasks?sort_by=due_date&order={order}").IsList();

        return [.. list.Select(task => (task!.AsObject().Id(), task.AsObject().Text("due_date")))];
    }

    /// <summary>Texts, each with its time in UTC; a time without an offset is as if it were UTC.</summary>
    private static (string Text, DateTime Meaning)[] Generate()
    {
        var random = new Random(5545);
        var dates = Changes.Select(text => (text, DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal).UtcDateTime)).ToList();

        while (dates.Count < Count)
        {
            var year = random.Next(3) == 0 ? random.Next(2, 9999) : Years[random.Next(Years.Length)];
            var (month, day) = random.Next(2) == 0 ? (random.Next(1, 13), random.Next(1, 29)) : Days[random.Next(Days.Length)];
            if (day > DateTime.DaysInMonth(year, month))
                continue;

            var date = new DateTime(year, month, day, 0, 0, 0, DateTimeKind.Utc);
            if (dates.Count % 3 == 0)
            {
                dates.Add((date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), date));
                continue;
            }

            var time = date.AddHours(random.Next(24)).AddMinutes(random.Next(60));
            var text = time.ToString(Time, CultureInfo.InvariantCulture);
            if (random.Next(3) > 0)
            {
                time = time.AddSeconds(random.Next(60));
                text += time.ToString(":ss", CultureInfo.InvariantCulture);
                if (random.Next(2) == 0)
                {
                    var digits = random.Next(1, 8);
                    var fraction = random.Next((int)Math.Pow(10, digits));
                    time = time.AddTicks(fraction * (long)Math.Pow(10, 7 - digits));
                    text += $".{fraction.ToString($"D{digits}", CultureInfo.InvariantCulture)}";
                }
            }

            var minutes = dates.Count % 3 == 1 ? 0 : random.Next(5) switch { 0 => 0, 1 => 14 * 60, 2 => -12 * 60, _ => 15 * random.Next(-48, 57) };
            var offset = TimeSpan.FromMinutes(minutes);
            if (dates.Count % 3 == 2)
                text += minutes == 0 && random.Next(2) == 0 ? "Z" : $"{(minutes < 0 ? '-' : '+')}{offset:hh\\:mm}";
            if (time.Ticks - offset.Ticks > 0)
                dates.Add((text, time - offset));
        }

        return [.. dates];
    }
}
