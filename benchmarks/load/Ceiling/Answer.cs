using System.Buffers;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace TaskSlices.Load.Ceiling;

/// <summary>The response of one exchange.</summary>
public readonly struct Answer(IFeatureCollection features)
{
    [ThreadStatic]
    private static ArrayBufferWriter<byte>? buffer;

    [ThreadStatic]
    private static Utf8JsonWriter? json;

    private readonly IHttpResponseFeature _response = features.Get<IHttpResponseFeature>()!;

    public IHeaderDictionary Headers => _response.Headers;

    /// <summary>A writer for the body; of this thread, so that no await may stand between this and <see cref="SendAsync"/>.</summary>
    public static Utf8JsonWriter Begin()
    {
        buffer ??= new ArrayBufferWriter<byte>(16 * 1024);
        json ??= new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = TaskJson.Encoder, SkipValidation = true });
        buffer.ResetWrittenCount();
        json.Reset();

        return json;
    }

    /// <summary>
    /// With the length ahead and in one write: the body is small, and its copy is lost in the noise against writing into the response's
    /// PipeWriter as it goes, which is chunked then (9.6 to 9.9 against 10.1 µs for one task, 37 and 38 for a page).
    /// </summary>
    public Task SendAsync(Utf8JsonWriter written, string contentType = "application/json; charset=utf-8")
    {
        written.Flush();
        _response.Headers.ContentType = contentType;
        _response.Headers.ContentLength = buffer!.WrittenCount;
        var sent = features.Get<IHttpResponseBodyFeature>()!.Writer.WriteAsync(buffer.WrittenMemory);

        return sent.IsCompletedSuccessfully ? Task.CompletedTask : sent.AsTask();
    }

    public void Create(string location)
    {
        _response.StatusCode = StatusCodes.Status201Created;
        _response.Headers.Location = location;
    }

    public Task RefuseAsync(Refusal refusal, string path)
    {
        _response.StatusCode = refusal.Status;
        if (refusal.Challenge is { } challenge)
            _response.Headers.WWWAuthenticate = challenge;

        var body = Begin();
        refusal.Write(body, path);

        return SendAsync(body, "application/problem+json");
    }
}
