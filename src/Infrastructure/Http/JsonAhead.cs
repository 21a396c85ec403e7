using System.Text.Json;

namespace TaskSlices.Infrastructure.Http;

/// <summary>A look at the body before the slice reads it.</summary>
public static class JsonAhead
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    /// <summary>
    /// Null for what is no well-formed JSON in UTF-8, or names a member twice. The body can be read again afterwards; it is in memory, and the
    /// server limits it.
    /// </summary>
    public static async Task<JsonElement?> ReadJsonAheadAsync(this HttpRequest request)
    {
        var body = new MemoryStream();
        await request.Body.CopyToAsync(body, request.HttpContext.RequestAborted);
        body.Position = 0;
        request.Body = body;

        try
        {
            using var document = JsonDocument.Parse(body.GetBuffer().AsMemory(0, (int)body.Length), Strict);

            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
