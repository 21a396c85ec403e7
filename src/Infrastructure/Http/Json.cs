using System.Globalization;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using FastEndpoints;

namespace TaskSlices.Infrastructure.Http;

/// <summary>How JSON looks on the wire: snake_case, times in UTC with milliseconds, null where a text is nullable and only there.</summary>
public static class Json
{
    private static readonly JsonNamingPolicy Naming = JsonNamingPolicy.SnakeCaseLower;

    public static void AddJson(this IServiceCollection services) => services.ConfigureHttpJsonOptions(options =>
    {
        var json = options.SerializerOptions;
        json.PropertyNamingPolicy = Naming;
        json.AllowDuplicateProperties = false;
        json.RespectNullableAnnotations = true;
        json.Converters.Add(new UtcMilliseconds());
        json.TypeInfoResolver = json.TypeInfoResolver!.WithAddedModifier(RemoveWhatIsNotOfTheBody);
    });

    /// <summary>The name of a property outside the body: in a route or a query string.</summary>
    public static string WireName(PropertyInfo property) =>
        property.GetCustomAttribute<BindFromAttribute>()?.Name ?? Naming.ConvertName(property.Name);

    // Clients send whole tasks back. Their id and user_id are unknown members then, which are ignored, whatever their type.
    private static void RemoveWhatIsNotOfTheBody(JsonTypeInfo type)
    {
        for (var i = type.Properties.Count - 1; i >= 0; i--)
        {
            if (type.Properties[i].AttributeProvider?.IsDefined(typeof(NonJsonBindingAttribute), inherit: true) is true)
                type.Properties.RemoveAt(i);
        }
    }

    private sealed class UtcMilliseconds : JsonConverter<DateTimeOffset>
    {
        public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.GetDateTimeOffset();

        // The round-trip format O has seven digits of the second, and is faster than a custom format.
        public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options)
        {
            Span<byte> text = stackalloc byte["2026-11-21T10:00:00.1230000Z".Length];
            value.UtcDateTime.TryFormat(text, out _, "O", CultureInfo.InvariantCulture);
            text["2026-11-21T10:00:00.123".Length] = (byte)'Z';
            writer.WriteStringValue(text[.."2026-11-21T10:00:00.123Z".Length]);
        }
    }
}
