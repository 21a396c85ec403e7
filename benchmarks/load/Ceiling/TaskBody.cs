using System.Buffers;
using System.Text;
using System.Text.Json;

namespace TaskSlices.Load.Ceiling;

/// <summary>The members of a body that count, in UTF-8 and trimmed, or what is wrong with them.</summary>
public ref struct TaskBody
{
    private const int TitleLimit = 200;
    private const int DescriptionLimit = 1000;

    public byte[]? Title { get; private set; }
    public byte[]? Description { get; private set; }
    public bool HasDescription { get; private set; }
    public bool? Completed { get; private set; }
    public Refusal? Refusal { get; private set; }

    public static TaskBody Read(in ReadOnlySequence<byte> utf8)
    {
        var body = new TaskBody();
        if (utf8.IsEmpty)
            return body;

        try
        {
            body.Read(utf8.IsSingleSegment ? utf8.FirstSpan : utf8.ToArray());
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            body.Refusal = Refusal.MalformedJson;
        }

        return body;
    }

    private void Read(ReadOnlySpan<byte> utf8)
    {
        var reader = new Utf8JsonReader(utf8);
        if (!reader.Read() || reader.TokenType is not JsonTokenType.StartObject)
            Refusal = Refusal.Invalid;

        while (reader.Read())
        {
            if (reader.TokenType is not JsonTokenType.PropertyName || reader.CurrentDepth != 1)
                continue;

            if (reader.ValueTextEquals("title"u8))
                Title = Text(ref reader, TitleLimit, trim: true);
            else if (reader.ValueTextEquals("description"u8))
            {
                Description = Text(ref reader, DescriptionLimit, trim: false);
                HasDescription = true;
            }
            else if (reader.ValueTextEquals("completed"u8))
            {
                reader.Read();
                Completed = reader.TokenType switch
                {
                    JsonTokenType.True => true,
                    JsonTokenType.False => false,
                    _ => Refuse(),
                };
            }
            else
                reader.Skip();
        }
    }

    private byte[]? Text(ref Utf8JsonReader reader, int limit, bool trim)
    {
        reader.Read();
        if (reader.TokenType is JsonTokenType.Null && !trim)
            return null;

        if (reader.TokenType is not JsonTokenType.String)
        {
            Refuse();
            return null;
        }

        // In ASCII a byte is a character, and white space is what string.Trim takes for it.
        if (!reader.ValueIsEscaped && Ascii.IsValid(reader.ValueSpan))
        {
            var span = trim ? reader.ValueSpan[Ascii.Trim(reader.ValueSpan)] : reader.ValueSpan;
            if (span.Length > limit || (trim && span.IsEmpty))
                Refuse();

            return span.ToArray();
        }

        var text = trim ? reader.GetString()!.Trim() : reader.GetString()!;
        if (text.EnumerateRunes().Count() > limit || text.Contains('\0', StringComparison.Ordinal) || (trim && text.Length == 0))
            Refuse();

        return Encoding.UTF8.GetBytes(text);
    }

    private bool? Refuse()
    {
        Refusal = Refusal.Invalid;

        return null;
    }
}
