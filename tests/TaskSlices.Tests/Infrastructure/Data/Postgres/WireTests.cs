using System.Text;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Mvc.Testing;

namespace TaskSlices.Tests.Infrastructure.Data.Postgres;

/// <summary>The same requests to both engines, one after the other: what a client sees is the same to the byte, but for ids, times and trace ids.</summary>
[Trait("Speed", "slow")]
public sealed partial class WireTests(PostgresTests.Database database) : IClassFixture<PostgresTests.Database>, IDisposable
{
    private const int Requests = 500;

    private static readonly string[] Users = ["ann", "bob", "user@example.com", "\u00e9\ud83d\ude00"];

    private static readonly string[] Texts =
    [
        "Buy milk", " spaces ", "\u00e9 vs e\u0301", "\ud83d\ude00\ud835\udd4f", "'); DROP TABLE tasks; --", "%00 \\\\ {user_id} ${x}", "\ue000 private", "a\\u0000b", "",
        new string('x', 200), new string('x', 201), "\u200b", "Z", "a", "\u00c4", "\t",
    ];

    private readonly string _directory = Directory.CreateTempSubdirectory("taskslices-").FullName;

    [Fact]
    public async Task Is_the_same_on_both_engines()
    {
        await using var sqlite = Start("sqlite", null);
        await using var postgres = Start("postgres", database.Url(database.New()));
        var (one, other) = (new Client(sqlite), new Client(postgres));
        var random = new Random(20261127);

        for (var i = 0; i < Requests; i++)
        {
            var request = Next(random);
            var (expected, actual) = (await one.SendAsync(request), await other.SendAsync(request));
            Assert.True(expected == actual, $"{i}: {request}\nSQLite: {expected}\nPostgreSQL: {actual}");
        }

        Assert.InRange(one.Statuses.Count, 6, 20);
        Assert.True(one.Known > 50, "The requests make too few tasks.");
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private WebApplicationFactory<Program> Start(string name, string? url)
    {
        (string, string)[] settings = [("BETTER_AUTH_SECRET", Token.Secret)];

        return InProcess.Start(Path.Combine(_directory, name), url is null ? settings : [.. settings, ("DATABASE_URL", url)]);
    }

    private static Request Next(Random random)
    {
        var user = Users[random.Next(Users.Length)];
        var owner = random.Next(20) == 0 ? Users[random.Next(Users.Length)] : user;
        var text = Texts[random.Next(Texts.Length)];
        var body = random.Next(8) switch
        {
            0 => "{}",
            1 => $$"""{"title":"{{text}}","completed":true}""",
            2 => $$"""{"title":"{{text}}","description":"{{Texts[random.Next(Texts.Length)]}}"}""",
            3 => $$"""{"description":null,"title":"{{text}}"}""",
            4 when random.Next(3) == 0 => "{\"title\":",
            _ => $$"""{"title":"{{text}}"}""",
        };

        return random.Next(10) switch
        {
            0 or 1 or 2 => new(user, "POST", $"/api/{Uri.EscapeDataString(owner)}/tasks", null, "", body),
            3 => new(user, "GET", $"/api/{Uri.EscapeDataString(owner)}/tasks", null, random.Next(4) switch { 0 => "", 1 => "?limit=2", 2 => "?limit=0", _ => "?limit=3&after=" }, null),
            4 => new(user, "PUT", $"/api/{Uri.EscapeDataString(owner)}/tasks/", random.Next(), "", body),
            5 => new(user, "PATCH", $"/api/{Uri.EscapeDataString(owner)}/tasks/", random.Next(), "/complete", null),
            6 => new(user, random.Next(3) == 0 ? "DELETE" : "GET", $"/api/{Uri.EscapeDataString(owner)}/tasks/", random.Next(), "", null),
            7 => new(user, "HEAD", $"/api/{Uri.EscapeDataString(owner)}/tasks", null, "", null),
            _ => new(user, "GET", $"/api/{Uri.EscapeDataString(owner)}/tasks/", random.Next(), "", null),
        };
    }

    private sealed record Request(string User, string Method, string Path, int? Task, string After, string? Body);

    /// <summary>Sends to one engine, and writes what it says with its own ids replaced by their numbers.</summary>
    private sealed partial class Client(WebApplicationFactory<Program> server)
    {
        private readonly HttpClient _client = server.CreateClient(new() { AllowAutoRedirect = false });
        private readonly List<string> _ids = [];

        public HashSet<HttpStatusCode> Statuses { get; } = [];

        public int Known => _ids.Count;

        public async Task<string> SendAsync(Request request)
        {
            var id = request.Task is not { } number ? "" : _ids.Count == 0 || number % 9 == 0 ? "00000000-0000-7000-8000-000000000000" : _ids[number % _ids.Count];
            var after = request.After.EndsWith('=') ? $"{request.After}{(_ids.Count > 0 ? _ids[^1] : "")}" : request.After;
            using var answer = await _client.SendWith(request.Method, $"{request.Path}{id}{after}", request.Body, ("Authorization", $"Bearer {Token.For(request.User)}"));
            var text = new StringBuilder($"{(int)answer.StatusCode}\n");
            foreach (var (name, values) in answer.Headers.Concat(answer.Content.Headers).Where(header => header.Key is not "Date").OrderBy(header => header.Key, StringComparer.Ordinal))
                text.Append(null, $"{name}: {string.Join(", ", values)}\n");

            Statuses.Add(answer.StatusCode);

            return Changing().Replace($"{text}{await answer.Content.ReadAsStringAsync()}", Number);
        }

        private string Number(Match match)
        {
            if (!Guid.TryParseExact(match.Value, "D", out _))
                return "…";

            if (!_ids.Contains(match.Value))
                _ids.Add(match.Value);

            return $"#{_ids.IndexOf(match.Value)}";
        }

        [GeneratedRegex("""[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\d{4}-\d\d-\d\dT[\d:.]+Z|(?<="trace_id":")[0-9a-f]+""")]
        private static partial Regex Changing();
    }
}
