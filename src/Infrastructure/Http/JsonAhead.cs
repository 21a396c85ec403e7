using System.Text.Json;

namespace TaskSlices.Infrastructure.Http;

/// <summary>Reads the body before the slice does.</summary>
public static class JsonAhead
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    /// <summary>
    /// Null for a body that is not well-formed JSON in UTF-8, names a member twice, or has an unpaired surrogate. The body can be read
    /// again afterwards; it is kept in memory, at most <see cref="RequestTidying.BodyLimit"/>.
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

            ReadTexts(document.RootElement);

            return document.RootElement.Clone();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <exception cref="InvalidOperationException">One of them can't be read.</exception>
    private static void ReadTexts(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.String:
                _ = element.GetString();
                break;
            case JsonValueKind.Array:
                foreach (var item in element.EnumerateArray())
                    ReadTexts(item);
                break;
            case JsonValueKind.Object:
                foreach (var member in element.EnumerateObject())
                {
                    _ = member.Name;
                    ReadTexts(member.Value);
                }

                break;
        }
    }
}
