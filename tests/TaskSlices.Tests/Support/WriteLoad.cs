using System.Collections.Concurrent;
using System.Diagnostics;

namespace TaskSlices.Tests.Support;

/// <summary>Writers that go on whatever they are answered.</summary>
public sealed class WriteLoad : IAsyncDisposable
{
    private const int Writers = 16;

    private readonly CancellationTokenSource _enough = new();
    private readonly Task _writing;
    private int _refused;
    private long _slowest;

    public WriteLoad(ServerProcess api) => _writing = Task.WhenAll(Enumerable.Range(0, Writers).Select(i => WriteAsync(api.Client.BaseAddress!, $"user{i}")));

    public ConcurrentDictionary<string, bool> Ids { get; } = new();

    public ICollection<string> Acknowledged => Ids.Keys;

    public ConcurrentBag<string> Strange { get; } = [];

    public int Refused => _refused;

    public TimeSpan Slowest => TimeSpan.FromTicks(_slowest);

    public Task StopAsync()
    {
        _enough.Cancel();

        return _writing;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _enough.Dispose();
    }

    private async Task WriteAsync(Uri address, string user)
    {
        using var client = new HttpClient { BaseAddress = address };
        client.DefaultRequestHeaders.Authorization = new("Bearer", Token.For(user));
        while (!_enough.IsCancellationRequested)
        {
            var asked = Stopwatch.GetTimestamp();
            using var answer = await client.SendWith("POST", $"/api/{user}/tasks", """{"title":"Written"}""");
            var took = Stopwatch.GetElapsedTime(asked).Ticks;
            lock (_enough)
                _slowest = Math.Max(_slowest, took);

            if (answer.StatusCode is HttpStatusCode.Created)
                Ids[(await answer.Is(HttpStatusCode.Created)).Id()] = true;
            else if (answer is { StatusCode: HttpStatusCode.ServiceUnavailable, Headers.RetryAfter: not null })
            {
                Interlocked.Increment(ref _refused);
                await Task.Delay(20);
            }
            else
                Strange.Add($"{answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
        }
    }
}
