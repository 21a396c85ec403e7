using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace TaskSlices.Tests.Support;

/// <summary>A collector of OpenTelemetry's protocol (OTLP, github.com/open-telemetry/opentelemetry-proto): it keeps what it is sent.</summary>
public sealed class OtlpCollector : IAsyncDisposable
{
    private const string Grpc = "application/grpc";

    private readonly WebApplication _app;
    private readonly bool _isGrpc;
    private readonly ConcurrentQueue<(string Path, byte[] Body)> _received = [];

    private OtlpCollector(WebApplication app, bool isGrpc) => (_app, _isGrpc) = (app, isGrpc);

    /// <summary>The settings of a server that sends everything here, soon.</summary>
    public Dictionary<string, string> Settings => new()
    {
        ["OTEL_EXPORTER_OTLP_ENDPOINT"] = _app.Urls.Single(),
        ["OTEL_EXPORTER_OTLP_PROTOCOL"] = _isGrpc ? "" : "http/protobuf",
        ["OTEL_METRIC_EXPORT_INTERVAL"] = "500",
        ["OTEL_BSP_SCHEDULE_DELAY"] = "100",
        ["OTEL_BLRP_SCHEDULE_DELAY"] = "100",
    };

    /// <summary>Every byte of it, as text: each byte is a character.</summary>
    public string Everything => string.Concat(_received.Select(message => Encoding.Latin1.GetString(message.Body)));

    public IEnumerable<(string Name, string Trace, string Id, string Parent)> Spans => Scoped("trace")
        .Select(span => (span.Text(5), span.Hex(1), span.Hex(2), span.Hex(4)));

    public IEnumerable<(string Name, string Unit)> Metrics => Scoped("metrics").Select(metric => (metric.Text(1), metric.Text(3)));

    public IEnumerable<string> Logs => Scoped("logs").SelectMany(log => log.Parts(5).Select(body => body.Text(1)));

    /// <param name="isGrpc">Whether it speaks gRPC, which is OpenTelemetry's default, and not HTTP.</param>
    public static async Task<OtlpCollector> StartAsync(bool isGrpc = false)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ConfigureEndpointDefaults(
            endpoint => endpoint.Protocols = isGrpc ? HttpProtocols.Http2 : HttpProtocols.Http1));
        var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        var collector = new OtlpCollector(app, isGrpc);
        app.Run(collector.KeepAsync);
        await app.StartAsync(TestContext.Current.CancellationToken);

        return collector;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task KeepAsync(HttpContext context)
    {
        var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        if (!_isGrpc)
        {
            _received.Enqueue((context.Request.Path, body.ToArray()));
            context.Response.ContentType = "application/x-protobuf";
            return;
        }

        // One message: whether it is compressed, its length in four bytes, and itself (github.com/grpc/grpc, PROTOCOL-HTTP2.md).
        Assert.Equal((Grpc, 0), (context.Request.ContentType, body.GetBuffer()[0]));
        _received.Enqueue((context.Request.Path, body.ToArray()[5..]));
        context.Response.ContentType = Grpc;
        await context.Response.Body.WriteAsync(new byte[5]);
        context.Response.AppendTrailer("grpc-status", "0");
    }

    /// <summary>The same for each of the three: resources (field 1) have scopes (2), which have items (2).</summary>
    private IEnumerable<ProtobufMessage> Scoped(string signal) => _received.Where(message => message.Path.Contains(signal, StringComparison.Ordinal))
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
