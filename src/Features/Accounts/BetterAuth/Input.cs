using System.Text.Json;
using System.Text.Json.Serialization;

namespace TaskSlices.Features.Accounts.BetterAuth;

/// <summary>
/// A member of a request's body of any JSON kind, so that a wrong kind is refused in Better Auth's words. Each rule returns what is wrong,
/// or null.
/// </summary>
[JsonConverter(typeof(Reader))]
public readonly record struct Input(JsonElement Value)
{
    /// <summary>The string; empty if the member is none.</summary>
    public string Text => Value.ValueKind is JsonValueKind.String ? Value.GetString()! : "";

    public bool IsTrue => Value.ValueKind is JsonValueKind.True;

    public bool IsFalse => Value.ValueKind is JsonValueKind.False;

    public bool IsNull => Value.ValueKind is JsonValueKind.Null;

    public bool IsAbsent => Value.ValueKind is JsonValueKind.Undefined;

    /// <summary>Always false: only a body sets it, never a route or a query string.</summary>
    public static bool TryParse(string? text, out Input input)
    {
        input = default;

        return false;
    }

    public string? MustBeText(string name, int least = 0, int limit = int.MaxValue) =>
        Value.ValueKind is not JsonValueKind.String ? Expected("string", name)
        : Text.Length < least ? $"[body.{name}] Too small: expected string to have >={least} characters"
        : Text.Length > limit ? $"[body.{name}] Too big: expected string to have <={limit} characters"
        : Text.Contains('\0', StringComparison.Ordinal) ? $"[body.{name}] Invalid input: NUL is no character of a text"
        : null;

    public string? MustBeEmail(string name) =>
        MustBeText(name) ?? (Account.IsEmail(Text) ? null : $"[body.{name}] Invalid email address");

    public string? MustBeBoolean(string name) =>
        Value.ValueKind is JsonValueKind.True or JsonValueKind.False ? null : Expected("boolean", name);

    public static string KindOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.True or JsonValueKind.False => "boolean",
        var kind => $"{kind}".ToLowerInvariant(),
    };

    private string Expected(string kind, string name) => $"[body.{name}] Invalid input: expected {kind}, received {KindOf(Value)}";

    private sealed class Reader : JsonConverter<Input>
    {
        public override bool HandleNull => true;

        public override Input Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            new(JsonElement.ParseValue(ref reader));

        public override void Write(Utf8JsonWriter writer, Input value, JsonSerializerOptions options) => value.Value.WriteTo(writer);
    }
}
