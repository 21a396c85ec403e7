using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace TaskSlices.Tests.Support;

/// <summary>A server with a key set where Better Auth has it, that answers what the test says, and counts how often it is asked.</summary>
public sealed class KeyServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<string> _paths = [];
    private int _now;

    private KeyServer(WebApplication app) => _app = app;

    public Uri Address { get; private set; } = null!;

    /// <summary>Its address as an origin, without the slash at its end.</summary>
    public string Url => Address.GetLeftPart(UriPartial.Authority);

    /// <summary>What it answers, whatever the path.</summary>
    public Func<HttpContext, Task> Answer { get; set; } = _ => Task.CompletedTask;

    /// <summary>Runs on each request, before the answer.</summary>
    public Action OnAsked { get; set; } = () => { };

    /// <summary>The path of each request so far.</summary>
    public IReadOnlyCollection<string> Paths => _paths;

    public int Asked => _paths.Count;
    public int MostAtOnce { get; private set; }

    public static async Task<KeyServer> StartAsync(params SigningKey[] keys)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        var server = new KeyServer(app);
        server.Publish(keys);
        app.Run(server.AnswerAsync);
        await app.StartAsync(TestContext.Current.CancellationToken);
        server.Address = new Uri(app.Urls.Single());

        return server;
    }

    /// <summary>The set from now on.</summary>
    public void Publish(params SigningKey[] keys) => Say(SigningKey.Set(keys));

    /// <summary>What it answers from now on, with status 200.</summary>
    public void Say(string text) => Answer = context => context.Response.WriteAsync(text);

    public void Redirect(int status, string location) => Answer = context =>
    {
        context.Response.StatusCode = status;
        context.Response.Headers.Location = location;

        return Task.CompletedTask;
    };

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        _paths.Enqueue(context.Request.Path);
        OnAsked();
        lock (_paths)
            MostAtOnce = Math.Max(MostAtOnce, ++_now);
        try
        {
            await Answer(context);
        }
        catch (OperationCanceledException)
        {
            // Whoever asked has given up.
        }
        finally
        {
            lock (_paths)
                _now--;
        }
    }
}
