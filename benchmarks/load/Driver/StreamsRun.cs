using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;

namespace TaskSlices.Load.Driver;

/// <summary>
/// 2,000 live streams of 200 users: what an idle one keeps in memory, how long a change of each of the users takes to reach all of them
/// while others create tasks, and what that leaves of the rate of the creates. Only the product is measured: with streams, and without.
/// </summary>
public sealed class StreamsRun(Bench bench, LoadOptions options)
{
    private const int Users = 200;
    private const int StreamsEach = 10;
    private const int RoundSeconds = 10;

    /// <summary>They do not count: the tiered compiler takes up to a fifth of the server's time until the streams are compiled.</summary>
    private const int WarmRounds = 2;

    /// <summary>For the settling of a collection, and of what was sent.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    private Dictionary<User, string> _tokens = [];

    public async Task RunAsync()
    {
        var followed = Enumerable.Range(0, Users).Select(_ => new User()).ToList();
        var others = Enumerable.Range(0, 100).Select(_ => new User()).ToList();
        _tokens = followed.ToDictionary(user => user, user => user.Token(bench.Secret));

        // The clients have a CPU of their own, as wrk has.
        await Tools.RunAsync("taskset", "-acp", Bench.WrkCpu, $"{Environment.ProcessId}");
        var seed = await bench.SeedAsync();
        seed.Fill([.. followed, .. others], 100);

        await using var server = await bench.StartAsync(bench.Product, seed, others[0]);
        using var client = new HttpClient { BaseAddress = server.Address };
        var creates = new Workload("w3", "create", "create", bench.Callers(others));
        await Round.WarmAsync([server], creates, Bench.WrkCpu);
        await BurstAsync(client, followed, null);

        Console.WriteLine($"| round | creates per second, no streams | with {Users * StreamsEach} streams | ratio | slowest change to all streams, ms | KiB a stream |");
        Console.WriteLine("|---|---|---|---|---|---|");
        for (var round = 1 - WarmRounds; round <= options.Rounds; round++)
        {
            var alone = await Round.RunAsync(server, creates, Seconds, Bench.WrkCpu);
            await Task.Delay(Pause);
            var before = server.Memory.Anonymous;
            await using var streams = await Streams.OpenAsync(server.Address, _tokens);
            await Task.Delay(Pause);
            var each = (server.Memory.Anonymous - before) * 1024 / (Users * StreamsEach);

            var load = Round.RunAsync(server, creates, Seconds, Bench.WrkCpu);
            var (slowest, changes) = (TimeSpan.Zero, 0);
            while (!load.IsCompleted)
            {
                var took = await BurstAsync(client, followed, streams);
                (slowest, changes) = (took > slowest ? took : slowest, changes + Users);
                await Task.WhenAny(load, Task.Delay(TimeSpan.FromSeconds(1)));
            }

            // The changes of the followed users are creates too.
            var with = (await load).PerSecond + changes / (double)Seconds;
            if (round < 1)
                continue;

            Console.WriteLine(
                $"| {round} | {Bench.Number(alone.PerSecond)} | {Bench.Number(with)} | **{Bench.Number(with / alone.PerSecond)}** "
                + $"| {Bench.Number(slowest.TotalMilliseconds)} | {Bench.Number(each)} |");
        }
    }

    private int Seconds => options.Seconds ?? RoundSeconds;

    /// <summary>One change of each user, all at once: from the first request until the last stream has the last of them.</summary>
    private async Task<TimeSpan> BurstAsync(HttpClient client, IEnumerable<User> users, Streams? streams)
    {
        var begun = Stopwatch.GetTimestamp();
        var all = streams?.ExpectAsync(Users * StreamsEach) ?? Task.CompletedTask;
        await Task.WhenAll(users.Select(async user =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/{user.Name}/tasks");
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _tokens[user]);
            request.Content = new StringContent("""{"title":"Seen by ten"}""", Encoding.UTF8, "application/json");
            using var answer = await client.SendAsync(request);
            if (answer.StatusCode != HttpStatusCode.Created)
                throw new LoadException($"A create of a followed user gives {(int)answer.StatusCode}.");
        }));

        return await Task.WhenAny(all, Task.Delay(TimeSpan.FromSeconds(30))) == all
            ? Stopwatch.GetElapsedTime(begun)
            : throw new LoadException("A change did not reach all streams in 30 s.");
    }

    /// <summary>Open connections to /events, of which only the number of events is read.</summary>
    private sealed class Streams : IAsyncDisposable
    {
        private readonly List<Socket> _sockets = [];
        private readonly List<Task> _readers = [];
        private TaskCompletionSource _reached = new();
        private int _missing;
        private int _open;

        public static async Task<Streams> OpenAsync(Uri address, Dictionary<User, string> tokens)
        {
            var streams = new Streams();
            foreach (var (user, token) in tokens)
            {
                var request = Encoding.ASCII.GetBytes(string.Create(
                    CultureInfo.InvariantCulture,
                    $"GET /api/{user.Name}/events HTTP/1.1\r\nHost: {address.Authority}\r\nAuthorization: Bearer {token}\r\n\r\n"));
                for (var i = 0; i < StreamsEach; i++)
                {
                    var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                    streams._sockets.Add(socket);
                    await socket.ConnectAsync(IPAddress.Loopback, address.Port);
                    await socket.SendAsync(request);
                    streams._readers.Add(streams.ReadAsync(socket));
                }
            }

            var begun = Stopwatch.GetTimestamp();
            while (Volatile.Read(ref streams._open) < streams._sockets.Count)
            {
                if (Stopwatch.GetElapsedTime(begun) > TimeSpan.FromSeconds(30))
                    throw new LoadException($"Only {streams._open} of {streams._sockets.Count} streams were opened.");

                await Task.Delay(10);
            }

            return streams;
        }

        /// <summary>Ends when so many more events have come.</summary>
        public Task ExpectAsync(int events)
        {
            _reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Volatile.Write(ref _missing, events);

            return _reached.Task;
        }

        public async ValueTask DisposeAsync()
        {
            _sockets.ForEach(socket => socket.Dispose());
            await Task.WhenAll(_readers);
        }

        private async Task ReadAsync(Socket socket)
        {
            var buffer = new byte[4096];
            var (kept, isOpen) = (0, false);
            try
            {
                while (await socket.ReceiveAsync(buffer.AsMemory(kept)) is > 0 and var read)
                {
                    var text = buffer.AsSpan(0, kept + read);
                    if (!isOpen && text.IndexOf("id: "u8) >= 0)
                    {
                        isOpen = true;
                        Interlocked.Increment(ref _open);
                    }

                    for (var i = text.Count("\nevent: "u8); i > 0; i--)
                    {
                        if (Interlocked.Decrement(ref _missing) == 0)
                            _reached.TrySetResult();
                    }

                    // What may be the beginning of the next one.
                    var tail = text[Math.Max(0, text.LastIndexOf((byte)'\n'))..];
                    kept = tail.Length < "\nevent: ".Length ? tail.Length : 0;
                    tail[..kept].CopyTo(buffer);
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // Closed by this run.
            }
        }
    }
}
