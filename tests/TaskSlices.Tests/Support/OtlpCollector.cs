using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace TaskSlices.Tests.Support;

/// <summary>A collector of OpenTelemetry's protocol over HTTP (OTLP, github.com/open-telemetry/opentelemetry-proto): it keeps what it is sent.</summary>
public sealed class OtlpCollector : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<(string Path, byte[] Body)> _received = [];

    private OtlpCollector(WebApplication app) => _app = app;

    /// <summary>The settings of a server that sends everything here, soon.</summary>
    public Dictionary<string, string> Settings => new()
    {
        ["OTEL_EXPORTER_OTLP_ENDPOINT"] = _app.Urls.Single(),
        ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
        ["OTEL_METRIC_EXPORT_INTERVAL"] = "500",
        ["OTEL_BSP_SCHEDULE_DELAY"] = "100",
        ["OTEL_BLRP_SCHEDULE_DELAY"] = "100",
    };

    /// <summary>Every byte of it, as text: each byte is a character.</summary>
    public string Everything => string.Concat(_received.Select(message => Encoding.Latin1.GetString(message.Body)));

    public IEnumerable<(string Name, string Trace, string Id, string Parent)> Spans => Scoped("/v1/traces")
        .Select(span => (span.Text(5), span.Hex(1), span.Hex(2), span.Hex(4)));

    public IEnumerable<(string Name, string Unit)> Metrics => Scoped("/v1/metrics").Select(metric => (metric.Text(1), metric.Text(3)));

    public IEnumerable<string> Logs => Scoped("/v1/logs").SelectMany(log => log.Parts(5).Select(body => body.Text(1)));

    public static async Task<OtlpCollector> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        var collector = new OtlpCollector(app);
        app.Run(collector.KeepAsync);
        await app.StartAsync(TestContext.Current.CancellationToken);

        return collector;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task KeepAsync(HttpContext context)
    {
        var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        _received.Enqueue((context.Request.Path, body.ToArray()));
        context.Response.ContentType = "application/x-protobuf";
    }

    /// <summary>The same for each of the three: resources (field 1) have scopes (2), which have items (2).</summary>
    private IEnumerable<ProtobufMessage> Scoped(string path) => _received.Where(message => message.Path == path)
        .SelectMany(message => new ProtobufMessage(message.Body).Parts(1)).SelectMany(resource => resource.Parts(2)).SelectMany(scope => scope.Parts(2));
}

/// <summary>A message of Protocol Buffers (protobuf.dev/programming-guides/encoding), read without its schema.</summary>
public sealed class ProtobufMessage
{
    private readonly List<(ulong Number, byte[] Bytes)> _fields = [];

    public ProtobufMessage(byte[] bytes)
    {
        for (var at = 0; at < bytes.Length;)
        {
            var tag = Varint();
            switch (tag & 7)
            {
                case 0:
                    Varint();
                    break;
                case 1:
                    at += 8;
                    break;
                case 2:
                    var length = (int)Varint();
                    _fields.Add((tag >> 3, bytes[at..(at + length)]));
                    at += length;
                    break;
                case 5:
                    at += 4;
                    break;
                default:
                    throw new InvalidDataException($"No protobuf: wire type {tag & 7}.");
            }

            ulong Varint()
            {
                var value = 0UL;
                for (var shift = 0; ; shift += 7)
                {
                    value |= (ulong)(bytes[at] & 0x7f) << shift;
                    if (bytes[at++] < 0x80)
                        return value;
                }
            }
        }
    }

    public IEnumerable<ProtobufMessage> Parts(ulong number) => Bytes(number).Select(bytes => new ProtobufMessage(bytes));

    public string Text(ulong number) => Encoding.UTF8.GetString(Bytes(number).FirstOrDefault([]));

    public string Hex(ulong number) => Convert.ToHexStringLower(Bytes(number).FirstOrDefault([]));

    private IEnumerable<byte[]> Bytes(ulong number) => _fields.Where(field => field.Number == number).Select(field => field.Bytes);
}
