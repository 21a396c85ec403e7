using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace TaskSlices.Tests.Support;

/// <summary>An event as a client gets it; a comment has neither id nor kind.</summary>
public sealed record StreamedEvent(long? Id, string? Kind, JsonObject? Data);

/// <summary>A client of a stream of events (HTML Living Standard section 9.2.6), that reads when it is told to.</summary>
public sealed class EventReader(HttpResponseMessage response, Stream body) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly StreamReader _reader = new(body, new UTF8Encoding(false, throwOnInvalidBytes: true));

    public HttpResponseMessage Response => response;

    /// <summary>The id of the last event, or the one that the stream began with.</summary>
    public long LastId { get; private set; } = -1;

    /// <summary>Opens a stream, and reads how it begins.</summary>
    public static async Task<EventReader> OpenAsync(HttpClient client, string url, long? lastEventId = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, url);
        if (lastEventId is not null)
            request.Headers.Add("Last-Event-ID", $"{lastEventId}");

        var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        Assert.True(response.StatusCode is HttpStatusCode.OK, $"{response.StatusCode}");
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.ToString());
        var reader = new EventReader(response, await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
        Assert.Equal("retry: 1000", await reader.LineAsync());
        Assert.Equal((null, null), await reader.NextAsync() is { } first ? (first.Kind, first.Data) : default);
        Assert.True(reader.LastId >= 0);

        return reader;
    }

    /// <summary>The next event or comment; null at the end of the stream. Fails if there is none in time.</summary>
    public async Task<StreamedEvent?> NextAsync()
    {
        var (id, kind, data, isComment) = (default(long?), default(string), default(JsonObject), false);
        while (await LineAsync() is { } line)
        {
            if (line.Length == 0)
            {
                LastId = id ?? LastId;
                return new StreamedEvent(id, kind, data);
            }

            isComment |= line == ":";
            if (line.StartsWith("id: ", StringComparison.Ordinal))
                id = long.Parse(line[4..], CultureInfo.InvariantCulture);
            else if (line.StartsWith("event: ", StringComparison.Ordinal))
                kind = line[7..];
            else if (line.StartsWith("data: ", StringComparison.Ordinal))
                data = JsonNode.Parse(line[6..])!.AsObject();
            else
                Assert.True(isComment, $"What is {line}?");
        }

        return null;
    }

    /// <summary>The next events, so many.</summary>
    public async Task<List<StreamedEvent>> ReadAsync(int count)
    {
        var events = new List<StreamedEvent>();
        while (events.Count < count)
            events.Add(await NextAsync() ?? throw new InvalidOperationException("The stream has ended."));

        return events;
    }

    /// <summary>Reads to the end, which must come soon; gives what came before.</summary>
    public async Task<List<StreamedEvent>> ReadToEndAsync()
    {
        var events = new List<StreamedEvent>();
        while (await NextAsync() is { } next)
            events.Add(next);

        return events;
    }

    public void Dispose() => response.Dispose();

    private async Task<string?> LineAsync()
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(Patience);

        return await _reader.ReadLineAsync(patience.Token);
    }
}
