using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;

namespace TaskSlices.Tests.Support;

/// <summary>
/// Clients that change the tasks of a few users at once, retry what got no answer, and followers that keep a copy by the change feed or by events. At the
/// end nothing is lost, nothing is there twice, and every copy is what the server has.
/// </summary>
public sealed class SyncModel(Func<int, Uri> addressOf, int operations)
{
    private const int Clients = 8, Users = 5;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private static readonly Gen<Operation> Operations =
        from user in Gen.Choose(0, Users - 1)
        from kind in Gen.Frequency(
            (4, Gen.Constant("create")), (2, Gen.Constant("create twice")), (3, Gen.Constant("merge")), (2, Gen.Constant("merge if")), (1, Gen.Constant("merge if stale")),
            (3, Gen.Constant("toggle")), (2, Gen.Constant("delete")), (2, Gen.Constant("restore")), (2, Gen.Constant("batch")), (1, Gen.Constant("broken batch")))
        from pick in Gen.Choose(0, int.MaxValue - 1)
        select new Operation(user, kind, pick);

    private readonly History[] _histories = [.. Enumerable.Range(0, Users).Select(_ => new History())];
    private readonly ConcurrentBag<string> _strange = [];
    private int _done, _keys;
    private volatile bool _isOver;

    /// <summary>How many operations have been carried out.</summary>
    public int Done => _done;

    public string[] Strange => [.. _strange];

    public string Summary => $"{_done} operations, {_histories.Sum(h => h.Unknown)} without an answer, {_histories.Sum(h => h.Changes.Count)} answered changes, {_histories.Sum(h => h.Refused)} of 412.";

    public static string UserOf(int user) => $"user{user}";

    /// <summary>Runs the clients and the followers until all operations are done; the copies of the followers, by user.</summary>
    public async Task<List<(int User, Dictionary<string, string> Rows)>> RunAsync()
    {
        var work = Operations.Sample(operations, 10).Chunk((operations + Clients - 1) / Clients).ToList();
        var following = Enumerable.Range(0, Users)
            .SelectMany(user => new[] { Task.Run(() => FollowAsync(user, 3)), Task.Run(() => FollowAsync(user, 50)), Task.Run(() => FollowEventsAsync(user)) }).ToList();
        await Task.WhenAll(work.Select((part, client) => Task.Run(() => WorkAsync(client, part))));
        _isOver = true;

        return [.. await Task.WhenAll(following)];
    }

    /// <summary>Compares what the clients were told, the followers' copies and the server.</summary>
    public async Task CheckAsync(List<(int User, Dictionary<string, string> Rows)> copies)
    {
        Assert.Empty(Strange);
        for (var user = 0; user < Users; user++)
        {
            using var client = NewClient(user, 0);
            var list = await client.Get($"/api/{UserOf(user)}/tasks");
            var last = long.Parse(list.Headers.ETag!.Tag.Trim('"'), System.Globalization.CultureInfo.InvariantCulture);
            var live = (await list.IsList()).ToDictionary(task => task!.AsObject().Id(), task => task!.AsObject());
            var deleted = (await client.Get($"/api/{UserOf(user)}/tasks?deleted=true").IsList()).Select(task => task!.AsObject()).ToList();
            var history = _histories[user];

            foreach (var copy in copies.Where(copy => copy.User == user))
            {
                Assert.Equal(
                    live.Select(task => (task.Key, task.Value.ToJsonString())).Order(),
                    copy.Rows.Select(row => (row.Key, row.Value)).Order());
            }

            // Each create that was answered is there once, whether deleted since or not, and none that was not asked for.
            var created = live.Values.Concat(deleted).Select(task => task.Text("description")).ToList();
            Assert.Equal(created.Distinct().Count(), created.Count);
            Assert.Empty(history.Created.Keys.Except(created));
            Assert.Empty(created.Except(history.Asked.Keys));

            // What was answered last of a task is what is there, unless a change without an answer came behind it.
            var overwritten = 0;
            foreach (var (id, (revision, row)) in history.Changes.GroupBy(change => change.Value.Id)
                .ToDictionary(changes => changes.Key, changes => changes.Select(change => (change.Key, change.Value.Row)).MaxBy(change => change.Key)))
            {
                if (live.TryGetValue(id, out var there) && there.Revision() == revision)
                    Assert.Equal(row, there.ToJsonString());
                else if (there is null && deleted.Exists(task => task.Id() == id))
                    continue;
                else if (there is not null && there.Revision() > revision)
                    overwritten++;
                else
                    Assert.Fail($"Task {id} is {there?.ToJsonString() ?? "gone"}, and was {row}.");
            }

            Assert.InRange(overwritten, 0, history.Unknown);

            // Each change took one number: those that are not accounted for are the ones without an answer.
            Assert.InRange(last - history.Changes.Count - history.Deletions, 0, history.Unknown);
            if (live.Count > 0)
                Assert.InRange(live.Values.Max(task => task.Revision()), 1, last);
        }
    }

    private async Task WorkAsync(int client, Operation[] part)
    {
        var clients = Enumerable.Range(0, Users).Select(user => NewClient(user, client)).ToArray();
        foreach (var operation in part)
        {
            try
            {
                await RunAsync(clients[operation.User], operation);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                _strange.Add($"{operation}: {e.Message}");
            }

            Interlocked.Increment(ref _done);
        }
    }

    private async Task RunAsync(HttpClient client, Operation operation)
    {
        var (history, tasks) = (_histories[operation.User], $"/api/{UserOf(operation.User)}/tasks");
        var known = history.Find(operation.Pick);
        var title = $$"""{"title":"T{{operation.Pick % 1000}}"}""";
        switch (operation.Kind)
        {
            case "create" or "create twice":
            case var _ when known is null:
                var key = $"key-{Interlocked.Increment(ref _keys)}";
                history.Asked[key] = true;
                foreach (var _ in Enumerable.Range(0, operation.Kind == "create twice" ? 2 : 1))
                    await CreateAsync(client, history, tasks, key);
                break;
            case "merge":
                history.Note(await SendAsync(client, history, "PUT", $"{tasks}/{known.Id}", title));
                break;
            case "merge if":
                history.Note(await SendAsync(client, history, "PATCH", $"{tasks}/{known.Id}", title, ("If-Match", $"\"{known.Revision}\"")));
                break;
            case "merge if stale":
                var refused = await SendAsync(client, history, "PATCH", $"{tasks}/{known.Id}", title, ("If-Match", "\"0\""));
                if (refused?.Status is HttpStatusCode.OK)
                    _strange.Add($"A stale If-Match was let through: {refused.Body}");
                history.Note(refused);
                break;
            case "toggle":
                history.Note(await SendAsync(client, history, "PATCH", $"{tasks}/{known.Id}/complete", null));
                break;
            case "delete":
                if ((await SendAsync(client, history, "DELETE", $"{tasks}/{known.Id}", null))?.Status is HttpStatusCode.OK)
                    history.CountDeletion();
                break;
            case "restore":
                history.Note(await SendAsync(client, history, "POST", $"{tasks}/{known.Id}/restore", null));
                break;
            default:
                await RunBatchAsync(client, history, operation, known);
                break;
        }
    }

    /// <summary>Until there is an answer: a retry is the same request, however often it is sent.</summary>
    private async Task CreateAsync(HttpClient client, History history, string tasks, string key)
    {
        var answer = await PersistAsync(client, "POST", tasks, $$"""{"title":"New","description":"{{key}}"}""", key);
        if (answer.Status is not HttpStatusCode.Created)
            _strange.Add($"A create was answered with {answer.Status}: {answer.Body}");
        else
        {
            history.Created[key] = true;
            history.Note(answer);
        }
    }

    private async Task RunBatchAsync(HttpClient client, History history, Operation operation, Known known)
    {
        var (first, second) = ($"key-{Interlocked.Increment(ref _keys)}", $"key-{Interlocked.Increment(ref _keys)}");
        var isBroken = operation.Kind == "broken batch";
        if (!isBroken)
            (history.Asked[first], history.Asked[second]) = (true, true);

        var batch = new JsonObject
        {
            ["operations"] = new JsonArray(
                Create(first), Create(second),
                isBroken
                    ? new JsonObject { ["method"] = "PATCH", ["path"] = $"/tasks/{known.Id}", ["body"] = new JsonObject { ["title"] = "Never" }, ["if_match"] = "\"0\"" }
                    : new JsonObject { ["method"] = "POST", ["path"] = $"/tasks/{known.Id}/restore" }),
        };
        var answer = await PersistAsync(client, "POST", $"/api/{UserOf(operation.User)}/batch", batch.ToJsonString(), $"{first}-batch");
        if (isBroken)
        {
            if (answer.Status is not (HttpStatusCode.PreconditionFailed or HttpStatusCode.NotFound))
                _strange.Add($"A broken batch was answered with {answer.Status}: {answer.Body}");
            return;
        }

        if (answer.Status is HttpStatusCode.OK)
        {
            (history.Created[first], history.Created[second]) = (true, true);
            foreach (var result in JsonNode.Parse(answer.Body)!["results"]!.AsArray())
                history.Note(new Answer(HttpStatusCode.OK, result!["body"]!.ToJsonString()));
        }
        else if (answer.Status is not HttpStatusCode.NotFound)
            _strange.Add($"A batch was answered with {answer.Status}: {answer.Body}");

        static JsonObject Create(string key) =>
            new() { ["method"] = "POST", ["path"] = "/tasks", ["body"] = new JsonObject { ["title"] = "Of a batch", ["description"] = key } };
    }

    private static async Task<Answer> PersistAsync(HttpClient client, string method, string url, string json, string key)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            if (await TrySendAsync(client, method, url, json, ("Idempotency-Key", key)) is { } answer)
                return answer;

            await Task.Delay(50, patience.Token);
        }
    }

    /// <summary>Once; null if there was no answer, and nobody knows whether it was carried out.</summary>
    private static async Task<Answer?> SendAsync(
        HttpClient client, History history, string method, string url, string? json, params (string Name, string Value)[] headers)
    {
        var answer = await TrySendAsync(client, method, url, json, headers);
        if (answer is null)
        {
            history.CountUnknown();
            await Task.Delay(50);
        }

        return answer;
    }

    private static async Task<Answer?> TrySendAsync(
        HttpClient client, string method, string url, string? json, params (string Name, string Value)[] headers)
    {
        try
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), url);
            if (json is not null)
                request.Content = new StringContent(json, Encoding.UTF8, "application/json");
            foreach (var (name, value) in headers)
                request.Headers.TryAddWithoutValidation(name, value);

            using var response = await client.SendAsync(request);
            var body = await response.Content.ReadAsStringAsync();

            return response.StatusCode is HttpStatusCode.ServiceUnavailable ? null : new Answer(response.StatusCode, body);
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            return null;
        }
    }

    private async Task<(int User, Dictionary<string, string> Rows)> FollowAsync(int user, int limit)
    {
        using var client = NewClient(user, limit);
        var (rows, since) = (new Dictionary<string, string>(), 0L);
        while (true)
        {
            var wasOver = _isOver;
            if (await TrySendAsync(client, "GET", $"/api/{UserOf(user)}/changes?since={since}&limit={limit}", null) is not { } answer)
            {
                await Task.Delay(50);
                continue;
            }

            if (answer.Status is not HttpStatusCode.OK)
            {
                _strange.Add($"A follower was answered with {answer.Status}: {answer.Body}");
                return (user, rows);
            }

            var page = JsonNode.Parse(answer.Body)!.AsObject();
            foreach (var change in page["changes"]!.AsArray().Select(change => change!.AsObject()))
                Apply(change, rows, ref since);

            since = page["next"]!.GetValue<long>();
            if (page["more"]!.GetValue<bool>())
                continue;
            if (wasOver)
                return (user, rows);

            await Task.Delay(50);
        }
    }

    /// <summary>As EventSource does: it comes back with the last id that it got.</summary>
    private async Task<(int User, Dictionary<string, string> Rows)> FollowEventsAsync(int user)
    {
        using var client = NewClient(user, 1);
        var (rows, since) = (new Dictionary<string, string>(), 0L);
        while (true)
        {
            var wasOver = _isOver;
            using var connection = new CancellationTokenSource(TimeSpan.FromSeconds(3));
            try
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/{UserOf(user)}/events");
                request.Headers.Add("Last-Event-ID", $"{since}");
                using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, connection.Token);
                using var lines = new StreamReader(await response.EnsureSuccessStatusCode().Content.ReadAsStreamAsync(connection.Token));
                while (await lines.ReadLineAsync(connection.Token) is { } line)
                {
                    if (line.StartsWith("data: ", StringComparison.Ordinal))
                        Apply(JsonNode.Parse(line["data: ".Length..])!.AsObject(), rows, ref since);
                }
            }
            catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
            {
                await Task.Delay(50);
            }

            if (wasOver)
                return (user, rows);
        }
    }

    private void Apply(JsonObject change, Dictionary<string, string> rows, ref long since)
    {
        if (change.Revision() <= since)
            _strange.Add($"A follower at {since} got {change}");

        since = change.Revision();
        if (change["deleted"]!.GetValue<bool>())
            rows.Remove(change.Id());
        else
            rows[change.Id()] = change["row"]!.ToJsonString();
    }

    private HttpClient NewClient(int user, int number)
    {
        var client = new HttpClient { BaseAddress = addressOf(number), Timeout = TimeSpan.FromSeconds(15) };
        client.DefaultRequestHeaders.Authorization = new("Bearer", Token.For(UserOf(user)));

        return client;
    }

    private sealed record Operation(int User, string Kind, int Pick);

    private sealed record Answer(HttpStatusCode Status, string Body);

    private sealed record Known(string Id, long Revision);

    /// <summary>What the clients know of one user's tasks.</summary>
    private sealed class History
    {
        private readonly ConcurrentDictionary<string, long> _tasks = new();
        private string[] _ids = [];
        private int _unknown, _deletions, _refused;

        /// <summary>By the number that it took.</summary>
        public ConcurrentDictionary<long, (string Id, string Row)> Changes { get; } = new();

        public ConcurrentDictionary<string, bool> Asked { get; } = new();

        public ConcurrentDictionary<string, bool> Created { get; } = new();

        public int Unknown => _unknown;

        public int Deletions => _deletions;

        public int Refused => _refused;

        public void CountUnknown() => Interlocked.Increment(ref _unknown);

        public void CountDeletion() => Interlocked.Increment(ref _deletions);

        public Known? Find(int pick)
        {
            var ids = Volatile.Read(ref _ids);

            return ids.Length == 0 ? null : new Known(ids[pick % ids.Length], _tasks[ids[pick % ids.Length]]);
        }

        public void Note(Answer? answer)
        {
            if (answer?.Status is HttpStatusCode.PreconditionFailed)
                Interlocked.Increment(ref _refused);
            if (answer is not { Status: HttpStatusCode.OK or HttpStatusCode.Created })
                return;

            var row = JsonNode.Parse(answer.Body)!.AsObject();
            var (id, revision) = (row.Id(), row.Revision());
            if (Changes.GetOrAdd(revision, (id, answer.Body)) is var noted && noted != (id, answer.Body))
                Assert.Fail($"Two changes have the number {revision}: {noted} and {answer.Body}");

            _tasks.AddOrUpdate(id, revision, (_, before) => Math.Max(before, revision));
            lock (_tasks)
                Volatile.Write(ref _ids, [.. _tasks.Keys]);
        }
    }
}
