using System.Collections.Concurrent;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using TaskSlices.Infrastructure.Auth;

namespace TaskSlices.Tests.Support;

/// <summary>The verifier with the keys of a server, in this process, on a clock of the test's own.</summary>
public sealed class KeyReader : IAsyncDisposable
{
    private readonly ConcurrentQueue<string> _log = [];
    private readonly BetterAuthKeys _keys;
    private readonly TokenVerifier _verifier;

    private KeyReader(AuthSettings settings)
    {
        _keys = new BetterAuthKeys(Options.Create(settings), Clock, new Lines<BetterAuthKeys>(_log), new NoAccounts());
        _verifier = new TokenVerifier([_keys], new TokenMemory(Clock), Options.Create(settings), Clock, new Lines<TokenVerifier>(_log));
    }

    public SteppedClock Clock { get; } = new();
    public IReadOnlyCollection<string> Log => _log;

    /// <summary>Starts as the process does: the set is fetched in the background.</summary>
    public static async Task<KeyReader> StartAsync(AuthSettings settings)
    {
        var reader = new KeyReader(settings);
        await reader._keys.StartAsync(TestContext.Current.CancellationToken);

        return reader;
    }

    /// <summary>Starts, and waits for the first set.</summary>
    public static async Task<KeyReader> StartAsync(KeyServer server)
    {
        var reader = await StartAsync(new AuthSettings { Url = server.Url });
        await reader.HasKeys();

        return reader;
    }

    public Task HasKeys() =>
        Wait.Until("it has the keys", async () => (await _keys.CheckHealthAsync(new HealthCheckContext())).Status == HealthStatus.Healthy);

    public Task Logs(string text) => Wait.Until($"it logs '{text}'", () => _log.Any(line => line.Contains(text, StringComparison.Ordinal)));

    /// <summary>Not awaited, so that a test can see whether it must wait.</summary>
    public Task<TokenVerdict> VerifyAsync(string token) => _verifier.VerifyAsync(token, TestContext.Current.CancellationToken).AsTask();

    public async Task<string?> SubjectOf(string token) => (await VerifyAsync(token)).Subject;

    /// <summary>The code of the refusal; null if there is none.</summary>
    public async Task<string?> CodeFor(string token) => (await VerifyAsync(token)).Refusal?.Code;

    public async ValueTask DisposeAsync()
    {
        await _keys.StopAsync(CancellationToken.None);
        _keys.Dispose();
    }

    /// <summary>Of a server that keeps none.</summary>
    public sealed class NoAccounts : IAccounts
    {
        public Task<bool> HasAsync(string userId, CancellationToken ct) => Task.FromResult(false);
    }

    private sealed class Lines<T>(ConcurrentQueue<string> lines) : ILogger<T>
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.Enqueue($"{logLevel}: {formatter(state, exception)}");
    }
}
